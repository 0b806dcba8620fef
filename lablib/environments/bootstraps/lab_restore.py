"""SnapStart: an initialised function that waits, and is forked for each environment that is restored from it.

AWS's runtime client asks for /restore/next when INIT and the before-snapshot hooks are done. Here that call
ends in a copy of the process with its main thread alone (threads of INIT are not restored; on Lambda they are),
which waits for orders. Each order forks it: the call returns in the new process, and the after-restore hooks run.
What a program holds is copied, as on Lambda: random state, open connections, what it has read from a clock.

An order is a JSON object with two descriptors, the environment's log and a socket on which its processes
say that they are there (the kernel tells their numbers); without descriptors it means that an environment has
ended. With namespaces each environment gets a PID namespace and a /tmp of its own, filled with the snapshot's.
Without, the environments of one version share one Landlock domain.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import select
import signal
import socket
import struct
import sys
import types

TYPE_CHECKING = False  # typing itself would cost every cold start milliseconds
if TYPE_CHECKING:
    from typing import Any

_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWPID = 0x20000, 0x10000000, 0x20000000
_MS_NOSUID, _MS_NODEV = 2, 4
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_CAPABILITY_VERSION_3 = 0x20080522
_REAP_MS = 5000  # what restored environments leave behind is reaped at least so often
_LOG_DESCRIPTORS = (1, 2, 3)


def install(control: Any, folders: Any, load_client: Any) -> None:
    """Let the runtime client's restore_next() wait here; before it is loaded.

    `control` is the socket on which orders come. `load_client` gives the client's C part, which
    keeps the Runtime API's address that it finds when it is loaded: each restored process loads its own.
    """
    later = types.ModuleType("runtime_client")
    later.initialize_client = lambda user_agent: None  # type: ignore[attr-defined]
    sys.modules["runtime_client"] = later
    from awslambdaric import lambda_runtime_client as clients

    def restore_next(client: Any) -> None:
        order = _wait_as_snapshot(control, bool(folders))
        os.environ.update(order["environ"])
        client.lambda_runtime_address = os.environ["AWS_LAMBDA_RUNTIME_API"]
        del sys.modules["runtime_client"]
        clients.runtime_client = load_client()
        clients.runtime_client.initialize_client(clients._user_agent())

    clients.BaseLambdaRuntimeClient.restore_next = restore_next


def _wait_as_snapshot(control: Any, shared: Any) -> Any:
    """Returns in restored processes alone: the order that made each."""
    sys.stdout.flush()
    sys.stderr.flush()
    # Python gives a forked process other random numbers; a restored one goes on with the snapshot's.
    module = sys.modules.get("random")
    state = None if module is None else module.getstate()
    os.set_inheritable(control, False)
    if os.fork():
        _only_wait()
    _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _call("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    gc.collect()
    gc.freeze()
    order = _Snapshot(socket.socket(fileno=control), shared).serve()
    if module is not None:
        module.setstate(state)
    return order


def _only_wait() -> None:
    """The process that INIT ran in: its threads are gone, and it is only there to be its copy's parent."""
    for program in ("/usr/bin/sleep", "/bin/sleep"):
        if os.access(program, os.X_OK):
            os.execve(program, ["sleep", "2147483647"], {})
    while True:
        signal.pause()


