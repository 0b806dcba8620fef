"""What Node.js handlers written for AWS do here, with namespaces and without: one row per rule of AWS's runtime client."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.environments.conftest import Function, Plane
from tests.environments.languages import LANGUAGES


@pytest.fixture(scope="module", autouse=True)
def _node() -> None:
    LANGUAGES["nodejs"].require()


def deploy(
    plane: Plane, files: dict[str, str] | str, *, handler: str = "index.handler", runtime: str = "nodejs22.x",
    environ: dict[str, str] | None = None, **settings: Any,
) -> Function:  # fmt: skip
    """A string is index.js."""
    package = {"index.js": files} if isinstance(files, str) else files
    own = {"_HANDLER": handler, "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}", "_LAMBDA_TELEMETRY_LOG_FD": "3"}
    return plane.function(
        "", files={name: text.encode() for name, text in package.items()}, handler=handler, runtime=runtime,
        environ=LANGUAGES["nodejs"].environ() | own | (environ or {}), **settings,
    )  # fmt: skip


def error_of(function: Function) -> tuple[str, str]:
    outcome = function()
    assert outcome.function_error == "Unhandled"
    error = json.loads(outcome.payload)
    return error["errorType"], error["errorMessage"]


MODULE = {"package.json": '{"type": "module"}'}


@pytest.mark.parametrize(
    ("files", "handler", "runtime", "answer"),
    [
        ({"index.mjs": "export const handler = async () => 1"}, "index.handler", "nodejs22.x", 1),
        ({"index.cjs": "exports.handler = async () => 1"}, "index.handler", "nodejs22.x", 1),
        ({"index.js": "exports.handler = async () => __filename"}, "index.handler", "nodejs22.x", ...),
        ({"index.js": "export const handler = async () => 2", **MODULE}, "index.handler", "nodejs20.x", 2),
        ({"src/app.js": "export const handler = async () => 2", **MODULE}, "src/app.handler", "nodejs20.x", 2),
        ({"src/app.js": "module.exports = {a: {b: async () => 3}}"}, "src/app.a.b", "nodejs22.x", 3),
        ({"index.mjs": "import {x} from './lib/x.mjs'; export const handler = async () => x",
          "lib/x.mjs": "export const x = await Promise.resolve(4)"}, "index.handler", "nodejs22.x", 4),
        ({"index.js": "const x = require('./lib'); exports.handler = async () => x",
          "lib/index.js": "module.exports = require('own')", "node_modules/own/index.js": "module.exports = 5"},
         "index.handler", "nodejs22.x", 5),
        ({"index.js": "exports.handler = async () => (await import('./x.mjs')).default", "x.mjs": "export default 6"},
         "index.handler", "nodejs22.x", 6),
        # Callbacks, up to nodejs22.x.
        ({"index.js": "exports.handler = (event, context, callback) => callback(null, 7)"}, "index.handler", "nodejs22.x", 7),
        ({"index.js": "exports.handler = (event, context) => context.succeed(8)"}, "index.handler", "nodejs18.x", 8),
        ({"index.js": "exports.handler = (event, context) => { setTimeout(() => context.done(null, 9), 5) }"}, "index.handler", "nodejs22.x", 9),
        ({"index.js": "exports.handler = (e, c, callback) => { callback(null, 1); callback(null, 2); c.done(null, 3) }"},
         "index.handler", "nodejs22.x", 1),
        ({"index.js": "exports.handler = () => 5"}, "index.handler", "nodejs22.x", None),
        ({"index.js": "exports.handler = async () => {}"}, "index.handler", "nodejs22.x", None),
        # From nodejs24.x on, what a handler returns is the answer, and the default export is looked into.
        ({"index.js": "exports.handler = () => 5"}, "index.handler", "nodejs24.x", 5),
        ({"index.mjs": "export default {handler: (event, context) => [typeof context.succeed, arguments_]}; const arguments_ = 6"},
         "index.handler", "nodejs24.x", ["undefined", 6]),
    ],
)  # fmt: skip
def test_handlers_as_aws_finds_and_calls_them(
    plane: Plane, files: dict[str, str], handler: str, runtime: str, answer: object
) -> None:
    given = deploy(plane, files, handler=handler, runtime=runtime).answer({})
    assert answer is ... or given == answer


NOT_FOUND = "Runtime.ImportModuleError", "Error: Cannot find module 'index'\nRequire stack:\n- /var/runtime/index.mjs"


@pytest.mark.parametrize(
    ("source", "handler", "runtime", "error"),
    [
        ("exports.handler = async () => { throw new RangeError('bad') }", "index.handler", "nodejs22.x", ("RangeError", "bad")),
        ("exports.handler = async () => { throw 'words' }", "index.handler", "nodejs22.x", ("string", "words")),
        ("exports.handler = (e, c, callback) => callback('words')", "index.handler", "nodejs22.x", ("string", "words")),
        ("exports.handler = (e, c, callback) => callback(new Error('bad'))", "index.handler", "nodejs22.x", ("Error", "bad")),
        ("exports.handler = (e, context) => context.fail()", "index.handler", "nodejs22.x", ("string", "handled")),
        ("exports.handler = () => { throw new Error('at once') }", "index.handler", "nodejs22.x", ("Error", "at once")),
        ("exports.handler = () => { setTimeout(() => { throw new Error('later') }, 5) }", "index.handler", "nodejs22.x", ("Error", "later")),
        ("exports.handler = async () => { Promise.reject(new Error('lost')); await new Promise((r) => setTimeout(r, 500)) }",
         "index.handler", "nodejs22.x", ("Runtime.UnhandledPromiseRejection", "Error: lost")),
        ("exports.handler = async () => 5n", "index.handler", "nodejs22.x", ("Error", "Unable to stringify response body")),
        ("exports.handler = async () => 5n", "index.handler", "nodejs24.x",
         ("Runtime.JSONStringifyError", "Unable to stringify response body")),
        ("exports.other = 1", "index.handler", "nodejs22.x", ("Runtime.HandlerNotFound", "index.handler is undefined or not exported")),
        ("exports.handler = 1", "index.handler", "nodejs22.x", ("Runtime.HandlerNotFound", "index.handler is not a function")),
        ("exports.handler = (", "index.handler", "nodejs22.x",
         ("Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected end of input")),
        ("", "index", "nodejs22.x", ("Runtime.MalformedHandlerName", "Bad handler")),
        ("", "../index.handler", "nodejs22.x",
         ("Runtime.MalformedHandlerName",
          "'../index.handler' is not a valid handler name. Use absolute paths when specifying root directories in handler names.")),
    ],
)  # fmt: skip
def test_errors_as_aws_words_them(plane: Plane, source: str, handler: str, runtime: str, error: tuple[str, str]) -> None:
    assert error_of(deploy(plane, source, handler=handler, runtime=runtime)) == error


def test_callbacks_are_gone_from_nodejs24(plane: Plane) -> None:
    kind, message = error_of(deploy(plane, "exports.handler = (e, c, callback) => callback(null, 1)", runtime="nodejs24.x"))
    assert kind == "Runtime.CallbackHandlerDeprecated"
    assert message.startswith("ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24.")


def test_a_module_that_is_not_there(plane: Plane) -> None:
    assert error_of(deploy(plane, {"other.js": ""})) == NOT_FOUND
    function = deploy(plane, "require('@aws-sdk/client-s3')")
    assert error_of(function)[1].startswith("Error: Cannot find module '@aws-sdk/client-s3'\nRequire stack:\n- /var/task/index.js")
    assert any("Lambda's Node.js runtime brings the AWS SDK, the local cloud's does not" in line for line in function.lines)
    module = deploy(plane, {"index.mjs": "import 'nothing'"})
    assert error_of(module) == ("Error", "Cannot find package 'nothing' imported from /var/task/index.mjs")


def test_a_promise_that_is_never_settled(plane: Plane) -> None:
    function = deploy(plane, "exports.handler = async (event) => event && new Promise(() => {})")
    outcome = function(1)
    assert outcome.error_type == json.loads(outcome.payload)["errorType"] == "Runtime.NodeJsExit"
    assert function(None).function_error is None


def test_a_callback_waits_for_an_empty_event_loop_unless_told(plane: Plane) -> None:
    source = """
