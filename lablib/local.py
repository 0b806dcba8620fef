"""The local cloud as its user sees it: a child process, its address, its credentials, and the `/_lab/` door.

The child is `python -m lablib serve`, in a session of its own, so that Ctrl-C at the notebook does not reach it. It holds
one end of a pipe, the lifeline. Its first line carries the cloud's credentials (an argument or a variable could be read by
others on the machine); its end, however this process ends, tells the child to shut down.
"""

from __future__ import annotations

import json
import os
import secrets
import select
import site
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lablib.errors import CloudDidNotStart, CloudIsGone

START_SECONDS = 60.0
"""How long a start may take. It takes about one second; a loaded Binder has been seen to need ten."""

DOOR_SECONDS = 75.0
"""How long the door may take to answer: the cloud itself gives up coming to rest after 60 s."""

_KEPT = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
"""Variables of ours that the child gets: what an interpreter needs to start, and where temporary files and the tools are."""

_KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True)
class Credentials:
    """An access key of the local cloud's own; 20 characters and 40, as AWS's are, and not of AWS's `AKIA…` form."""

    access_key_id: str
    secret_access_key: str

    @classmethod
    def random(cls) -> Credentials:
        key = "LAMBDALAB" + "".join(secrets.choice(_KEY_ALPHABET) for _ in range(11))
        return cls(key, secrets.token_urlsafe(30))


@dataclass(frozen=True)
class Answer:
    """What the `/_lab/` door answered: HTTP status and the decoded JSON."""

    status: int
    body: Mapping[str, object]


class LocalCloud:
    """One running cloud. Made by `launch`; ended by `close`, or by the end of the process that launched it."""

    def __init__(self, process: subprocess.Popen[bytes], lifeline: int, url: str, region: str, credentials: Credentials):
        self.process = process
        self.url = url
        self.region = region
        self.credentials = credentials
        self._lifeline: int | None = lifeline
        self._owner = os.getpid()
        # A process forked from this one (multiprocessing) must not keep the cloud alive after this one has ended.
        os.register_at_fork(after_in_child=self._let_go)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self._lifeline is not None and self.process.poll() is None

    def door(self, method: str, path: str) -> Answer:
        """One request to `/_lab/…`, signed with the cloud's own credentials (service name `lab`).

        Raises `CloudIsGone` when nothing answers.
        """
        import urllib3  # botocore's own HTTP library; loaded here because `import lablib` stays light
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials as Signer

        request = AWSRequest(method=method, url=self.url + path)
        signer = Signer(self.credentials.access_key_id, self.credentials.secret_access_key)
        SigV4Auth(signer, "lab", self.region).add_auth(request)
        try:
            reply = urllib3.request(
                method, self.url + path, headers=dict(request.headers.items()), timeout=DOOR_SECONDS, retries=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise CloudIsGone("The local cloud does not answer. Run lablib.start() again.") from error
        return Answer(reply.status, json.loads(reply.data or b"{}"))

    def close(self, seconds: float = 5.0) -> None:
        """End the cloud and everything it started; wait until it has ended, `seconds` at most, and then kill it."""
        if os.getpid() != self._owner:
            return
        self._let_go()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _let_go(self) -> None:
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None


def launch(
    region: str = "us-east-1",
    *,
    credentials: Credentials | None = None,
    port: int = 0,
    options: tuple[str, ...] = (),
    meanwhile: Callable[[], object] = lambda: None,
    seconds: float = START_SECONDS,
) -> LocalCloud:
    """Start a cloud on 127.0.0.1 and wait until it is ready.

    Parameters
    ----------
    port : 0 picks a free one.
    options : further arguments of `python -m lablib serve`, such as ``("--isolation", "off")``.
    meanwhile : called while the child starts.

    Raises `CloudDidNotStart`, with what the child said last.
    """
    credentials = credentials or Credentials.random()
    reading, writing = os.pipe()
    key = {"access_key_id": credentials.access_key_id, "secret_access_key": credentials.secret_access_key}
    os.write(writing, json.dumps(key).encode() + b"\n")
    # -P: a file of the learner's named tornado.py or json.py is never what the cloud imports.
    command = [sys.executable, "-P", "-m", "lablib", "serve", "--port", str(port), "--region", region]
    with tempfile.TemporaryFile() as complaints:
        try:
            process = subprocess.Popen(
                [*command, "--lifeline", str(reading), *options],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                pass_fds=(reading,),
                start_new_session=True,
                cwd="/",
                env=child_environment(os.environ),
            )
        finally:
            os.close(reading)
        url = None
        try:
            meanwhile()
            url = _wait_until_ready(process, seconds)
        finally:
            if url is None:  # silent, ended, or this process was interrupted
                os.close(writing)
                process.kill()
                process.wait()
        if url is None:
            raise CloudDidNotStart(f"The local cloud did not start: {_last_line(complaints)}")
    return LocalCloud(process, writing, url, region, credentials)


def child_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The child's variables: the few it needs, and none of AWS's, of proxies or of Python's."""
    kept = {name: value for name, value in ours.items() if name in _KEPT or name.startswith("LC_")}
    root = str(Path(__file__).resolve().parents[1])
    # Installed, the interpreter finds lablib by itself. A site-packages folder named here would go before the standard library.
    if root not in (*site.getsitepackages(), site.getusersitepackages()):
        kept["PYTHONPATH"] = root
    return kept


def _wait_until_ready(process: subprocess.Popen[bytes], seconds: float) -> str | None:
    """The URL of the child's `ready` line, or None when it ended or said nothing in time."""
    assert process.stdout is not None
    deadline = time.monotonic() + seconds
    said = b""
    while (left := deadline - time.monotonic()) > 0:
        readable, _, _ = select.select([process.stdout], [], [], left)
        if not readable:
            break
        chunk = os.read(process.stdout.fileno(), 65536)
        if not chunk:
            break
        said += chunk
        for line in said.split(b"\n")[:-1]:
            if line.startswith(b"ready "):
                return line.removeprefix(b"ready ").decode().strip()
    return None


def _last_line(file: IO[bytes]) -> str:
    file.seek(0)
    lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it ended, or stayed silent, without saying why. `python -m lablib serve` shows more."
