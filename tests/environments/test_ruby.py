"""What Ruby handlers written for AWS do here, with namespaces and without: one row per rule of AWS's runtime client."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.environments.conftest import Function, Plane
from tests.environments.languages import LANGUAGES

HANDLER = "lambda_function.lambda_handler"
BODY = "def lambda_handler(event:, context:)\n  %s\nend\n"


@pytest.fixture(scope="module", autouse=True)
def _ruby() -> None:
    LANGUAGES["ruby"].require()


def deploy(
    plane: Plane, source: str, *, handler: str = HANDLER, environ: dict[str, str] | None = None, files: dict[str, str] | None = None,
    **settings: Any,
) -> Function:  # fmt: skip
    package = {"lambda_function.rb": source, **(files or {})}
    own = {"_HANDLER": handler, "_LAMBDA_TELEMETRY_LOG_FD": "3"}
    return plane.function(
        "", files={name: text.encode() for name, text in package.items()}, handler=handler, runtime="ruby3.3",
        environ=LANGUAGES["ruby"].environ() | own | (environ or {}), **settings,
    )  # fmt: skip


CLASS = """
module LambdaFunctions
  class Handler
    def self.process(event:, context:)
      event['name']
    end
  end
end
"""


@pytest.mark.parametrize(
    ("source", "handler", "payload"),
    [
        (BODY % "event", HANDLER, b'{"name":"\xc3\xa9"}'),
        (BODY % "{ sym: :bol, nothing: nil, number: 1.5 }", HANDLER, b'{"sym":"bol","nothing":null,"number":1.5}'),
        (CLASS, "lambda_function.LambdaFunctions::Handler.process", b'"\xc3\xa9"'),
        (BODY % "StringIO.new('as it is')", HANDLER, b"as it is"),
        ("require_relative 'lib/own'\n" + BODY % "OWN", HANDLER, b"5"),
        ("require 'lib/own'\n" + BODY % "OWN", HANDLER, b"5"),
        (BODY % "[context.identity, context.client_context, context.log_group_name]", HANDLER, b'[null,{},"/aws/lambda/f"]'),
    ],
)
def test_handlers(plane: Plane, source: str, handler: str, payload: bytes) -> None:
    function = deploy(plane, source, handler=handler, files={"lib/own.rb": "OWN = 5"})
    outcome = function({"name": "é"})
    assert (outcome.function_error, outcome.payload) == (None, payload)


@pytest.mark.parametrize(
    ("source", "handler", "error_type", "message", "stack"),
    [
        (BODY % "raise 'bad'", HANDLER, "Function<RuntimeError>", "bad", True),
        (BODY % "[1].first('two')", HANDLER, "Function<TypeError>", "no implicit conversion of String into Integer", True),
        (BODY % "nil.upcase", HANDLER, "Function<NoMethodError>", "undefined method .upcase' for nil(:NilClass)?", True),
        (BODY % "exit(1)", HANDLER, "Function<SystemExit>", "exit", True),
        (BODY % "Float::NAN", HANDLER, "Function<JSON::GeneratorError>", ".*NaN not allowed in JSON.*", False),
        ("OTHER = 1", HANDLER, "Function<NoMethodError>", "undefined method .lambda_handler' for .*LambdaHandler.*", False),
        ("def lambda_handler(", HANDLER, "Init<SyntaxError>", "/var/task/lambda_function.rb:(.|\n)*", False),
        ("", "other.handler", "Init<LoadError>", "cannot load such file -- other", False),
        ("", "lambda_function", "Init<ArgumentError>", r"Invalid handler \[\"lambda_function\"\], must be of form FILENAME.METHOD or .*", False),
    ],
)
def test_errors_as_aws_words_them(plane: Plane, source: str, handler: str, error_type: str, message: str, stack: bool) -> None:
    outcome = deploy(plane, source, handler=handler)()
    assert outcome.function_error == "Unhandled"
    error = json.loads(outcome.payload)
    assert list(error) == ["errorMessage", "errorType", "stackTrace"] and error["errorType"] == error_type
    assert re.fullmatch(message, error["errorMessage"]), error["errorMessage"]
    if stack:
        assert error["stackTrace"][-1].startswith("/var/task/lambda_function.rb:2:in ")
    assert not [line for line in error["stackTrace"] if "/var/runtime/bootstrap.rb" in line]


def test_what_is_printed_and_logged(plane: Plane) -> None:
    function = deploy(plane, BODY % "puts 'two', 'lines'; print \"raw\\n\"; Logger.new($stdout).info(\"logged\\nhere\"); 1")
    function()
    assert function.texts[:2] == ["two\nlines\n", "raw\n"]
    assert re.fullmatch(r"I, \[[\dT:.-]+ #\d+\]  INFO [0-9a-f-]{36} -- : logged\nhere\n", function.texts[2])


def test_logs_as_json(plane: Plane) -> None:
    body = "log = Logger.new($stdout); log.debug('no'); log.info('yes'); log.error(ArgumentError.new('bad')); 1"
    function = deploy(plane, BODY % body, environ={"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"})
    function()
    lines = [json.loads(line) for line in function.lines]
    assert [(line["level"], line["message"]) for line in lines] == [("INFO", "yes"), ("ERROR", "bad")]
    assert list(lines[0]) == ["timestamp", "level", "message", "requestId"] and lines[1]["errorType"] == "ArgumentError"


PROBE = """
require 'fileutils'
require 'tempfile'
def lambda_handler(event:, context:)
  eval(event)
