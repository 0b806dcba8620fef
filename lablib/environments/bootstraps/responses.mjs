// The Runtime API, and the stream that a handler of awslambda.streamifyResponse writes its response to.

import { Agent, request } from "node:http";
import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { highWaterMarkOf, streamifyResponse } from "./handler.mjs";

const ERROR_TYPE = "Lambda-Runtime-Function-Error-Type";
const ERROR_BODY = "Lambda-Runtime-Function-Error-Body";
const HTTP_RESPONSE = "application/vnd.awslambda.http-integration-response";

class ResponseStream extends Writable {
  #begin;
  #request;
  #contentType = "application/octet-stream";

  constructor(begin, highWaterMark) {
    super(highWaterMark ? { highWaterMark } : {});
    this.#begin = begin;
  }

  get started() {
    return this.#request !== undefined;
  }

  /** The request, begun with the first byte. */
  get request() {
    this.#request ??= this.#begin(this.#contentType);
    return this.#request;
  }

  setContentType(contentType) {
    if (this.started) {
      const error = new Error("Cannot set content-type, too late.");
      error.name = "Runtime.InvalidStreamingOperation";
      throw error;
    }
    this.#contentType = contentType;
  }

  write(chunk, ...rest) {
    const isData = typeof chunk === "string" || chunk instanceof Uint8Array;
    return super.write(isData ? chunk : JSON.stringify(chunk), ...rest);
  }

  _write(chunk, _encoding, done) {
    if (!this.started) this._onBeforeFirstWrite?.((part) => this.request.write(part));
    this.request.write(chunk, done);
  }

  _final(done) {
    this.request.end(done);
  }
}

/** Gives a stream the status and the headers of an HTTP response, which go before its first byte. */
class HttpResponseStream {
  static from(stream, prelude) {
    stream.setContentType(HTTP_RESPONSE);
    stream._onBeforeFirstWrite = (write) => {
      write(JSON.stringify(prelude));
      write(new Uint8Array(8));
    };
    return stream;
  }
}

export function setUpStreaming() {
  if (["1", "true"].includes(process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA)) return;
  globalThis.awslambda = { ...globalThis.awslambda, streamifyResponse, HttpResponseStream };
}

export class Client {
  #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #address;

  constructor(address) {
    const [host, port] = address.split(":");
    this.#address = { host, port };
  }

  /** [the request, its answer] of a request that is not ended yet. */
  #start(method, path, headers) {
    let request_;
    const answer = new Promise((resolve, reject) => {
      const options = { ...this.#address, method, path: `/2018-06-01/runtime/${path}`, headers, agent: this.#agent };
      request_ = request(options, (response) => {
        const parts = [];
        response.on("data", (part) => parts.push(part)).on("error", reject);
        response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(parts).toString() }));
      }).on("error", reject);
    });
    return [request_, answer];
  }

  async #send(method, path, body, headers = {}) {
    const [request_, answer] = this.#start(method, path, body === undefined ? headers : { ...headers, "Content-Length": Buffer.byteLength(body) });
    request_.end(body);
    return answer;
  }

  next() {
    return this.#send("GET", "invocation/next");
  }

  respond(id, text) {
    return this.#send("POST", `invocation/${id}/response`, text, { "Content-Type": "application/json" });
  }

  fail(id, error) {
    return this.#error(`invocation/${id}/error`, error);
  }

  failInit(error) {
    return this.#error("init/error", error);
  }

  #error(path, error) {
    const headers = { "Content-Type": "application/json", [ERROR_TYPE]: encodeURI(error.errorType) };
    return this.#send("POST", path, JSON.stringify(error), headers);
  }

  /** A stream for a response; `ended` waits until all of it was taken, `fail` ends it with an error. */
  stream(id, handler) {
    let answer;
    const begin = (contentType) => {
      const headers = {
        "Lambda-Runtime-Function-Response-Mode": "streaming",
        "Transfer-Encoding": "chunked",
        "Content-Type": contentType,
        Trailer: [ERROR_TYPE, ERROR_BODY],
      };
      const [request_, answer_] = this.#start("POST", `invocation/${id}/response`, headers);
      answer = answer_;
      answer.catch((error) => responseStream.destroy(error));
      return request_;
    };
    const responseStream = new ResponseStream(begin, highWaterMarkOf(handler));
    const ended = async () => {
      const waiting = setInterval(() => {}, 1 << 30); // a stream that is never ended waits for the timeout, as on Lambda
      await finished(responseStream).finally(() => clearInterval(waiting));
      await answer;
    };
    const fail = async (error) => {
      if (!responseStream.started) {
        await this.fail(id, error); // nothing was sent yet: an error like any other
        return;
      }
      responseStream.request.addTrailers({
        [ERROR_TYPE]: encodeURI(error.errorType),
        [ERROR_BODY]: Buffer.from(JSON.stringify(error)).toString("base64"),
      });
      responseStream.request.end();
      await answer;
    };
    return { responseStream, ended, fail };
  }
}