exports.handler = (event, context, callback) => {
  context.callbackWaitsForEmptyEventLoop = event.waits;
  setTimeout(() => console.log(`late ${event.waits}`), 200);
  callback(null, event.waits);
}"""
    waits, hurries = deploy(plane, source), deploy(plane, source)
    waits({"waits": True}), hurries({"waits": False})
    assert [line.split("\t")[-1] for line in waits.lines] == ["late true"] and hurries.lines == []


def test_the_trace_of_an_error_is_the_functions(plane: Plane) -> None:
    error = json.loads(deploy(plane, "exports.handler = async () => { throw new TypeError('bad') }")().payload)
    assert list(error) == ["errorType", "errorMessage", "trace"]
    assert error["trace"][:2] == ["TypeError: bad", "    at exports.handler (/var/task/index.js:1:39)"]
    assert all("/var/" in line or "node:" in line or "<anonymous>" in line for line in error["trace"][1:])


def test_the_context_as_it_is_printed(plane: Plane) -> None:
    """The members, in the order of AWS's; functions are not in JSON."""
    context = deploy(plane, "exports.handler = async (event, context) => JSON.stringify(context)").answer()
    assert list(json.loads(context)) == [
        "callbackWaitsForEmptyEventLoop", "functionVersion", "functionName", "memoryLimitInMB", "logGroupName", "logStreamName",
        "clientContext", "invokedFunctionArn", "awsRequestId",
    ]  # fmt: skip


