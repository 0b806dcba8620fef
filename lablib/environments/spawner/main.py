"""The spawner's loop: an order in, a guard out.

Wire (a SOCK_SEQPACKET-like stream of length-prefixed messages): the supervisor sends a
Plan with two descriptors, the guard's socket and the log pipe's write end. The spawner
answers nothing; the guard speaks for itself on its own socket.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import struct
import sys

from .guard import run_guard, send_message
from .plan import Plan
from .sandbox import unshare_namespaces

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LINUX = sys.platform == "linux"


def _prctl(option: int, value: int) -> None:
    if _LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def _receive(control: socket.socket) -> tuple[bytes, list[int]] | None:
    header, descriptors, _, _ = socket.recv_fds(control, 4, 2)
    if not header:
        return None
    (length,) = struct.unpack("!I", header)
    body = b""
    while len(body) < length:
        part = control.recv(length - len(body))
        if not part:
            return None
        body += part
    return body, descriptors


def _become_guard(plan: Plan, guard_socket: socket.socket, log: int) -> None:
    """In the spawner's child: a guard, in namespaces of its own if the plan says so.

    A new PID namespace begins with the next child, so there is one more fork; the
    child's pid, as the host sees it, is the first thing the supervisor is told.
    """
    if plan.namespaces:
        try:
            unshare_namespaces()
        except OSError as error:
            send_message(guard_socket, {"failed": f"no namespaces: {error}"})
            return
        pid = os.fork()
        if pid:
            send_message(guard_socket, {"guard": pid})
            return
    else:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        send_message(guard_socket, {"guard": os.getpid()})
    run_guard(plan, guard_socket, log)


def _spawn(control: socket.socket, plan: Plan, descriptors: list[int]) -> None:
    guard_fd, log = descriptors
    for descriptor in descriptors:  # as received, a program that is started would keep them
        os.set_inheritable(descriptor, False)
    if os.fork():
        os.close(guard_fd)
        os.close(log)
        return
    status = 1
    try:
        control.close()
        # A session of its own: a Ctrl-C in the terminal is not for functions.
        os.setsid()
        _become_guard(plan, socket.socket(fileno=guard_fd), log)
        status = 0
    finally:
        os._exit(status)


def main() -> None:
    """Serve until the supervisor's end of the control socket is closed."""
    control = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps guards for us
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)  # guards end up here, and are reaped, when their maker exits
    while True:
        order = _receive(control)
        if order is None:
            return
        text, descriptors = order
        _spawn(control, Plan.loads(text), descriptors)
