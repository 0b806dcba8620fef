"""The supervisor's end of the spawner (spawner/)."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from json import loads
from pathlib import Path
from typing import Any

from lablib.environments.spawner.plan import Plan
from lablib.environments.spec import DataPlaneError

_HERE = str(Path(__file__).parent)
# As a top-level package: the spawner stays small without the rest of lablib.
_COMMAND = f"import sys; sys.path.insert(0, {_HERE!r}); from spawner.main import main; main()"

OnMessage = Callable[[dict[str, Any]], None]


class Spawner:
    """The process that makes runtime processes.

    Parameters
    ----------
    on_lost
        Called when it is gone: no environment can be started any more.
    """

    def __init__(self, on_lost: Callable[[], None] = lambda: None) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            arguments = [sys.executable, "-I", "-S", "-c", _COMMAND, str(theirs.fileno())]
            self._process = subprocess.Popen(arguments, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env={})
        self.pid = self._process.pid
        self._on_lost = on_lost
        self._listeners: dict[str, OnMessage] = {}
        self._buffer = b""
        asyncio.get_running_loop().add_reader(self._control, self._readable)

    def start(self, plan: Plan, log: int, on_message: OnMessage, *control: int) -> None:
        """Start a runtime process that writes to the pipe `log`; what becomes of it are messages.

        `control` is a socket that it gets too, if it is to be a snapshot.
        """
        self._listeners[plan.id] = on_message
        text = plan.dumps()
        try:
            socket.send_fds(self._control, [struct.pack("!I", len(text))], [log, *control])
            self._control.sendall(text)
        except OSError as error:
            raise DataPlaneError(f"the process that makes environments is gone ({error})") from error

    def forget(self, name: str) -> None:
        self._listeners.pop(name, None)

    def _readable(self) -> None:
        try:
            data = self._control.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._stop_reading()
            for name, on_message in list(self._listeners.items()):
                # Nobody else will say so: the kernel killed them with their parent.
                on_message({"id": name, "exit": int(signal.SIGKILL)})
            self._on_lost()
            return
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            message = loads(line)
            if (listener := self._listeners.get(message["id"])) is not None:
                listener(message)

    def _stop_reading(self) -> None:
        if self._control.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._control)
            self._control.close()

    def close(self) -> None:
        """End it; it kills what it still has below it."""
        self._stop_reading()
        self._process.wait()


def wait_reason(status: int) -> str:
    """How a process ended, in Lambda's words (runtime-interface-emulator, 2026-01-02)."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return f"Runtime exited with error: signal: {_SIGNAL_WORDS.get(number, number)}"
    code = os.WEXITSTATUS(status)
    return f"Runtime exited with error: exit status {code}" if code else "Runtime exited without providing a reason"


# Go's names for signals, which Lambda's messages show.
_SIGNAL_WORDS = {
    int(signal.SIGABRT): "aborted",
    int(signal.SIGBUS): "bus error",
    int(signal.SIGFPE): "floating point exception",
    int(signal.SIGHUP): "hangup",
    int(signal.SIGILL): "illegal instruction",
    int(signal.SIGINT): "interrupt",
    int(signal.SIGKILL): "killed",
    int(signal.SIGPIPE): "broken pipe",
    int(signal.SIGQUIT): "quit",
    int(signal.SIGSEGV): "segmentation fault",
    int(signal.SIGTERM): "terminated",
    int(signal.SIGTRAP): "trace/breakpoint trap",
}