LINE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\t%s\t%s\t%s"
ID = r"[0-9a-f-]{36}"


def test_the_console_as_text(plane: Plane) -> None:
    function = deploy(plane, """
console.log("init");
exports.handler = async () => {
  console.log("two\\nlines %s", "here", {a: 1});
  console.error(new Error("bad"));
  console.debug("details");
  process.stdout.write("raw\\n");
}""")
    function()
    expected = [("undefined", "INFO", "init\n"), (ID, "INFO", "two\nlines here { a: 1 }\n"), (ID, "ERROR", r"Error: bad\n    at (.|\n)*"),
                (ID, "DEBUG", "details\n")]  # fmt: skip
    for text, parts in zip(function.texts, expected, strict=False):
        assert re.fullmatch(LINE % parts, text), text
    assert function.texts[-1] == "raw\n"
    after = deploy(plane, "console.log('init'); exports.handler = () => 1", runtime="nodejs24.x")
    after()
    assert re.fullmatch(LINE % ("-", "INFO", "init\n"), after.texts[0])


def test_many_lines_are_all_there_in_their_order(plane: Plane) -> None:
    """More than a pipe holds; node itself makes the pipe a non-blocking one when it is first printed to."""
    function = deploy(plane, """
exports.handler = async (count) => {
  process.stdout.write("first\\n");
  for (let line = 0; line < count; line += 1) console.log(line, "x".repeat(1000));
  process.stdout.write("y".repeat(200000) + "\\n");
  console.log("last");
  return count;
}""", timeout_s=30.0)
    assert function.answer(500) == 500
    said = [line.split("\t")[-1] for line in function.lines]
    assert said[0] == "first" and [int(line.split()[0]) for line in said[1:501]] == list(range(500))
    assert (said[501], said[502]) == ("y" * 200000, "last")


def test_the_console_as_json(plane: Plane) -> None:
    source = """
exports.handler = async () => {
  console.debug("no");
  console.log("a %s", "b");
  console.warn({key: 1});
  console.error("it", new TypeError("bad"));
}"""
    function = deploy(plane, source, environ={"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"})
    function()
    lines = [json.loads(line) for line in function.lines]
    assert [(line["level"], line["message"]) for line in lines[:2]] == [("INFO", "a b"), ("WARN", {"key": 1})]
    assert list(lines[0]) == ["timestamp", "level", "requestId", "message"]
    assert (lines[2]["level"], lines[2]["errorType"], lines[2]["errorMessage"]) == ("ERROR", "TypeError", "bad")
    assert lines[2]["stackTrace"][0] == "TypeError: bad"


STREAMS = "exports.handler = awslambda.streamifyResponse(async (event, responseStream, context) => { %s })"


@pytest.mark.parametrize("runtime", ["nodejs22.x", "nodejs24.x"])
@pytest.mark.parametrize(
    ("body", "payload"),
    [
        ("responseStream.setContentType('text/plain'); responseStream.write('a'); responseStream.end('b')", b"ab"),
        ("responseStream.write({a: 1}); responseStream.end()", b'{"a":1}'),
        ("await require('stream/promises').pipeline(require('stream').Readable.from(['x', 'y']), responseStream)", b"xy"),
        ("const s = awslambda.HttpResponseStream.from(responseStream, {statusCode: 201}); s.write('body'); s.end()",
         b'{"statusCode":201}' + bytes(8) + b"body"),
        ("throw new Error('bad')", None),
    ],
)  # fmt: skip
def test_streams(plane: Plane, runtime: str, body: str, payload: bytes | None) -> None:
    """Here to a caller who does not stream; tests/cloud has those who do."""
    function = deploy(plane, STREAMS % body, runtime=runtime)
    for _ in range(2):
        outcome = function()
        if payload is None:
            assert outcome.function_error and json.loads(outcome.payload)["errorMessage"] == "bad"
        else:
            assert (outcome.function_error, outcome.payload) == (None, payload)