rescue StandardError => e
  "#{e.class}: #{e.message}"
end
"""
READ_ONLY = "Errno::EROFS: Read-only file system @ %s - %s"


@pytest.fixture(scope="module")
def probe(plane: Plane) -> Function:
    return deploy(plane, PROBE, files={"data.txt": "data", "own.rb": "OWN = 5"}, timeout_s=20.0)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("[Dir.pwd, Dir.tmpdir]", ["/var/task", "/tmp"]),
        ("File.read('/var/task/data.txt') + File.read('data.txt')", "datadata"),
        ("require '/var/task/own'; OWN", 5),
        ("File.write('/tmp/a', 'x'); [Dir.children('/tmp'), File.exist?('/tmp/a'), Dir.glob('/tmp/*'), Dir['/tmp/*']]",
         [["a"], True, ["/tmp/a"], ["/tmp/a"]]),
        ("FileUtils.mkdir_p('/tmp/p/q'); FileUtils.cp('/var/task/data.txt', '/tmp/p/c'); File.read('/tmp/p/c')", "data"),
        ("FileUtils.mv('/tmp/a', '/tmp/b'); FileUtils.rm_rf('/tmp/p'); Dir.children('/tmp')", ["b"]),
        ("File.open('/tmp/b', 'a') { |file| file.write('y'); file.path }", "/tmp/b"),
        ("[open('/tmp/b').read, IO.readlines('/tmp/b'), File.size('/tmp/b')]", ["xy", ["xy"], 2]),
        ("Tempfile.create('x') { |file| file.path[0, 6] }", "/tmp/x"),
        ("Dir.chdir('/tmp') { Dir.pwd }", "/tmp"),
        ("File.open('/tmp/none')", "Errno::ENOENT: No such file or directory @ rb_sysopen - /tmp/none"),
        ("File.write('/var/task/new', 'x')", READ_ONLY % ("rb_sysopen", "/var/task/new")),
        ("File.write('new', 'x')", READ_ONLY % ("rb_sysopen", "new")),
        ("File.open('/usr/new', 'w')", READ_ONLY % ("rb_sysopen", "/usr/new")),
        ("Dir.mkdir('/opt/new')", READ_ONLY % ("dir_s_mkdir", "/opt/new")),
        ("ENV['LAMBDA_TASK_ROOT']", "/var/task"),
        ("ENV['TMPDIR']", None),
        ("`echo 5`", "5\n"),
    ],
)  # fmt: skip
def test_files_under_lambdas_names(probe: Function, code: str, expected: object) -> None:
    assert probe.answer(code) == expected
