"""A root of its own for an environment, with user, mount and PID namespaces.

The new root is a small tmpfs that holds what Lambda's has: /var/task, /opt and
/var/runtime read-only, a /tmp of EphemeralStorage's size, the system's libraries, the
interpreter. Nothing else of the host is there: no home, no other environment, no other
process. Like on Lambda, there is no /dev/shm.
"""

from __future__ import annotations

import ctypes
import os
import shutil

from .plan import Plan

_CLONE_NEWNS, _CLONE_NEWUTS, _CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
_CLONE_NEWUSER, _CLONE_NEWPID = 0x10000000, 0x20000000
_JOINED = (
    ("user", _CLONE_NEWUSER), ("mnt", _CLONE_NEWNS), ("pid", _CLONE_NEWPID), ("ipc", _CLONE_NEWIPC), ("uts", _CLONE_NEWUTS),
)  # fmt: skip
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_REMOUNT = 1, 2, 4, 32
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_MNT_DETACH = 2
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

# Lambda's own user, seen in `id` inside a function (sbx_user1051).
_UID, _GID = 993, 990

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix", "/gnu")
_ETC = (
    "ssl", "ca-certificates", "pki", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives",
    "hosts", "resolv.conf", "nsswitch.conf", "mime.types", "localtime", "host.conf", "services", "protocols",
)  # fmt: skip
# Process 1 only waits. (A large number, since "infinity" is not every sleep's.)
_IDLE_PROGRAM = os.path.realpath(shutil.which("sleep", path="/usr/bin:/bin") or "/bin/sleep")
_DEVICES = ("null", "zero", "full", "random", "urandom")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


def _unshare() -> None:
    """New user, mount, PID, IPC and UTS namespaces; the PID namespace begins with the next child."""
    uid, gid = os.getuid(), os.getgid()
    flags = _CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWPID | _CLONE_NEWIPC | _CLONE_NEWUTS
    _check(_libc().unshare(flags), "unshare")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{_UID} {uid} 1"),
        ("gid_map", f"{_GID} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    arguments = (source.encode(), target.encode(), kind.encode() if kind else None)
    _check(_libc().mount(*arguments, flags, data.encode()), f"mount {target}")


def _bind(source: str, target: str, *, writable: bool = False) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.exists(target):
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    _mount(source, target, None, _MS_BIND | _MS_REC)
    if not writable:
        # A bind mount takes flags only when it is mounted again; those that the host's
        # own mount has are locked and have to be named.
        host = os.statvfs(target).f_flag & (_MS_NOSUID | _MS_NODEV | 8 | 1024)
        _mount("none", target, None, _MS_BIND | _MS_REMOUNT | _MS_RDONLY | _MS_NOSUID | host)


def _bind_system(root: str) -> None:
    for path in _SYSTEM:
        if os.path.islink(path):
            os.symlink(os.readlink(path), root + path)
        elif os.path.isdir(path):
            _bind(path, root + path)
    for name in _ETC:
        if os.path.exists(f"/etc/{name}"):
            _bind(os.path.realpath(f"/etc/{name}"), f"{root}/etc/{name}")
    for name in _DEVICES:
        _bind(f"/dev/{name}", f"{root}/dev/{name}", writable=True)


def _write_accounts(root: str) -> None:
    with open(f"{root}/etc/passwd", "w") as file:
        file.write(f"root:x:0:0:root:/root:/bin/sh\nsbx_user1051:x:{_UID}:{_GID}::/home/sbx_user1051:/sbin/nologin\n")
    with open(f"{root}/etc/group", "w") as file:
        file.write(f"root:x:0:\nsbx_group:x:{_GID}:\n")


class Namespaces:
    """One environment's namespaces, as its maker sees them.

    `make`, then process 1 is forked and calls `mount_proc`, then `enter`; or `join` those
    of a process 1 that is there.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._root = f"{plan.folder}/root"
        self.idle_program = _IDLE_PROGRAM

    def make(self) -> None:
        """Raises OSError where the machine forbids it (Docker, Ubuntu 24.04's AppArmor)."""
        _unshare()
        _check(_libc().sethostname(b"localhost", 9), "sethostname")  # not the learner's machine's
        self._build_root()

    def join(self, init: int) -> None:
        """Children of this process are then in the namespaces of process `init`."""
        # All are opened first: in the new mount namespace /proc is another.
        descriptors = [(os.open(f"/proc/{init}/ns/{name}", os.O_RDONLY), flag) for name, flag in _JOINED]
        for descriptor, flag in descriptors:
            _check(_libc().setns(descriptor, flag), "setns")
            os.close(descriptor)

    def mount_proc(self) -> None:
        """By process 1, since /proc shows the namespace of who mounts it.

        Before the host's /proc is out of sight: the kernel gives no new one without that.
        """
        _mount("proc", f"{self._root}/proc", "proc", _MS_NOSUID | _MS_NODEV)

    def enter(self) -> None:
        """The new root becomes the root of every process in the namespaces."""
        _enter(self._root)

    def _build_root(self) -> None:
        plan, root = self._plan, self._root
        _mount("none", "/", None, _MS_REC | _MS_PRIVATE)
        if not os.path.isdir(root):
            os.mkdir(root)
        _mount("tmpfs", root, "tmpfs", _MS_NOSUID | _MS_NODEV, "size=1m,mode=755")
        for folder in ("etc", "dev", "proc", "tmp", "home", "var/task", "var/runtime", "opt"):
            os.makedirs(f"{root}/{folder}")
        _bind_system(root)
        _write_accounts(root)
        # Before what is bound: an interpreter that was installed below /tmp must stay visible.
        _mount("tmpfs", f"{root}/tmp", "tmpfs", _MS_NOSUID | _MS_NODEV, f"size={plan.tmp_mb}m,mode=1777")
        for name, path in plan.shown.items():
            if not name.startswith(_SYSTEM):
                _bind(path, root + name)
        _bind(plan.task, f"{root}/var/task")
        if plan.layers:
            # Several layers become one folder before they come here (they are merged in order).
            _bind(plan.layers[0], f"{root}/opt")


def _enter(root: str) -> None:
    number = _SYS_PIVOT_ROOT[os.uname().machine]
    os.makedirs(f"{root}/.old")
    _check(_libc().syscall(number, root.encode(), f"{root}/.old".encode()), "pivot_root")
    os.chdir("/")
    _check(_libc().umount2(b"/.old", _MNT_DETACH), "umount")
    os.rmdir("/.old")
    _mount("none", "/", None, _MS_BIND | _MS_REMOUNT | _MS_RDONLY | _MS_NOSUID | _MS_NODEV)
