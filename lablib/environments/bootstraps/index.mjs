// Runs a Node.js handler in an environment: node index.mjs HANDLER FOLDERS
//
// FOLDERS is a JSON object: empty in namespaces, where /tmp, /var/task, /opt and /var/runtime are what they are called;
// else the real folder behind each of these names.
//
// What it does is what AWS's own clients do (aws-lambda-ric 3.3.0 up to nodejs22.x, 4.0.2 from nodejs24.x on, read
// 2026-11-23; they are not used because they want a native build): callbacks and the wait for an empty event loop up to
// nodejs22.x; from nodejs24.x on, handlers that return, and whatever nobody catches ends the process.

import { errorObject, logError, patchConsole, setRequestId } from "./console.mjs";
import { load } from "./handler.mjs";
import { Client, setUpStreaming } from "./responses.mjs";

const [handlerName, folders] = [process.argv[2], JSON.parse(process.argv[3])];
process.argv.splice(2);
const release = Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? "")?.[1] ?? 22);
const takesCallbacks = release < 24;

const client = new Client(process.env.AWS_LAMBDA_RUNTIME_API);
let current; // the id of the invocation that runs
let whenEmpty; // what is done once nothing is left to wait for

function uncaught(kind, status) {
  return async (error) => {
    whenEmpty = undefined;
    logError(kind, error);
    await (current ? client.fail(current, errorObject(error)) : client.failInit(errorObject(error)));
    process.exit(status);
  };
}

class UnhandledPromiseRejection extends Error {
  constructor(reason, promise) {
    super(reason);
    this.name = "Runtime.UnhandledPromiseRejection";
    Object.assign(this, { reason, promise });
  }
}

function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const parsed = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  return {
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed("lambda-runtime-client-context"),
    identity: parsed("lambda-runtime-cognito-identity"),
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    tenantId: headers["lambda-runtime-aws-tenant-id"],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

/** `context` with a member by which a handler says whether its end waits for an empty event loop, the first one as on AWS. */
function withChoiceToWait(context, members = {}) {
  let waits = true;
  const choice = {
    get callbackWaitsForEmptyEventLoop() { return waits; },
    set callbackWaitsForEmptyEventLoop(value) { waits = value; },
  };
  return { context: Object.assign(choice, members, context), waits: () => waits };
}

const emptied = () => new Promise((resolve) => { whenEmpty = resolve; });

/** A handler up to nodejs22.x: what it returned or called back with, or {error}. */
function callHandler(handler, event, basis) {
  return new Promise((resolve) => {
    let answered = false;
    const end = (outcome) => {
      whenEmpty = undefined;
      resolve(outcome);
    };
    const once = (answer) => (...values) => {
      if (!answered) {
        answered = true;
        answer(...values);
      }
    };
    const failed = (error) => error !== undefined && error !== null;
    const done = (error, result) => end(failed(error) ? { error } : { result });
    const callback = once((error, result) => {
      if (failed(error) || !waits()) done(error, result);
      else whenEmpty = () => end({ result });
    });
    const { context, waits } = withChoiceToWait(basis, {
      succeed: once((result) => done(null, result)),
      fail: once((error) => done(failed(error) ? error : "handled")),
      done: once(done),
    });
    whenEmpty = () => end({ result: null }); // it neither called back nor left anything to wait for
    try {
      const result = handler(event, context, callback);
      if (typeof result?.then === "function") {
        whenEmpty = undefined; // a promise that nothing can settle: node ends with status 13, Runtime.NodeJsExit
        result.then(context.succeed, context.fail);
      }
    } catch (error) {
      callback(error);
    }
  });
}

async function returnOf(handler, event, context) {
  try {
    return { result: await handler(event, context) };
  } catch (error) {
    return { error };
  }
}

async function answer(handler, event, context) {
  const outcome = await (takesCallbacks ? callHandler : returnOf)(handler, event, context);
  let text;
  if (!("error" in outcome)) {
    try {
      text = JSON.stringify(outcome.result === undefined ? null : outcome.result) ?? "";
    } catch {
      outcome.error = new Error("Unable to stringify response body");
      if (!takesCallbacks) outcome.error.name = "Runtime.JSONStringifyError";
    }
  }
  if ("error" in outcome) {
    logError("Invoke Error", outcome.error);
    await client.fail(current, errorObject(outcome.error));
  } else {
    await client.respond(current, text);
  }
}

async function stream(handler, event, basis) {
  const { context, waits } = takesCallbacks ? withChoiceToWait(basis) : { context: basis, waits: () => false };
  const { responseStream, ended, fail } = client.stream(current, handler);
  try {
    const result = handler(event, responseStream, context);
    if (typeof result?.then !== "function") {
      const message = "Streaming does not support non-async handlers.";
      throw takesCallbacks ? message : new Error(message);
    }
    if ((await result) !== undefined) console.warn("Streaming handlers ignore return values.");
    await ended();
  } catch (error) {
    logError("Invoke Error", error);
    await fail(errorObject(error));
  }
  if (waits()) await emptied();
}

async function serve(handler) {
  for (;;) {
    const { headers, body } = await client.next();
    current = headers["lambda-runtime-aws-request-id"];
    setRequestId(current);
    if (headers["lambda-runtime-trace-id"]) process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];
    else delete process.env._X_AMZN_TRACE_ID;
    const work = handler.streams ? stream : answer;
    await work(handler.function, JSON.parse(body), contextOf(headers));
  }
}

async function main() {
  patchConsole(takesCallbacks);
  if (folders["/tmp"]) (await import("./mapped_paths.mjs")).install(folders);
  setUpStreaming();
  if (takesCallbacks) {
    const rejected = uncaught("Unhandled Promise Rejection", 128);
    process.on("uncaughtException", uncaught("Uncaught Exception", 129));
    process.on("unhandledRejection", (reason, promise) => rejected(new UnhandledPromiseRejection(reason, promise)));
    process.on("beforeExit", () => whenEmpty && setImmediate(whenEmpty));
  }
  let handler;
  try {
    handler = await load(folders["/var/task"] ?? process.env.LAMBDA_TASK_ROOT, handlerName, release);
  } catch (error) {
    logError(takesCallbacks ? "Uncaught Exception" : "Init Error", error);
    await client.failInit(errorObject(error));
    process.exit(takesCallbacks ? 129 : 1);
  }
  await serve(handler);
}

await main();
