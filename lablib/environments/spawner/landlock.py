"""Landlock: without namespaces, what an environment's processes may open.

The kernel checks the real paths: the system and the interpreter for reading, the
environment's own /tmp for writing, nothing of the learner's home, no other
environment, no signal to a process outside (kernel 6.12). Source: the kernel's
Documentation/userspace-api/landlock.rst; structures from include/uapi/linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

from .plan import Plan

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_FILE_RIGHTS = {1: _EXECUTE | _WRITE_FILE | _READ_FILE, 3: 1 << 14, 5: 1 << 15}
_ALL_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
_SCOPES_SINCE = 6
_SCOPE_ABSTRACT_SOCKET, _SCOPE_SIGNAL = 1, 2

_READ_ONLY = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix", "/gnu", "/etc", "/proc", "/sys")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def version() -> int:
    """The kernel's Landlock ABI; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, ctypes.CDLL(None, use_errno=True).syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG))


def _rights(table: dict[int, int], abi: int) -> int:
    return sum(rights for since, rights in table.items() if since <= abi)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    if not os.path.exists(path):
        return
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", rights, descriptor)
        if libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0):
            raise OSError(ctypes.get_errno(), "landlock_add_rule", path)
    finally:
        os.close(descriptor)


def restrict(plan: Plan) -> None:
    """Shut this process and its children in; does nothing where the kernel cannot."""
    abi = version()
    if not abi:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    everything = _rights(_ALL_RIGHTS, abi)
    scopes = _SCOPE_ABSTRACT_SOCKET | _SCOPE_SIGNAL if abi >= _SCOPES_SINCE else 0
    attributes = struct.pack("=QQQ", everything, 0, scopes)
    size = 24 if abi >= _SCOPES_SINCE else 8
    ruleset = libc.syscall(_CREATE_RULESET, attributes, size, 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    reading = _EXECUTE | _READ_FILE | _READ_DIR
    for path in (*_READ_ONLY, plan.task, *plan.layers, *plan.shown.values()):
        _allow(libc, ruleset, path, reading if os.path.isdir(path) else reading & ~_READ_DIR)
    _allow(libc, ruleset, f"{plan.folder}/tmp", everything)
    for device in _DEVICES:
        _allow(libc, ruleset, device, _rights(_FILE_RIGHTS, abi))
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.syscall(_RESTRICT_SELF, ruleset, 0):
        raise OSError(ctypes.get_errno(), "landlock_restrict_self")
    os.close(ruleset)
