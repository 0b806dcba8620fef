"""One function in each language: the same answers to the same events.

``{"do": "echo", "value": v}`` answers v and how often this process was asked; ``throw``, ``exit`` (status 3), ``sleep``, ``memory``;
``tmp`` writes "kept" to its /tmp unless it is there, and says which; ``layer`` reads /opt/data.txt; ``context`` and ``print`` speak for themselves.
"""

from __future__ import annotations

import functools
import io
import os
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lablib.environments.runtimes.toolchains import TOOLCHAINS, find
from lablib.packaging import from_path
from lablib.toolbox import workshop
from tests.environments.sources import BASH, BASH_FUNCTION, CSHARP, GO, JAVA, NODE, PYTHON, RUBY
from tests.support import make_zip, require

@dataclass(frozen=True)
class Language:
    """A runtime under test.

    Attributes
    ----------
    needs
        Programs it cannot do without.
    files
        Makes the package with the function above.
    thrown
        The error type of ``throw``.
    broken
        Packages whose INIT fails: what is wrong -> (files, handler, error type, a part of the message, REPORT's error type).
    maps
        Whether /tmp and /opt are its own without namespaces too.
    memory_ends_it
        Whether it dies of too much memory; Java, whose heap ends before, throws an error.
    restart_s
        A timeout within which it can start again and answer on a busy machine too: ten times what it takes on an idle one.
    """

    runtime: str
    needs: tuple[str, ...]
    handler: str
    files: Callable[[], Mapping[str, bytes]]
    thrown: str
    broken: Mapping[str, tuple[Mapping[str, str], str, str, str, str]] = field(default_factory=dict)
    maps: bool = True
    has_context: bool = True
    memory_ends_it: bool = True
    restart_s: float = 2.0

    def require(self) -> None:
        for program in self.needs:
            require(find(program), program, TOOLCHAINS[program].install)

    def environ(self) -> dict[str, str]:
        """The variables of a function of 512 MB that belong to this language."""
        return {
            "_HANDLER": self.handler, "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.runtime}", "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_REGION": "us-east-1",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f", "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/23/[$LATEST]stream",
            "LAMBDA_TASK_ROOT": "/var/task", "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin", "LANG": "en_US.UTF-8",
        }  # fmt: skip


def text(**files: str) -> Callable[[], Mapping[str, bytes]]:
    return lambda: {name.replace("__", "."): content.encode() for name, content in files.items()}


def package(files: Mapping[str, str | bytes]) -> bytes:
    """A zip in which `bootstrap` may be executed, as `zip` makes one."""
    out = io.BytesIO(make_zip({name: content for name, content in files.items() if name != "bootstrap"}))
    if "bootstrap" in files:
        with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o100755 << 16
            archive.writestr(entry, files["bootstrap"])
    return out.getvalue()


@functools.cache
def go_binary(source: str = GO) -> bytes:
    """Built as AWS's documentation says; the module comes from the module proxy once, and then from Go's own cache."""
    folder = Path(tempfile.mkdtemp())
    (folder / "main.go").write_text(source)
    (folder / "go.mod").write_text("module function\n\ngo 1.21\n\nrequire github.com/aws/aws-lambda-go v1.55.1\n")
    go = str(find("go"))
    environ = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"}
    for order in ("mod download github.com/aws/aws-lambda-go", "build -tags lambda.norpc -o bootstrap ."):
        ran = subprocess.run([go, *order.split()], cwd=folder, env=environ, capture_output=True, text=True)
        if ran.returncode:
            pytest.fail(ran.stderr)
    return (folder / "bootstrap").read_bytes()


@functools.cache
def compiled(name: str, source: str) -> Mapping[str, bytes]:
    """What lab.deploy makes of one source file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, name)
        file.write_text(source)
        with zipfile.ZipFile(io.BytesIO(from_path(file, workshop()).content)) as archive:
            return {entry: archive.read(entry) for entry in archive.namelist()}


LANGUAGES = {
    "python": Language(
        "python3.12", (), "lambda_function.lambda_handler", text(lambda_function__py=PYTHON), "ValueError",
        {"init": ({"lambda_function.py": "1 / 0"}, "lambda_function.lambda_handler", "ZeroDivisionError", "division by zero", "Runtime.Unknown"),
         "import": ({"lambda_function.py": "import nothing"}, "lambda_function.lambda_handler", "Runtime.ImportModuleError",
                    "No module named 'nothing'", "Runtime.ImportModuleError")},
    ),
    "nodejs": Language(
        "nodejs22.x", ("node",), "index.handler", text(index__mjs=NODE), "TypeError",
        {"init": ({"index.js": "throw new RangeError('at init')"}, "index.handler", "RangeError", "at init", "Runtime.Unknown"),
         "import": ({"index.js": "require('nothing')"}, "index.handler", "Runtime.ImportModuleError",
                    "Error: Cannot find module 'nothing'\nRequire stack:\n- /var/task/index.js\n- /var/runtime/index.mjs",
                    "Runtime.ImportModuleError")},
    ),
    "ruby": Language(
        "ruby3.3", ("ruby",), "lambda_function.lambda_handler", text(lambda_function__rb=RUBY), "Function<ArgumentError>",
        {"init": ({"lambda_function.rb": "raise 'at init'"}, "lambda_function.lambda_handler", "Init<RuntimeError>", "at init", "Runtime.Unknown"),
         "import": ({"lambda_function.rb": "require 'nothing'"}, "lambda_function.lambda_handler", "Init<LoadError>",
                    "cannot load such file -- nothing", "Runtime.Unknown")},
    ),
    "go": Language(
        "provided.al2023", ("go",), "bootstrap", lambda: {"bootstrap": go_binary()}, "errorString",
        {"missing": ({"main": "1"}, "bootstrap", "Runtime.InvalidEntrypoint",
                     "Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]", "Runtime.InvalidEntrypoint")},
        maps=False,
    ),
    "java": Language(
        "java17", ("java", "javac"), "Handler::handleRequest", lambda: compiled("Handler.java", JAVA), "java.lang.IllegalStateException",
        maps=False, memory_ends_it=False, restart_s=6.0,
    ),
    "dotnet": Language(
        "dotnet8", ("dotnet", "mcs"), "Function::Function::FunctionHandler", lambda: compiled("Function.cs", CSHARP), "InvalidOperationException",
        maps=False, restart_s=6.0,
    ),
    "custom": Language(
        "provided.al2", ("bash", "curl"), "function.handler", text(bootstrap=BASH, function__sh=BASH_FUNCTION), "Oops",
        {"format": ({"bootstrap": "\x7fELF"}, "x", "Runtime.InvalidEntrypoint", "Error: fork/exec /var/task/bootstrap: exec format error",
                    "Runtime.InvalidEntrypoint"),
         "interpreter": ({"bootstrap": "#!/no/such\n"}, "x", "Runtime.InvalidEntrypoint",
                         "Error: fork/exec /var/task/bootstrap: no such file or directory", "Runtime.InvalidEntrypoint"),
         "init": ({"bootstrap": "#!/bin/bash\nexit 4\n"}, "x", "Runtime.ExitError", "Error: Runtime exited with error: exit status 4",
                  "Runtime.ExitError")},
        maps=False, has_context=False,
    ),
}  # fmt: skip
