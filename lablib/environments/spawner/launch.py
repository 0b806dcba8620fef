"""The last steps of a runtime process, between fork and exec."""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import signal
import struct
import sys

from . import landlock
from .plan import CONTROL, Plan

_LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS = 28
_SECBIT_NOROOT = 0b11  # and locked
_CAPABILITY_VERSION_3 = 0x20080522

# Lambda's quota (DG gettingstarted-limits, 2026). Its 1,024 processes and threads are not
# limited here: RLIMIT_NPROC counts all of the user's processes, the learner's own too.
_FILE_DESCRIPTORS = 1024


def die_with_parent() -> None:
    """SIGKILL for this process when its parent, by now the spawner, ends (Linux)."""
    if _LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def become_runtime(plan: Plan, descriptors: list[int]) -> None:
    """Turn this process into the runtime; raises OSError where that fails.

    `descriptors` are its log pipe and, if it has one, its control socket.
    """
    die_with_parent()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.setsid()  # a Ctrl-C in the terminal is not for functions
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    # Out of the way of the numbers that they are to have.
    log, *control = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 16) for descriptor in descriptors]
    # 3 is the runtime client's framed log: in the same pipe as what is printed, so in one order.
    for descriptor in (1, 2, 3):
        os.dup2(log, descriptor)
    if control:
        os.dup2(control[0], CONTROL)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = _FILE_DESCRIPTORS if most == resource.RLIM_INFINITY else min(most, _FILE_DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if plan.namespaces:
        os.chdir("/var/task")
    else:
        os.chdir(plan.task)
        landlock.restrict(plan)
        _drop_capabilities()
    try:
        os.execve(plan.argv[0], plan.argv, plan.environ)
    except OSError as error:  # in the words of Lambda's own, which are Go's
        raise OSError(f"fork/exec {plan.argv[0]}: {os.strerror(error.errno or 0).lower()}") from error


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
