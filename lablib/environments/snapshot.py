"""The supervisor's end of a snapshot (bootstraps/lab_restore.py): orders to restore from it, and word of what became of each."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lablib.environments.spawning import OnMessage
from lablib.environments.spec import SnapshotLost

_LONGEST = 65536
_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid


@dataclass
class _Restored:
    """An environment's processes, while they say that they are there."""

    on_message: OnMessage
    hello: socket.socket | None
    expected: set[bytes]
    pids: dict[str, int]


class Snapshot:
    """A process that was initialised, and others are forked from.

    Parameters
    ----------
    on_ready
        Called once the process waits for orders.
    on_lost
        Called when it has ended, before those who were restored from it hear that they have.
    namespaces
        Each environment that is restored gets a PID namespace, with a process 1.

    Attributes
    ----------
    control
        The descriptor that the process is to get; `started` gives it back.
    pid
        The process, on the host; 0 until it is ready.
    """

    def __init__(self, on_ready: Callable[[], None], on_lost: Callable[[], None], *, namespaces: bool) -> None:
        self._expected = {b"runtime", b"init"} if namespaces else {b"runtime"}
        self._ours, self._theirs = _pair()
        self.control = self._theirs.fileno()
        self.pid = 0
        self._on_ready, self._on_lost = on_ready, on_lost
        self._restored: dict[str, _Restored] = {}
        self._alone = asyncio.Event()
        self._alone.set()
        asyncio.get_running_loop().add_reader(self._ours, self._readable)

    def started(self) -> None:
        """The process has its end of the socket."""
        self._theirs.close()

    @property
    def ready(self) -> bool:
        return self.pid > 0 and self._ours.fileno() >= 0

    def restore(self, name: str, order: dict[str, Any], log: int, on_message: OnMessage) -> None:
        """Make the processes of an environment; messages as the spawner's say what becomes of them.

        Raises
        ------
        SnapshotLost
            The snapshot's process is gone.
        """
        ours, theirs = _pair()
        self._restored[name] = _Restored(on_message, ours, set(self._expected), {"init": 0})
        self._alone.clear()
        try:
            if not self.ready:
                raise OSError("it has ended")
            socket.send_fds(self._ours, [json.dumps({"id": name, **order}).encode()], [log, theirs.fileno()])
        except OSError as error:
            self.forget(name)
            raise SnapshotLost(f"the snapshot cannot be restored: {error}") from error
        finally:
            theirs.close()
        asyncio.get_running_loop().add_reader(ours, self._hear, name)

    def forget(self, name: str) -> None:
        """An environment that was restored has ended, and everything below it."""
        restored = self._restored.pop(name, None)
        if restored is not None:
            _close(restored)
            with contextlib.suppress(OSError):
                self._ours.send(b"{}", socket.MSG_DONTWAIT)  # so that it reaps what was left
        if not self._restored:
            self._alone.set()

    async def unused(self) -> None:
        """Wait until no restored environment is left: their processes end with the snapshot's."""
        await self._alone.wait()

    def close(self) -> None:
        if self._ours.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._ours)
            self._ours.close()
        self._theirs.close()

    # --- what they say ----------------------------------------------------------------

    def _hear(self, name: str) -> None:
        """A process of a new environment: whose it is, the kernel says."""
        restored = self._restored[name]
        assert restored.hello is not None
        text, pid = _receive(restored.hello)
        if text in restored.expected:
            restored.expected.discard(text)
            restored.pids[text.decode()] = pid
            if not restored.expected:
                _close(restored)
                restored.on_message(dict(restored.pids))
        elif text:
            _close(restored)
            restored.on_message(json.loads(text))
        else:
            _close(restored)
            restored.on_message({"failed": "the snapshot's process ended while it was restored"})

    def _readable(self) -> None:
        text, pid = _receive(self._ours)
        if not text:
            self.close()
            self._on_lost()
            for restored in list(self._restored.values()):
                restored.on_message({"exit": int(signal.SIGKILL)})
            return
        message = json.loads(text)
        if "exit" not in message:
            self.pid = pid
            self._on_ready()
        elif (found := self._restored.get(message["id"])) is not None:
            while found.hello is not None:  # it said that it is there before it ended
                self._hear(message["id"])
            found.on_message(message)


def _pair() -> tuple[socket.socket, socket.socket]:
    """Sockets that keep messages apart; ours is told who sends."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs


def _receive(sock: socket.socket) -> tuple[bytes, int]:
    """(a message, the pid of its sender); (b"", 0) when there will be none."""
    try:
        text, ancillary, _, _ = sock.recvmsg(_LONGEST, socket.CMSG_SPACE(_CREDENTIALS.size))
    except OSError:
        return b"", 0
    sender = next((data for _, kind, data in ancillary if kind == socket.SCM_CREDENTIALS), None)
    return text, _CREDENTIALS.unpack(sender)[0] if text and sender is not None else 0


def _close(restored: _Restored) -> None:
    if restored.hello is not None:
        asyncio.get_running_loop().remove_reader(restored.hello)
        restored.hello.close()
        restored.hello = None
