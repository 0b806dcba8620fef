"""The guard: parent of one environment's runtime process.

It starts that process, says how it ended, kills everything below it on request and,
whatever happens to the supervisor, at the latest when the supervisor's end of the
socket closes. In namespaces it is process 1, so its own end is everybody's.

Messages are one JSON object a line. In: ``start``, ``kill``. Out: ``started`` (the
pid as the guard sees it), ``exit`` (the wait status), ``killed``, ``failed``.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource  # here: in its new root a guard finds no modules
import select
import shutil
import signal
import socket
import struct
import sys
from typing import Any

from . import landlock
from .plan import Plan
from .sandbox import build_root

_LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS = 28
_SECBIT_NOROOT = 0b11  # and locked
_CAPABILITY_VERSION_3 = 0x20080522


def send_message(guard_socket: socket.socket, message: dict[str, Any]) -> None:
    try:
        guard_socket.sendall(json.dumps(message).encode() + b"\n")
    except OSError:
        pass  # nobody listens any more: the loop is about to see that


def run_guard(plan: Plan, guard_socket: socket.socket, log: int) -> None:
    """Guard until the supervisor lets go; never returns to the caller's loop."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    guard = _Guard(plan, guard_socket, log)
    try:
        if plan.namespaces:
            build_root(plan)
        guard.serve()
    except OSError as error:
        send_message(guard_socket, {"failed": str(error)})
    finally:
        guard.kill_all()
        if not plan.namespaces:
            shutil.rmtree(plan.folder, ignore_errors=True)


class _Guard:
    def __init__(self, plan: Plan, guard_socket: socket.socket, log: int) -> None:
        self._plan = plan
        self._socket = guard_socket
        self._log = log
        self._runtime = 0
        self._wake_read, wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> None:
        buffer = b""
        while True:
            ready, _, _ = select.select([self._socket.fileno(), self._wake_read], [], [])
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
                self._reap()
            if self._socket.fileno() in ready:
                part = self._socket.recv(4096)
                if not part:
                    return
                *orders, buffer = (buffer + part).split(b"\n")
                for order in orders:
                    self._obey(order)

    def _obey(self, order: bytes) -> None:
        if order == b"start":
            self._start()
        elif order == b"kill":
            self.kill_all()
            send_message(self._socket, {"killed": True})

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._runtime:
                self._runtime = 0
                send_message(self._socket, {"exit": status})

    def kill_all(self) -> None:
        """SIGKILL every process below this one, also those that left its session."""
        while True:
            below = self._below()
            for pid in below:
                try:
                    os.kill(pid, signal.SIGKILL)
                except (ProcessLookupError, PermissionError):
                    continue
            self._reap()
            if not below:
                return
            self._wait_a_moment()

    def _below(self) -> list[int]:
        if not _LINUX:
            # No subreaper elsewhere: the supervisor looks for strays by their mark.
            return [self._runtime] if self._runtime else []
        found: list[int] = []
        todo = [os.getpid()]
        while todo:
            for pid in _children(todo.pop()):
                found.append(pid)
                todo.append(pid)
        return found

    def _wait_a_moment(self) -> None:
        """Until a child's end is signalled, or 2 ms for one that is not ours to reap."""
        select.select([self._wake_read], [], [], 0.002)
        try:
            os.read(self._wake_read, 4096)
        except BlockingIOError:
            pass

    def _start(self) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid:
            self._runtime = pid
            send_message(self._socket, {"started": pid})
            return
        try:
            self._exec(parent)
        except BaseException as error:  # a forked child must not run on in the guard's place
            send_message(self._socket, {"failed": f"{self._plan.argv[0]}: {error}"})
        finally:
            os._exit(127)

    def _exec(self, parent: int) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.setsid()
        if _LINUX:
            # Beside the guard's own kill: it holds also when the guard is SIGKILLed.
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(127)
        null = os.open("/dev/null", os.O_RDONLY)
        for target, source in ((0, null), (1, self._log), (2, self._log)):
            os.dup2(source, target)
        os.dup2(self._log, 3)  # the runtime client's framed log, in the same pipe: one order
        _limit_resources()
        if self._plan.namespaces:
            os.chdir("/var/task")
        else:
            os.chdir(self._plan.task)
            landlock.restrict(self._plan)
            _drop_capabilities()
        os.execve(self._plan.argv[0], self._plan.argv, self._plan.environ)


def _children(pid: int) -> list[int]:
    """As in lablib.environments.processes, which this small process does not load."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                found.extend(int(child) for child in file.read().split())
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def _drop_capabilities() -> None:
    """A function of a learner who is root (a container) is a user like any other.

    Its user is still 0, which owns the learner's files: Landlock keeps those shut, but not
    what a capability opens, such as /proc/PID/environ of other processes.
    """
    if not _LINUX or os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NOROOT, 0, 0, 0)
    header, nothing = struct.pack("Ii", _CAPABILITY_VERSION_3, 0), bytes(24)
    if libc.capset(header, nothing):
        raise OSError(ctypes.get_errno(), "capset")


def _limit_resources() -> None:
    """1,024 descriptors (Lambda quotas; DG gettingstarted-limits, 2026), no core files.

    The 1,024 processes and threads are not limited here: RLIMIT_NPROC counts all of
    the user's processes, the learner's own among them.
    """
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
