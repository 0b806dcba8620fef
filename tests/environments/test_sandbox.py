"""What a function sees and may do: the same with namespaces and without."""

from __future__ import annotations

import json
import os
import re
import socket
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest

from tests.environments.conftest import Plane

PROBE = """
import os, sys
def lambda_handler(event, context):
    scope = {"os": os, "context": context}
    try:
        exec(event, scope)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return scope.get("result")
"""


@pytest.fixture(scope="module")
def probe(plane: Plane):  # type: ignore[no-untyped-def]
    function = plane.function(PROBE, files={"data.txt": b"package data"}, timeout_s=20.0)
    return function.answer


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("result = os.getcwd()", "/var/task"),
        ("import lambda_function; result = lambda_function.__file__", "/var/task/lambda_function.py"),
        ("result = sorted(n for n in os.listdir('/var/task') if n != '__pycache__')", ["data.txt", "lambda_function.py"]),
        ("result = open('data.txt').read()", "package data"),
        ("result = open('/var/task/data.txt').read()", "package data"),
        ("open('/var/task/new', 'w')", "OSError: [Errno 30] Read-only file system: '/var/task/new'"),
        ("os.remove('/var/task/data.txt')", "OSError: [Errno 30] Read-only file system: '/var/task/data.txt'"),
        ("open('new', 'w')", "OSError: [Errno 30] Read-only file system: 'new'"),
        ("os.makedirs('new/folder')", "OSError: [Errno 30] Read-only file system: 'new'"),
        ("import pathlib; pathlib.Path('../../var/task/new').touch()",
         "OSError: [Errno 30] Read-only file system: '../../var/task/new'"),
        ("open('missing/new', 'w')", "FileNotFoundError: [Errno 2] No such file or directory: 'missing/new'"),
        ("open('/usr/new', 'w')", "OSError: [Errno 30] Read-only file system: '/usr/new'"),
        ("os.mkdir('/new')", "OSError: [Errno 30] Read-only file system: '/new'"),
        ("os.makedirs(os.path.expanduser('~/.cache'))", "OSError: [Errno 30] Read-only file system: '/home/sbx_user1051'"),
        ("import getpass; result = getpass.getuser()", "sbx_user1051"),
        ("open('/dev/null', 'w').write('x'); result = 'written'", "written"),
        ("os.mkdir('/opt/new')", "OSError: [Errno 30] Read-only file system: '/opt/new'"),
        ("open('/tmp/a b', 'w').write('x'); os.rename('/tmp/a b', '/tmp/c'); result = os.listdir('/tmp')", ["c"]),
        ("result = [e.path for e in os.scandir('/tmp')]", ["/tmp/c"]),
        ("import pathlib; result = [str(p) for p in pathlib.Path('/tmp').glob('*')]", ["/tmp/c"]),
        ("import glob; result = glob.glob('/tmp/*')", ["/tmp/c"]),
        ("result = list(os.walk('/tmp'))", [["/tmp", [], ["c"]]]),
        ("import shutil; shutil.copy('/var/task/data.txt', '/tmp/d'); result = open('/tmp/d').read()", "package data"),
        ("import shutil; os.makedirs('/tmp/e/f'); shutil.rmtree('/tmp/e'); result = os.path.exists('/tmp/e')", False),
        ("import tempfile; result = tempfile.NamedTemporaryFile().name.startswith('/tmp/')", True),
        ("import sqlite3; c = sqlite3.connect('/tmp/x.db'); c.execute('create table t (a)'); c.close(); "
         "result = os.path.getsize('/tmp/x.db') > 0", True),
        ("import sys; open('/tmp/own.py', 'w').write('x = 5'); sys.path.append('/tmp'); import own; result = own.x, own.__file__",
         [5, "/tmp/own.py"]),
        ("os.chdir('/tmp'); open('here', 'w').close(); result = os.getcwd(), os.path.exists('/tmp/here'); os.chdir('/var/task')",
         ["/tmp", True]),
        ("import boto3; result = boto3.__name__", "boto3"),
        ("import sys; result = 'awslambdaric.bootstrap' in sys.modules", True),
        ("result = context.memory_limit_in_mb, context.function_version", ["512", "$LATEST"]),
    ],
)  # fmt: skip
def test_files_under_lambdas_names(probe, code: str, expected: object) -> None:  # type: ignore[no-untyped-def]
    assert probe(code) == expected


def test_nothing_of_the_hosts_environment(probe) -> None:  # type: ignore[no-untyped-def]
    seen = set(probe("result = dict(os.environ)"))
    assert seen <= {
        "_HANDLER", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_REGION", "PYTHONPATH", "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME", "LAMBDA_TASK_ROOT", "LANG", "PATH", "AWS_LAMBDA_RUNTIME_API", "LD_LIBRARY_PATH",
    }  # fmt: skip


