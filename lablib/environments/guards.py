"""The supervisor's end of the spawner and of each guard (spawner/)."""

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

from lablib.environments import processes
from lablib.environments.spawner.plan import Plan
from lablib.environments.spec import DataPlaneError

_HERE = str(Path(__file__).parent)
# As a top-level package: the spawner stays small without the rest of lablib.
_COMMAND = f"import sys; sys.path.insert(0, {_HERE!r}); from spawner.main import main; main()"


class Spawner:
    """The process that forks guards."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            arguments = [sys.executable, "-I", "-S", "-c", _COMMAND, str(theirs.fileno())]
            self._process = subprocess.Popen(arguments, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env={})
        self.pid = self._process.pid

    def spawn(self, plan: Plan, log: int, on_message: Callable[[dict[str, Any]], None]) -> Guard:
        """A guard for `plan`, which writes to the pipe `log`; its messages come to `on_message`."""
        ours, theirs = socket.socketpair()
        text = plan.dumps()
        with theirs:
            try:
                socket.send_fds(self._control, [struct.pack("!I", len(text))], [theirs.fileno(), log])
                self._control.sendall(text)
            except OSError as error:
                ours.close()
                raise DataPlaneError(f"the spawner is gone ({error})") from error
        return Guard(ours, on_message)

    def close(self) -> None:
        self._control.close()
        self._process.wait()


class Guard:
    """One guard: orders go out, messages come in through the event loop.

    `on_message` also gets ``{"lost": True}`` when the guard is gone.
    """

    def __init__(self, connection: socket.socket, on_message: Callable[[dict[str, Any]], None]) -> None:
        self.pid = 0
        self._socket = connection
        self._on_message = on_message
        self._buffer = b""
        connection.setblocking(False)
        asyncio.get_running_loop().add_reader(connection, self._readable)

    def order(self, word: str) -> None:
        """``start`` or ``kill``."""
        try:
            self._socket.send(word.encode() + b"\n")
        except OSError:
            pass  # "lost" follows

    def runtime_pid(self, as_guard_sees_it: int, namespaces: bool) -> int:
        """The runtime's pid on the host: in a PID namespace the guard sees another number."""
        if not namespaces:
            return as_guard_sees_it
        below = processes.descendants(self.pid)
        return below[0] if below else 0

    def _readable(self) -> None:
        try:
            data = self._socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._forget()
            self._on_message({"lost": True})
            return
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            message = loads(line)
            if "guard" in message:
                self.pid = message["guard"]
            else:
                self._on_message(message)

    def _forget(self) -> None:
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()

    def close(self, namespaces: bool) -> None:
        """End it and everything below it.

        In namespaces its own death is everybody's, at once; else it kills them when it
        sees its socket close, and removes its folder.
        """
        if namespaces and self.pid:
            processes.send([self.pid], signal.SIGKILL)
        self._forget()


def wait_reason(status: int) -> str:
    """How a process ended, in Lambda's words (runtime-interface-emulator, 2026-01-02)."""
    if os.WIFSIGNALED(status):
        return f"Runtime exited with error: signal: {_SIGNAL_WORDS.get(os.WTERMSIG(status), str(os.WTERMSIG(status)))}"
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
