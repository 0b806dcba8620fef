// The console as Lambda's: every message is one log event, with its time, request id and level; and errors as Lambda words them.
//
// A message goes to the framed log (its descriptor is in _LAMBDA_TELEMETRY_LOG_FD), so that one of many lines stays one event.

import { writeSync } from "node:fs";
import { format, types } from "node:util";

// TRACE has 1, FATAL 6: each level's number, shifted, is in its frames' type.
const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const TEXT_FRAME = 0xa55a0003;
const JSON_FRAME = 0xa55a0002;

const asJson = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === "JSON";
const lowest = Math.max(0, LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()));
const descriptor = Number(process.env._LAMBDA_TELEMETRY_LOG_FD ?? NaN);
delete process.env._LAMBDA_TELEMETRY_LOG_FD;

let requestId;
let named = (text) => text; // without namespaces: real paths by the names that the function knows

export const setRequestId = (id) => { requestId = id; };
export const nameWith = (function_) => { named = function_; };

function write(level, line, time) {
  if (Number.isNaN(descriptor)) {
    process.stdout.write(`${line.replaceAll("\n", "\r")}\n`);
    return;
  }
  const message = Buffer.from(asJson ? line : `${line}\n`);
  const header = Buffer.alloc(16);
  header.writeUInt32BE(((asJson ? JSON_FRAME : TEXT_FRAME) | ((level + 1) << 2)) >>> 0, 0);
  header.writeUInt32BE(message.length, 4);
  header.writeBigInt64BE(BigInt(time.valueOf()) * 1000n, 8);
  writeAll(Buffer.concat([header, message]));
}

const moment = new Int32Array(new SharedArrayBuffer(4));

/** The pipe is the standard output's too, and whoever else has it can make it a non-blocking one: while it is full, wait. */
function writeAll(frame) {
  for (let at = 0; at < frame.length; ) {
    try {
      at += writeSync(descriptor, frame, at);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(moment, 0, 0, 1);
    }
  }
}

const stackOf = (error) => (typeof error.stack === "string" ? named(error.stack).split("\n") : undefined);

const partsOf = (error) => ({
  errorType: error.constructor?.name ?? "UnknownError",
  errorMessage: error.message,
  stackTrace: stackOf(error),
});

const inJson = (_key, value) => (value instanceof Error ? { ...partsOf(value), ...value } : value);

function jsonLine(time, level, values) {
  const line = { timestamp: time.toISOString(), level: LEVELS[level], requestId };
  if (values.length === 1) {
    try {
      return JSON.stringify({ ...line, message: values[0] }, inJson);
    } catch {
      return JSON.stringify({ ...line, message: format(values[0]) });
    }
  }
  const error = values.find((value) => value instanceof Error);
  return JSON.stringify({ ...line, message: format(...values), ...(error && partsOf(error)) });
}

function log(level, values) {
  const time = new Date();
  write(level, asJson ? jsonLine(time, level, values) : `${time.toISOString()}\t${requestId}\t${LEVELS[level]}\t${format(...values)}`, time);
}

/** Replaces the console's methods; before the first invocation, text logs show "undefined" up to nodejs22.x and "-" after. */
export function patchConsole(takesCallbacks) {
  if (!takesCallbacks) requestId = "-";
  // What is printed is written at once, and nothing of it after the answer.
  for (const stream of [process.stdout, process.stderr]) stream._handle?.setBlocking?.(true);
  LEVELS.forEach((name, level) => {
    console[name.toLowerCase()] = level >= lowest ? (...values) => log(level, values) : () => {};
  });
  console.log = console.info;
}

/** The error that an invocation or INIT ends with, as the Runtime API takes it. */
export function errorObject(error) {
  try {
    if (types.isNativeError(error) || (error?.name && error?.message && error?.stack)) {
      // The API's own header cannot carry DEL.
      const clean = (text) => named(text).replaceAll("\x7f", "%7F");
      return { errorType: clean(error.name), errorMessage: clean(error.message), trace: clean(error.stack).split("\n") };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    const errorMessage = "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack";
    return { errorType: "handled", errorMessage };
  }
}

function withMembers(_key, value) {
  if (!(value instanceof Error)) return value;
  return { errorType: value.name, errorMessage: named(value.message), code: value.code, ...value, stack: stackOf(value) };
}

/** Logs an error that ended something. */
export function logError(what, thrown) {
  const error = thrown instanceof Error ? thrown : new Error(thrown);
  if (asJson) {
    console.error(error);
    return;
  }
  let text;
  try {
    text = JSON.stringify(error, withMembers);
  } catch {
    text = JSON.stringify(errorObject(error));
  }
  console.error(what, `\t${text}`);
}