PROBE = """
const fs = require("fs"), fsp = require("fs/promises"), os = require("os"), path = require("path");
const AsyncFunction = (async () => {}).constructor;
exports.handler = async (code) => {
  try { return await new AsyncFunction("require", "fs", "fsp", "os", "path", "__dirname", code)(require, fs, fsp, os, path, __dirname); }
  catch (error) { return error.message; }
};
"""
READ_ONLY = "EROFS: read-only file system, open '%s'"
MISSING = "ENOENT: no such file or directory, open '%s'"


@pytest.fixture(scope="module")
def probe(plane: Plane) -> Function:
    return deploy(plane, {"index.js": PROBE, "data.txt": "data", "own.js": "module.exports = 5"}, timeout_s=20.0)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("return [process.cwd(), os.tmpdir(), os.homedir()]", ["/var/task", "/tmp", "/home/sbx_user1051"]),
        ("return fs.readFileSync('/var/task/data.txt', 'utf8') + fs.readFileSync('data.txt', 'utf8')", "datadata"),
        ("return fs.readFileSync(path.join(__dirname, 'data.txt'), 'utf8')", "data"),
        ("return require('/var/task/own.js') + require('./own')", 10),
        ("fs.writeFileSync('/tmp/a', 'x'); return [fs.readdirSync('/tmp'), fs.existsSync('/tmp/a'), fs.realpathSync('/tmp/a')]",
         [["a"], True, "/tmp/a"]),
        ("fs.renameSync('/tmp/a', '/tmp/b'); await fsp.copyFile('/var/task/data.txt', '/tmp/c'); return fs.readdirSync('/tmp').sort()",
         ["b", "c"]),
        ("return fs.mkdirSync('/tmp/p/q', {recursive: true})", "/tmp/p"),
        ("return (await fsp.mkdtemp('/tmp/x-')).slice(0, 7)", "/tmp/x-"),
        ("await require('stream/promises').pipeline(fs.createReadStream('data.txt'), fs.createWriteStream('/tmp/s')); "
         "return await fsp.readFile('/tmp/s', 'utf8')", "data"),
        ("return new Promise((done) => fs.readFile('/tmp/none', (error) => done([error.message, error.path])))",
         [MISSING % "/tmp/none", "/tmp/none"]),
        ("return new Promise((done) => fs.writeFile('/var/task/new', '', (error) => done(error.message)))", READ_ONLY % "/var/task/new"),
        ("fs.writeFileSync('new', '')", READ_ONLY % "new"),
        ("await fsp.writeFile('/usr/new', '')", READ_ONLY % "/usr/new"),
        ("fs.openSync('/var/task/none/x', 'w')", MISSING % "/var/task/none/x"),
        ("await fsp.mkdir('/opt/new')", "EROFS: read-only file system, mkdir '/opt/new'"),
        ("process.chdir('/tmp'); const found = [process.cwd(), fs.existsSync('b')]; process.chdir('/var/task'); return found", ["/tmp", True]),
        ("return require('child_process').execFileSync(process.execPath, ['-p', '1 + 1']).toString()", "2\n"),
    ],
)  # fmt: skip
def test_files_under_lambdas_names(probe: Function, code: str, expected: object) -> None:
    assert probe.answer(code) == expected


def test_modules_of_a_layer(plane: Plane, tmp_path: Any) -> None:
    (tmp_path / "nodejs/node_modules/lib").mkdir(parents=True)
    (tmp_path / "nodejs/node_modules/lib/index.js").write_text("module.exports = 'of a layer'")
    function = deploy(
        plane, "const lib = require('lib'); exports.handler = async () => [lib, process.env.NODE_PATH]", layers=(tmp_path,),
        environ={"NODE_PATH": "/opt/nodejs/node_modules:/var/task"},
    )  # fmt: skip
    assert function.answer() == ["of a layer", "/opt/nodejs/node_modules:/var/task"]
