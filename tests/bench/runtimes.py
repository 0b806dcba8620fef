"""Every runtime but Python's (bare.py has that): a cold and a warm call, against the same process on its own, started and called by hand."""

from __future__ import annotations

import queue
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lablib.aws.role import ensure_role
from lablib.cloud.variables import FIXED
from lablib.environments.runtimes.base import Launch, Runtime
from lablib.environments.runtimes.registry import make
from lablib.environments.runtimes.toolchains import find
from lablib.environments.spec import EnvironmentSpec
from tests.bench.calls import caller, milliseconds
from tests.bench.table import Row, at_most
from tests.bench.targets import Target
from tests.environments.languages import LANGUAGES, Language, package

EVENT = b'{"do": "echo"}'
MEMORY_MB = 1769


class _Api(ThreadingHTTPServer):
    """A Runtime API of one process: it says when it is asked for an event."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.asked, self.events = threading.Event(), queue.Queue[bytes]()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request: object, client_address: object) -> None:
        """Its process is killed in the middle of a request, which is nothing to say."""


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet
    server: _Api

    def do_GET(self) -> None:
        self.server.asked.set()
        event = self.server.events.get()
        self._answer(200, event, {"Lambda-Runtime-Aws-Request-Id": "id", "Lambda-Runtime-Deadline-Ms": "9999999999999",
                                  "Lambda-Runtime-Invoked-Function-Arn": "arn"})  # fmt: skip

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                self.rfile.read(size + 2)
            while self.rfile.readline().strip():
                pass  # trailers
        else:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(202, b"{}", {})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


@contextmanager
def _bare(runtime: Runtime, language: Language, code: Path) -> Iterator[tuple[_Api, float]]:
    """The runtime's process on its own, once it has asked for an event; and the ms until then."""
    api = _Api()
    # With the search path of libraries that Lambda gives every function: each program that a shell starts looks into its folders.
    environ = language.environ() | {
        "LD_LIBRARY_PATH": FIXED["LD_LIBRARY_PATH"], "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}",
        "LAMBDA_TASK_ROOT": str(code),
    }  # fmt: skip
    spec = EnvironmentSpec("bare", "f", language.runtime, language.handler, MEMORY_MB, 60.0, 512, code, environ)
    launch = runtime.launch(spec, {})
    began = time.perf_counter()
    process = subprocess.Popen(
        [_here(part, launch, runtime, code) for part in launch.argv], cwd=code, env={**environ, **launch.environ},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert api.asked.wait(20), f"{language.runtime} on its own does not ask for an event"
        yield api, (time.perf_counter() - began) * 1000
    finally:
        process.kill()
        process.wait()
        api.shutdown()
        api.server_close()


def _here(part: str, launch: Launch, runtime: Runtime, code: Path) -> str:
    """An argument with the host's paths in place of the names it has in namespaces."""
    for name, path in sorted({**launch.shown, "/var/runtime": str(runtime.folder), "/var/task": str(code)}.items(), reverse=True):
        part = part.replace(name, path)
    return part


def _bare_ms(language: Language, colds: int, calls: int) -> tuple[float, float]:
    """(cold, warm) of the bare process, medians: from its start to its first answer, and one more answer.

    An answer is through when the process asks for the next event: what Lambda counts as the invocation's duration.
    """
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder, "code")
        for name, content in language.files().items():
            (code / name).parent.mkdir(parents=True, exist_ok=True)
            (code / name).write_bytes(content)
            (code / name).chmod(0o755)
        runtime = make(language.runtime, Path(folder, "runtime"))
        cold, warm = [], []
        for _ in range(colds):
            with _bare(runtime, language, code) as (api, began_ms):

                def call(api: _Api = api) -> None:
                    api.asked.clear()
                    api.events.put(EVENT)
                    assert api.asked.wait(20)

                cold.append(began_ms + milliseconds(call))
                warm += [milliseconds(call) for _ in range(calls)]
        return statistics.median(cold), statistics.median(warm[len(warm) // 4 :])


def _deploy(target: Target, language: Language, name: str) -> str:
    lambda_ = target.client("lambda")
    lambda_.create_function(
        FunctionName=name, Runtime=language.runtime, Role=ensure_role(target.client("iam")), Handler=language.handler,
        Code={"ZipFile": package(language.files())}, MemorySize=MEMORY_MB, Timeout=60,
    )  # fmt: skip
    lambda_.get_waiter("function_active_v2").wait(FunctionName=name)
    return name


def _here_ms(target: Target, key: str, language: Language, colds: int, calls: int) -> tuple[float, float]:
    """(cold, warm) of calls through the cloud, medians."""
    lambda_, cold = target.client("lambda"), []
    for number in range(colds):
        name = _deploy(target, language, f"{key}-{number}")
        cold.append(milliseconds(lambda: lambda_.invoke(FunctionName=name, Payload=EVENT)["Payload"].read()))
    warm = [milliseconds(lambda: lambda_.invoke(FunctionName=name, Payload=EVENT)["Payload"].read()) for _ in range(calls + calls // 3)]
    return statistics.median(cold), statistics.median(warm[calls // 3 :])


def rows(floor: Target, here: Target, colds: int, calls: int) -> list[Row]:
    """Two rows for each runtime that runs on this machine. A warm call's floor is an empty one and the bare process's own."""
    empty_call = caller(floor, "empty")
    empty = statistics.median([milliseconds(empty_call) for _ in range(calls + 5)][5:])
    found = []
    for key, language in LANGUAGES.items():
        if key == "python" or any(find(program) is None for program in language.needs):
            continue
        bare_cold, bare_warm = _bare_ms(language, colds, calls)
        cold, warm = _here_ms(here, key, language, colds, calls)
        least = empty + bare_warm
        found += [
            Row(f"{key}: cold", "ms", cold, bare_cold, goals=[at_most(cold, bare_cold + 40, "bare process + 40 ms")]),
            Row(f"{key}: warm", "ms", warm, least, goals=[at_most(warm, least + 3, "empty call + bare process + 3 ms")]),
        ]
    return found