def test_the_learners_files_are_out_of_reach(plane: Plane, tmp_path: Path, probe) -> None:  # type: ignore[no-untyped-def]
    if not plane.facts["namespaces"] and not plane.facts["landlock"]:
        pytest.skip("no namespaces and no Landlock in this kernel: files are shared, and doctor says so")
    secret = tmp_path / "credentials"
    secret.write_text("aws_secret_access_key = x")
    assert re.match("(FileNotFoundError|PermissionError)", probe(f"result = open({str(secret)!r}).read()"))
    home = str(Path.home() / ".lablib-probe")
    assert re.match("(FileNotFoundError|PermissionError|OSError)", probe(f"open({home!r}, 'w')"))
    assert re.match("(FileNotFoundError|PermissionError)", probe(f"result = open('/proc/{os.getpid()}/environ').read()"))
    answer = probe(f"os.kill({os.getpid()}, 0); result = 'may signal'")
    if plane.facts["namespaces"] or plane.facts["landlock"] >= 6:
        assert re.match("(ProcessLookupError|PermissionError)", answer)


def test_the_machines_name_is_told_only_without_namespaces(plane: Plane, probe) -> None:  # type: ignore[no-untyped-def]
    expected = "localhost" if plane.facts["namespaces"] else socket.gethostname()
    assert probe("import socket; result = socket.gethostname()") == expected


def test_the_runtime_is_where_lambda_has_it(plane: Plane, probe) -> None:  # type: ignore[no-untyped-def]
    if not plane.facts["namespaces"]:
        assert probe("import sys, os; result = os.path.isfile(sys.executable)")
        return  # a subprocess has to find it by a name that the machine knows too
    assert probe("import sys; result = sys.executable").startswith("/var/lang/bin/python3")
    assert probe("import json; result = json.__file__").startswith("/var/lang/lib/python3")
    assert probe("import boto3; result = boto3.__file__") == "/var/runtime/boto3/__init__.py"
    assert probe("import subprocess, sys; result = subprocess.check_output([sys.executable, '-c', 'print(5)'], text=True)") == "5\n"
    top = set(probe("result = os.listdir('/')"))
    assert top <= {"bin", "dev", "etc", "home", "lib", "lib32", "lib64", "nix", "gnu", "opt", "proc", "sbin", "tmp", "usr", "var"}


def test_a_full_tmp(plane: Plane) -> None:
    function = plane.function(
        """
def lambda_handler(event, context):
    with open("/tmp/big", "wb") as file:
        for _ in range(event):
            file.write(b"x" * 1024 * 1024)
    return "written"
""",
        ephemeral_mb=16,
    )
    assert function.answer(8) == "written"
    error = json.loads(function(600).payload)
    if plane.facts["namespaces"]:
        assert error["errorMessage"] == "[Errno 28] No space left on device"
    else:
        assert "/tmp holds more than its 16 MB (EphemeralStorage)" in error["errorMessage"]


REQUIREMENTS = Path(__file__).parents[2] / "requirements.txt"
# What Lambda's Python runtime has: boto3 with what it needs, and AWS's runtime client.
IN_LAMBDA = {
    "awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py",
    "boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3",
}  # fmt: skip


def other_packages() -> list[str]:
    """Top-level modules of everything that requirements.txt installs, but for what Lambda has."""
    names = set(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", REQUIREMENTS.read_text(), re.MULTILINE))
    wanted = {re.sub(r"[-_.]+", "-", name).lower() for name in names}
    found = set()
    for module, owners in packages_distributions().items():
        if any(re.sub(r"[-_.]+", "-", owner).lower() in wanted for owner in owners) and module.isidentifier() and not module.startswith("__"):
            found.add(module)
    assert distribution("moto") and {"moto", "numpy", "tornado", "jupyterlab"} <= found
    return sorted(found - IN_LAMBDA)


def test_of_the_learners_packages_only_lambdas_can_be_imported(plane: Plane) -> None:
    function = plane.function(
        """
import importlib
def lambda_handler(event, context):
    found = []
    for name in event:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name == name:
                continue
        except Exception:
            pass
        found.append(name)
    return found
""",
        timeout_s=30.0,
    )
    assert function.answer(["boto3", "awslambdaric"]) == ["boto3", "awslambdaric"]
    assert function.answer([*other_packages(), "lablib", "pip", "setuptools"]) == []


def test_a_wheel_with_a_c_extension_works_from_the_package(plane: Plane) -> None:
    """From /var/task, as a learner's own zip would bring it: the path that C itself opens is the real one."""
    import _testimportmultiple as extension  # a small C module that comes with CPython's tests

    source = Path(extension.__file__)
    function = plane.function(
        "import _own_extension\ndef lambda_handler(event, context):\n    return _own_extension.__file__\n",
        files={source.name.replace("_testimportmultiple", "_own_extension"): source.read_bytes()},
    )
    outcome = function()
    # The module's own init function has another name: that C found it and said so is the proof.
    assert b"dynamic module does not define module export function" in outcome.payload


def test_the_functions_own_library_path_is_kept(plane: Plane) -> None:
    """An interpreter that needs a path of its own adds it; the function's stays behind it."""
    environ = {
        "LD_LIBRARY_PATH": "/var/task/lib", "_HANDLER": "lambda_function.lambda_handler", "LAMBDA_TASK_ROOT": "/var/task",
        "AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f", "AWS_LAMBDA_LOG_STREAM_NAME": "s", "AWS_REGION": "us-east-1",
    }  # fmt: skip
    source = "import os\ndef lambda_handler(event, context): return os.environ['LD_LIBRARY_PATH']"
    assert plane.function(source, environ=environ).answer().split(":")[-1] == "/var/task/lib"
