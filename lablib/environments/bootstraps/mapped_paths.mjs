// Without namespaces: /tmp, /var/task, /opt and /var/runtime are folders of this environment.
//
// node:fs and require are given the real folder's path, and give back the name that the function knows, also in errors.
// Elsewhere they write nothing: all but /tmp is read-only on Lambda. What does not go through them (native addons, child
// processes, import.meta.url, and __filename before node 22.15) sees the host's names; `doctor` says so.

import fs from "node:fs";
import Module, { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { dirname, isAbsolute, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { nameWith } from "./console.mjs";

const ONE_PATH =
  "access appendFile chmod chown exists lchmod lchown lstat lutimes mkdir mkdtemp open opendir readFile readdir readlink realpath rm rmdir "
  + "stat statfs truncate unlink unwatchFile utimes watch watchFile writeFile";
const TWO_PATHS = "copyFile cp link rename symlink";
const CHANGES = new Set(
  "appendFile chmod chown lchmod lchown lutimes mkdir mkdtemp rm rmdir truncate unlink utimes writeFile copyFile cp link rename symlink".split(" "),
);
const ANSWERS_A_PATH = new Set(["mkdir", "mkdtemp", "readlink", "realpath"]);
const WRITING = fs.constants.O_WRONLY | fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_TRUNC | fs.constants.O_APPEND;

let folders = {};
const own = { cwd: process.cwd, existsSync: fs.existsSync };
const isBelow = (path, folder) => path === folder || path.startsWith(`${folder}/`);

/** {path: the real one, writable, mapped}; a descriptor passes through, and so does a path that is real already. */
function locate(given) {
  if (typeof given !== "string" && !Buffer.isBuffer(given) && !(given instanceof URL)) return { path: given, writable: true };
  const text = given instanceof URL ? fileURLToPath(given) : String(given);
  const name = resolve(own.cwd(), text);
  for (const [virtual, real] of Object.entries(folders)) {
    if (isBelow(name, real)) return { path: given, writable: virtual === "/tmp" };
  }
  for (const [virtual, real] of Object.entries(folders)) {
    if (isBelow(name, virtual)) return { path: real + name.slice(virtual.length), writable: virtual === "/tmp", mapped: true };
  }
  return { path: given, writable: isBelow(name, "/dev") || isBelow(name, "/proc") };
}

/** Text with the function's names in place of real paths. */
function named(text) {
  if (typeof text !== "string") return text;
  return Object.entries(folders).reduce((found, [virtual, real]) => found.replaceAll(real, virtual), text);
}

function renamed(error) {
  if (!(error instanceof Error)) return error;
  for (const member of ["path", "dest"]) if (member in error) error[member] = named(error[member]);
  error.message = named(error.message);
  return error;
}

const SYSTEM_CALLS = { appendFile: "open", copyFile: "copyfile", cp: "mkdir", rm: "unlink", truncate: "open", utimes: "utime", writeFile: "open" };

function readOnly(name, path) {
  const call = SYSTEM_CALLS[name] ?? name;
  const error = new Error(`EROFS: read-only file system, ${call} '${path}'`);
  return Object.assign(error, { errno: -os.constants.errno.EROFS, code: "EROFS", syscall: call, path });
}

const opensToWrite = (flags) => (typeof flags === "number" ? (flags & WRITING) !== 0 : /[wa+]/.test(flags ?? "r"));

/** The real arguments; throws where they would write outside /tmp. */
function real(name, values, paths) {
  const found = [...values];
  const changes = CHANGES.has(name) || (name === "open" && opensToWrite(values[1]));
  for (let at = 0; at < paths; at += 1) {
    if (name === "symlink" && at === 0 && !isAbsolute(String(values[0]))) continue; // what a link says is not looked up
    const { path, writable } = locate(values[at]);
    const reads = at === 0 && ["copyFile", "cp", "link", "symlink"].includes(name);
    // Where there is no such folder, the call itself says so.
    if (changes && !writable && !reads && own.existsSync(dirname(String(path)))) throw readOnly(name, named(String(values[at])));
    found[at] = path;
  }
  return found;
}

/** An answer that is a path, by its name; but require, which asks with real paths, is answered with real ones. */
function answered(name, value, asked) {
  if (!ANSWERS_A_PATH.has(name) || Object.values(folders).some((folder) => isBelow(String(asked), folder))) return value;
  return named(value);
}

function mapCall(name, paths, call) {
  return function mapped(...values) {
    let given;
    try {
      given = real(name, values, paths);
    } catch (error) {
      const callback = values.at(-1);
      if (typeof callback !== "function") throw error;
      process.nextTick(callback, error);
      return undefined;
    }
    const callback = given.at(-1);
    if (typeof callback === "function" && !name.startsWith("watch")) {
      given[given.length - 1] = (error, ...results) => callback(renamed(error), ...results.map((one) => answered(name, one, values[0])));
    }
    return call.apply(this, given);
  };
}

function mapSync(name, paths, call) {
  return function mapped(...values) {
    try {
      return answered(name, call.apply(this, real(name, values, paths)), values[0]);
    } catch (error) {
      throw renamed(error);
    }
  };
}

function mapPromise(name, paths, call) {
  return async function mapped(...values) {
    try {
      return answered(name, await call.apply(this, real(name, values, paths)), values[0]);
    } catch (error) {
      throw renamed(error);
    }
  };
}

function replace(object, name, make) {
  const call = object[name];
  if (typeof call !== "function") return;
  object[name] = Object.assign(make(call), call); // realpath.native and the like
}

function installInFs() {
  for (const [names, paths] of [[ONE_PATH, 1], [TWO_PATHS, 2]]) {
    for (const name of names.split(" ")) {
      replace(fs, name, (call) => mapCall(name, paths, call));
      replace(fs, `${name}Sync`, (call) => mapSync(name, paths, call));
      if (name !== "watch") replace(fs.promises, name, (call) => mapPromise(name, paths, call));
    }
  }
  syncBuiltinESMExports();
}

/** require of a layer's modules and of absolute names. */
function installInRequire() {
  const { _resolveFilename: find } = Module;
  Module._resolveFilename = (request, ...rest) => find.call(Module, isAbsolute(request) ? locate(request).path : request, ...rest);
  const search = process.env.NODE_PATH;
  if (search) {
    process.env.NODE_PATH = search.split(":").map((folder) => locate(folder).path).join(":");
    Module._initPaths();
    process.env.NODE_PATH = search;
  }
}

/** import of absolute names, and the name that a CommonJS module sees as its own; before node 22.15 neither can be had quickly. */
function installInImport() {
  if (!Module.registerHooks) return;
  const real = (url) => (url?.startsWith("file:///") ? pathToFileURL(locate(fileURLToPath(url)).path).href : url);
  Module.registerHooks({
    resolve(specifier, context, next) {
      const wanted = isAbsolute(specifier) ? locate(specifier).path : real(specifier);
      return next(wanted, { ...context, parentURL: real(context.parentURL) });
    },
  });
  const { _compile: compile } = Module.prototype;
  Module.prototype._compile = function compileByName(content, file, ...rest) {
    return compile.call(this, content, named(file), ...rest);
  };
}

export function install(given) {
  folders = given;
  nameWith(named);
  installInFs();
  installInRequire();
  installInImport();
  process.cwd = () => named(own.cwd());
  const { chdir } = process;
  process.chdir = (folder) => chdir(locate(folder).path);
  os.homedir = () => "/home/sbx_user1051";
  const { userInfo } = os;
  os.userInfo = (...values) => ({ ...userInfo(...values), username: "sbx_user1051", homedir: os.homedir() });
  syncBuiltinESMExports();
  Error.prepareStackTrace = (error, frames) => [named(String(error)), ...frames.map((frame) => `    at ${named(String(frame))}`)].join("\n");
}