class _Snapshot:
    def __init__(self, control: Any, shared: Any) -> None:
        self._control, self._shared = control, shared
        self._runtimes: Any = {}  # pidfd -> (pid, environment)

    def serve(self) -> Any:
        self._control.send(b"{}")
        while True:
            poll = select.poll()
            for descriptor in (self._control.fileno(), *self._runtimes):
                poll.register(descriptor, select.POLLIN)
            for descriptor, _ in poll.poll(_REAP_MS if self._runtimes else None):
                if descriptor in self._runtimes:
                    self._tell_end(descriptor)
                else:
                    order = self._obey()
                    if order is not None:
                        return order
            self._reap_others()

    def _obey(self) -> Any:
        """Fork for an order; the order itself, in the process that it made."""
        text, descriptors, _, _ = socket.recv_fds(self._control, 65536, 2)
        if not text:
            os._exit(0)
        if not descriptors:
            return None  # an environment has ended: what it left is to be reaped
        order, (log, hello) = json.loads(text), descriptors
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)  # as received, every program would keep it
        pid = self._fork(order, log, hello)
        if not pid:
            self._become(order, log, hello)
            return order
        os.close(log)
        os.close(hello)
        if pid > 0:
            self._runtimes[os.pidfd_open(pid)] = (pid, order["id"])
        return None

    def _tell_end(self, descriptor: Any) -> None:
        pid, name = self._runtimes.pop(descriptor)
        os.close(descriptor)
        _, status = os.waitpid(pid, 0)
        self._control.send(json.dumps({"id": name, "exit": status}).encode())

    def _reap_others(self) -> None:
        known = {pid for pid, _ in self._runtimes.values()}
        while True:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if found is None or found.si_pid in known:
                return
            os.waitpid(found.si_pid, 0)

    # --- one restored environment -------------------------------------------------------

    def _fork(self, order: Any, log: Any, hello: Any) -> Any:
        """The new runtime's pid; 0 in it; -1 when none could be made (the socket says why)."""
        if self._shared:
            return os.fork()
        told, tell = os.pipe()
        maker = os.fork()
        if not maker:
            try:
                return self._make_namespaces(order, hello, tell)
            except BaseException as error:
                os.write(hello, json.dumps({"failed": f"the snapshot cannot be restored: {error}"}).encode())
                os._exit(1)
        os.close(tell)
        text = os.read(told, 16)
        os.close(told)
        os.waitpid(maker, 0)
        return int(text or b"-1")

    def _make_namespaces(self, order: Any, hello: Any, tell: Any) -> Any:
        """In the maker, which ends here: its children are process 1 and the runtime, and only the runtime returns."""
        uid, gid = os.getuid(), os.getgid()
        old_tmp = os.open("/tmp", os.O_RDONLY | os.O_DIRECTORY)
        _call("unshare", _CLONE_NEWUSER | _CLONE_NEWNS)
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
        _call("mount", b"tmpfs", b"/tmp", b"tmpfs", _MS_NOSUID | _MS_NODEV, f"size={order['tmp_mb']}m,mode=1777".encode())
        if os.listdir(old_tmp):
            os.set_inheritable(old_tmp, True)
            _copy(f"/proc/self/fd/{old_tmp}", "/tmp")
        os.close(old_tmp)
        _call("unshare", _CLONE_NEWPID)  # not before: its first process is the next child, and is to stay
        if not os.fork():
            _be_process_1(hello)
        runtime = os.fork()
        if not runtime:
            os.close(tell)
            _call("mount", b"proc", b"/proc", b"proc", _MS_NOSUID | _MS_NODEV, None)
            _drop_capabilities()
            return 0
        os.write(tell, str(runtime).encode())
        os._exit(0)

    def _become(self, order: Any, log: Any, hello: Any) -> None:
        """The last steps of a restored process, before it goes on where the snapshot stands."""
        for descriptor in self._runtimes:
            os.close(descriptor)
        self._control.close()
        os.setsid()
        for descriptor in _LOG_DESCRIPTORS:
            os.dup2(log, descriptor)
        os.close(log)
        gc.unfreeze()
        if self._shared:
            _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            _call("prctl", _PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
            if order["snapshot_tmp"]:
                _copy(order["snapshot_tmp"], order["tmp"])
            sys.modules["mapped_paths"].move("/tmp", order["tmp"])
        os.write(hello, b"runtime")
        os.close(hello)


def _be_process_1(hello: Any) -> None:
    """Nothing but process 1: it reaps (SIGCHLD ignored), and its end is everybody's."""
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        null = os.open("/dev/null", os.O_RDWR)
        for descriptor in (0, *_LOG_DESCRIPTORS):
            os.dup2(null, descriptor)
        os.write(hello, b"init")
        _only_wait()
    finally:
        os._exit(127)


def _copy(source: Any, target: Any) -> None:
    """What INIT left in /tmp; by another program, since Python's own calls may be mapped."""
    program = next(path for path in ("/bin/cp", "/usr/bin/cp") if os.access(path, os.X_OK))
    pid = os.posix_spawn(program, ["cp", "-a", f"{source}/.", target], {})
    if os.waitpid(pid, 0)[1]:
        raise OSError(f"the snapshot's /tmp cannot be copied to {target}")


def _drop_capabilities() -> None:
    header, nothing = struct.pack("Ii", _CAPABILITY_VERSION_3, 0), bytes(24)
    _call("capset", header, nothing)


def _call(name: Any, *arguments: Any) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)
