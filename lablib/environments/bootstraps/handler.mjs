// Finds a handler by its name: "index.handler", "dir/index.handler", "index.object.method".

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const HIGH_WATER_MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");
// By the name that a "Require stack" of AWS's shows.
const require = createRequire(new URL("./index.mjs", import.meta.url));

class RuntimeError extends Error {
  constructor(kind, message, stack) {
    super(message);
    this.name = `Runtime.${kind}`;
    this.stack = stack ?? this.stack.replace(/^Error/, this.name);
  }
}

/** Whether the nearest package.json above a file says that .js is an ES module; as AWS's client, it does not look into node_modules. */
function isModulePackage(file) {
  for (let folder = dirname(file); !folder.endsWith("/node_modules"); folder = dirname(folder)) {
    const description = join(folder, "package.json");
    if (existsSync(description)) {
      try {
        return JSON.parse(readFileSync(description, "utf8")).type === "module";
      } catch (error) {
        console.warn(`${description} cannot be read, it will be ignored for ES module detection purposes.`, error);
        return false;
      }
    }
    if (folder === dirname(folder)) break;
  }
  return false;
}

async function loadModule(root, folder, name) {
  const path = resolve(root, folder, name);
  const asModule = (file) => import(pathToFileURL(file).href);
  const kinds = [
    ["", require],
    [".js", (file) => (isModulePackage(file) ? asModule(file) : require(file))],
    [".mjs", asModule],
    [".cjs", require],
  ];
  for (const [extension, open] of kinds) {
    if (existsSync(path + extension)) return open(path + extension);
  }
  return require(require.resolve(name, { paths: [root, join(root, folder)] }));
}

/** Ours: the modules that AWS's runtime brings and this one does not. */
function hint(error) {
  if (/Cannot find (module|package) '@(aws-sdk|smithy)\//.test(error?.message)) {
    console.warn("Lambda's Node.js runtime brings the AWS SDK, the local cloud's does not: put it into the package or into a layer "
      + "(npm install, then zip node_modules with the code). Such a package works on AWS too.");
  }
}

async function loadUserCode(root, folder, name, release) {
  try {
    return await loadModule(root, folder, name);
  } catch (error) {
    hint(error);
    if (error instanceof SyntaxError) {
      throw new RuntimeError("UserCodeSyntaxError", String(error), release >= 24 ? error.stack : undefined);
    }
    if (error?.code === "MODULE_NOT_FOUND") throw new RuntimeError("ImportModuleError", String(error));
    throw error;
  }
}

/** The handler's {function, streams}; `release` is the runtime identifier's number. Throws what INIT fails with. */
export async function load(root, fullName, release) {
  if (fullName.includes("..")) {
    throw new RuntimeError("MalformedHandlerName",
      `'${fullName}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  }
  const last = basename(fullName);
  const parts = /^([^.]*)\.(.*)$/.exec(last);
  if (!parts) throw new RuntimeError("MalformedHandlerName", "Bad handler");
  const exported = await loadUserCode(root, fullName.slice(0, fullName.indexOf(last)), parts[1], release);
  const within = (object) => parts[2].split(".").reduce((found, key) => found?.[key], object);
  const found = within(exported) ?? (release >= 24 ? within(exported?.default) : undefined);
  if (!found) throw new RuntimeError("HandlerNotFound", `${fullName} is undefined or not exported`);
  if (typeof found !== "function") throw new RuntimeError("HandlerNotFound", `${fullName} is not a function`);
  const streams = found[STREAMING];
  if (streams && streams !== "response") throw new RuntimeError("MalformedStreamingHandler", "Only response streaming is supported.");
  if (release >= 24 && !streams && found.length >= 3) {
    throw new RuntimeError("CallbackHandlerDeprecated",
      "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this "
      + "function to use a supported handler signature to use Node.js 24 or later. "
      + "For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.");
  }
  return { function: found, streams: Boolean(streams) };
}

/** What awslambda.streamifyResponse does: a mark on the handler. */
export function streamifyResponse(handler, options) {
  handler[STREAMING] = "response";
  if (typeof options?.highWaterMark === "number") handler[HIGH_WATER_MARK] = Math.trunc(options.highWaterMark);
  return handler;
}

export const highWaterMarkOf = (handler) => handler[HIGH_WATER_MARK];
