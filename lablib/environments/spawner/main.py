"""The spawner's loop: orders in, processes out, and word of how each ended.

Orders are length-prefixed Plans, each with the log pipe's write end and, for some, a socket.
Messages are one JSON object a line, with the environment's ``id`` and ``runtime`` (its
pid) and ``init`` (the pid of process 1 of its namespaces, else 0); ``failed`` (why it
could not start); or ``exit`` (the wait status).

When the supervisor's end of the control socket closes, the spawner kills everything
below it and ends. When the spawner itself is killed, the kernel kills its children
(PR_SET_PDEATHSIG), and with each process 1 its whole namespace.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import json
import os
import select
import signal
import socket
import struct
import sys
from typing import Any

from .launch import become_runtime, die_with_parent
from .namespaces import Namespaces
from .plan import Plan

_LINUX = sys.platform == "linux"
_PR_SET_CHILD_SUBREAPER = 36
_SA_NOCLDSTOP, _SA_FLAGS_AT = 1, 8 + 128


class _Loop:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._reports: dict[int, tuple[str, bytes]] = {}
        self._runtimes: dict[int, str] = {}
        self._ended: dict[int, int] = {}
        self._makers: dict[int, int] = {}
        self._wake, wake = os.pipe()
        for descriptor in (self._wake, wake):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        _hear_of_ends_alone()

    def serve(self) -> None:
        while True:
            ready = _readable([self._control.fileno(), self._wake, *self._reports])
            for descriptor in ready:
                if descriptor in self._reports:
                    self._read_report(descriptor)
            if self._wake in ready:
                os.read(self._wake, 4096)
                self._reap()
            if self._control.fileno() in ready and not self._obey():
                return
            if not self._reports:
                # Nobody's any more: the next process with this pid is another one.
                self._ended.clear()

    def _say(self, message: dict[str, Any]) -> None:
        try:
            self._control.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            pass  # the supervisor is gone: the loop is about to see that

    # --- orders -----------------------------------------------------------------------

    def _obey(self) -> bool:
        """Take one order; False when there will be no more."""
        try:
            header, descriptors, flags, _ = socket.recv_fds(self._control, 4, 2)
            if len(header) < 4:
                return False
            (length,) = struct.unpack("!I", header)
            text = b""
            while len(text) < length:
                part = self._control.recv(length - len(text))
                if not part:
                    return False
                text += part
        except ConnectionResetError:
            return False  # the supervisor was killed before it had read what we said
        plan = Plan.loads(text)
        try:
            if flags & socket.MSG_CTRUNC:  # the kernel keeps what this process has no room for
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            self._spawn(plan, descriptors)
        except OSError as error:  # no descriptors, processes or memory: this environment's bad luck, and nobody else's
            self._say({"id": plan.id, "failed": f"no process can be made: {error.strerror}"})
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return True

    def _spawn(self, plan: Plan, descriptors: list[int]) -> None:
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)  # as received, every program would keep it
        report, write, gone, gate = _pipes()
        try:
            pid = os.fork()
        except OSError:
            os.close(report)
            os.close(gate)
            raise
        else:
            if pid == 0:
                os.close(gate)
                _in_child(plan, descriptors, write, gone)
        finally:
            os.close(write)
            os.close(gone)
        self._reports[report] = (plan.id, b"")
        if plan.namespaces:
            self._makers[pid] = gate
        else:
            os.close(gate)
            self._know(plan.id, pid, init=0)

    # --- what became of them ------------------------------------------------------------

    def _know(self, name: str, runtime: int, init: int) -> None:
        self._runtimes[runtime] = name
        self._say({"id": name, "runtime": runtime, "init": init})

    def _read_report(self, descriptor: int) -> None:
        name, rest = self._reports[descriptor]
        data = os.read(descriptor, 4096)
        *lines, rest = (rest + data).split(b"\n")
        self._reports[descriptor] = (name, rest)
        for line in lines:
            message = json.loads(line)
            if "failed" in message:
                self._say({"id": name, **message})
            else:
                self._know(name, message["runtime"], message["init"])
        if not data:
            del self._reports[descriptor]
            os.close(descriptor)
        for runtime in [pid for pid in self._ended if pid in self._runtimes]:
            self._tell_end(runtime, self._ended.pop(runtime))

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self._makers:
                # Its children are ours by now: they may bind their lives to ours.
                os.close(self._makers.pop(pid))
            else:
                self._tell_end(pid, status)

    def _tell_end(self, pid: int, status: int) -> None:
        name = self._runtimes.pop(pid, None)
        if name is not None:
            self._read_last_words(name)
            self._say({"id": name, "exit": status})
        else:
            # A runtime whose maker has not been read yet, a process 1, or a child that a handler left.
            self._ended[pid] = status

    def _read_last_words(self, name: str) -> None:
        """Why it could not start is said before that it ended."""
        for report in [descriptor for descriptor, (owner, _) in self._reports.items() if owner == name]:
            if select.select([report], [], [], 0)[0]:
                self._read_report(report)

    def kill_everything(self) -> None:
        """At the end: whatever runs below, also in sessions of its own."""
        while below := _descendants() or list(self._runtimes):
            for pid in below:
                try:
                    os.kill(pid, signal.SIGKILL)
                except (ProcessLookupError, PermissionError):
                    continue
            try:
                pid, _ = os.waitpid(-1, 0)
                self._runtimes.pop(pid, None)
            except ChildProcessError:
                return


def _readable(descriptors: list[int]) -> set[int]:
    """Wait until one of them can be read, or has ended. (select() ends at descriptor 1,024.)"""
    waiting = select.poll()
    for descriptor in descriptors:
        waiting.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _ in waiting.poll()}


def _pipes() -> tuple[int, int, int, int]:
    """Two pipes, or none."""
    report, write = os.pipe()
    try:
        return report, write, *os.pipe()
    except OSError:
        os.close(report)
        os.close(write)
        raise


def _hear_of_ends_alone() -> None:
    """SIGCHLD not for a child that is stopped or continued: each invocation would wake this process twice.

    The signal module has no word for SA_NOCLDSTOP. The flags stand behind the handler
    and the 128 bytes of the mask, in glibc's struct sigaction as in musl's, on 64 bits.
    """
    if not _LINUX or sys.maxsize < 2**32:
        return
    libc, action = ctypes.CDLL(None), ctypes.create_string_buffer(256)
    if libc.sigaction(signal.SIGCHLD, None, action) == 0:
        (flags,) = struct.unpack_from("i", action, _SA_FLAGS_AT)
        struct.pack_into("i", action, _SA_FLAGS_AT, flags | _SA_NOCLDSTOP)
        libc.sigaction(signal.SIGCHLD, action, None)


def _descendants() -> list[int]:
    """As lablib.environments.processes, which this small process does not load."""
    found: list[int] = []
    todo = [os.getpid()]
    while todo:
        pid = todo.pop()
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                    children = [int(child) for child in file.read().split()]
                found += children
                todo += children
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked; elsewhere than on Linux nothing is found
    return found


# --- in the child ---------------------------------------------------------------------


def _in_child(plan: Plan, descriptors: list[int], report: int, gone: int) -> None:
    """Become the runtime, or with namespaces its maker; never returns."""
    try:
        if plan.namespaces:
            _make(plan, descriptors, report, gone)
        else:
            become_runtime(plan, descriptors)
    except BaseException as error:  # a forked child must not run on in the spawner's place
        _report(report, {"failed": f"{error}"})
    finally:
        os._exit(127)


def _report(descriptor: int, message: dict[str, Any]) -> None:
    os.write(descriptor, json.dumps(message).encode() + b"\n")


def _make(plan: Plan, descriptors: list[int], report: int, gone: int) -> None:
    """Make or join namespaces, then process 1 (if new) and the runtime; then be gone.

    Both wait (`gone` ends) until the spawner has reaped this process: only then are they
    the spawner's children, and PR_SET_PDEATHSIG is about the parent of that moment.
    """
    namespaces = Namespaces(plan)
    if plan.init:
        namespaces.join(plan.init)
        init = plan.init
    else:
        namespaces.make()
        ready, mounted = os.pipe()
        init = os.fork()
        if init == 0:
            _be_process_1(namespaces, gone, mounted)
        os.close(mounted)
        if not os.read(ready, 1):
            raise OSError("a new /proc cannot be mounted (a container that masks its own forbids it)")
        namespaces.enter()
    runtime = os.fork()
    if runtime == 0:
        os.read(gone, 1)
        _exec(plan, descriptors, report)
    _report(report, {"runtime": runtime, "init": init})
    os._exit(0)


def _exec(plan: Plan, descriptors: list[int], report: int) -> None:
    try:
        become_runtime(plan, descriptors)
    except BaseException as error:
        _report(report, {"failed": f"{error}"})
    finally:
        os._exit(127)


def _be_process_1(namespaces: Namespaces, gone: int, mounted: int) -> None:
    """Nothing but process 1: it reaps (SIGCHLD ignored), and its end is everybody's.

    A program of a few kilobytes, not a forked Python of two megabytes.
    """
    try:
        namespaces.mount_proc()
        os.write(mounted, b"1")
        os.read(gone, 1)
        die_with_parent()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        os.setsid()
        null = os.open("/dev/null", os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        os.execve(namespaces.idle_program, ["sleep", "2147483647"], {})
    finally:
        os._exit(127)


def main() -> None:
    """Serve until the supervisor lets go."""
    control = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # However the supervisor ends, its socket does too. To die with it (PR_SET_PDEATHSIG) would be
    # to leave behind what only this process can find: orphans that have cleared their environment.
    if _LINUX:
        # Processes whose parent ended come here, and are reaped here.
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    gc.disable()
    gc.freeze()
    loop = _Loop(control)
    try:
        loop.serve()
    finally:
        loop.kill_everything()
