"""The control plane's handle on the supervisor."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from lablib.environments import processes
from lablib.environments import spec as specs
from lablib.environments.folders import remove_tree
from lablib.environments.spec import (
    DataPlaneError,
    EnvironmentSpec,
    Initialized,
    Invocation,
    LogItem,
    Outcome,
    SupervisorLost,
)
from lablib.environments.streams import ResponseStream
from lablib.environments.wire import FrameProtocol

_START_S = 30.0
_STOP_S = 5.0
_CLEANING_TRIES, _CLEANING_PAUSE_S = 20, 0.1
_PACKAGE_ROOT = str(Path(__file__).resolve().parents[2])

OnLog = Callable[[str, list[LogItem]], None]


class DataPlane:
    """Execution environments, by their ids.

    Parameters
    ----------
    folder
        A folder of the data plane's own; it goes when the supervisor goes.
    isolation
        ``"auto"``: namespaces where the machine has them; ``"off"``: never.
    cpu_share
        Hold functions to the CPU that their memory buys.
    lifeline
        A descriptor that reaches its end when the kernel is gone.
    on_log
        Takes (environment id, log items), in order, before the invocation's answer.
    on_lost
        Called when the supervisor died, and all environments with it. The next
        `create` starts another.
    """

    def __init__(
        self,
        folder: Path,
        *,
        isolation: str = "auto",
        cpu_share: bool = True,
        lifeline: int | None = None,
        on_log: OnLog = lambda *_: None,
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self._folder = folder
        self._options = {"isolation": isolation, "cpu_share": cpu_share, "lifeline": lifeline}
        self._on_log, self._on_lost = on_log, on_lost
        self._replies: dict[int, asyncio.Future[tuple[dict[str, Any], bytes]]] = {}
        self._streams: dict[int, ResponseStream] = {}
        self._number = 0
        self._alive: set[str] = set()
        self._process: subprocess.Popen[bytes] | None = None
        self._protocol: FrameProtocol | None = None
        self._ready: asyncio.Future[dict[str, Any]] | None = None
        self._starting = asyncio.Lock()
        self._starts = 0
        self._closing = False
        self._cleaning: asyncio.Future[None] | None = None

    async def start(self) -> dict[str, Any]:
        """Start the supervisor if it does not run; the host's facts (host.Host)."""
        async with self._starting:
            if self._ready is None:
                self._ready = asyncio.get_running_loop().create_future()
                try:
                    await self._spawn()
                except OSError as error:
                    self._ready = None  # the next one tries again
                    raise DataPlaneError(f"the supervisor of the execution environments cannot be started: {error}") from error
            try:
                # Not by `asyncio.wait_for`: until Python 3.12 it drops a cancellation that finds the answer there.
                async with asyncio.timeout(_START_S):
                    return await asyncio.shield(self._ready)
            except TimeoutError:
                if self._process is not None:
                    self._process.kill()  # its end makes room for another
                raise DataPlaneError("the supervisor did not start within 30 s") from None

    async def _spawn(self) -> None:
        ours, theirs = socket.socketpair()
        self._starts += 1
        folder = self._plane_folder()
        options = {**self._options, "folder": str(folder), "control": theirs.fileno()}
        descriptors = [theirs.fileno()]
        if (lifeline := self._options["lifeline"]) is not None:
            descriptors.append(lifeline)  # type: ignore[arg-type]
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "lablib.environments.supervisor", json.dumps(options)],
                    pass_fds=descriptors,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                    env={"PYTHONPATH": _PACKAGE_ROOT, "LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", os.defpath)},
                )
            except OSError:
                ours.close()
                raise
        protocol = self._protocol = FrameProtocol(self._on_frame, lambda: self._lost(protocol))
        await asyncio.get_running_loop().create_unix_connection(lambda: protocol, sock=ours)

    def _plane_folder(self) -> Path:
        """What is the present supervisor's own."""
        return self._folder / f"data-plane-{self._starts}"

    # --- orders ---------------------------------------------------------------------

    async def create(self, spec: EnvironmentSpec) -> None:
        """Make an environment; its INIT goes on by itself.

        Raises
        ------
        RuntimeUnavailable
            This machine cannot run the function's runtime.
        """
        await self.start()
        self._alive.add(spec.id)
        try:
            await self._order({"op": "create", "environment": spec.id, "spec": spec.to_wire()})
        except DataPlaneError:
            self._alive.discard(spec.id)
            raise

    async def initialized(self, environment: str) -> Initialized:
        """Wait until an environment's INIT phase is over, and say how it went.

        Raises
        ------
        DataPlaneError
            The environment was ended meanwhile, or there is none of this id.
        """
        reply, _ = await self._order({"op": "initialized", "environment": environment})
        return Initialized(**reply["initialized"])

    async def invoke(
        self, environment: str, invocation: Invocation, stream: ResponseStream | None = None
    ) -> Outcome:  # fmt: skip
        """Run one event; waits for INIT first. What the function streams goes into `stream`, while it runs.

        Raises
        ------
        SupervisorLost
            The supervisor died meanwhile.
        """
        order = {"op": "invoke", "environment": environment, "invocation": invocation.to_wire()}
        reply, body = await self._order({**order, "streaming": stream is not None}, invocation.payload, stream)
        return Outcome.from_wire(reply["outcome"], body)

    async def destroy(self, environment: str) -> None:
        """End an environment and everything it left; one that is gone is no error."""
        if environment in self._alive:
            self._alive.discard(environment)
            with suppress(SupervisorLost):  # which ended it too
                await self._order({"op": "destroy", "environment": environment})

    async def destroy_all(self) -> None:
        await asyncio.gather(*(self.destroy(name) for name in list(self._alive)))

    async def close(self) -> None:
        """End the supervisor and all environments; returns when they are gone."""
        self._closing = True
        if self._process is None:
            return
        process = self._process
        if self._protocol is not None:
            self._protocol.close()
        try:
            await asyncio.to_thread(process.wait, _STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)

    async def _order(
        self, message: dict[str, Any], payload: bytes = b"", stream: ResponseStream | None = None
    ) -> tuple[dict[str, Any], bytes]:  # fmt: skip
        if self._protocol is None:
            raise SupervisorLost("the supervisor of the execution environments is gone")
        self._number += 1
        number = self._number
        future: asyncio.Future[tuple[dict[str, Any], bytes]] = asyncio.get_running_loop().create_future()
        self._replies[number] = future
        if stream is not None:
            self._streams[number] = stream
            stream.connect(lambda size: self._tell_taken(number, message["environment"], size))
        self._protocol.send({"number": number, **message}, payload)
        try:
            reply, body = await future
        finally:
            if self._streams.pop(number, None) is not None and stream is not None:
                stream.end()
        if "error" in reply:
            raise getattr(specs, reply["kind"], DataPlaneError)(reply["error"])
        return reply, body

    def _tell_taken(self, number: int, environment: str, size: int) -> None:
        if self._protocol is not None:
            self._protocol.send({"op": "taken", "number": number, "environment": environment, "bytes": size})

    # --- frames ---------------------------------------------------------------------

    def _on_frame(self, message: dict[str, Any], payload: bytes) -> None:
        if "ready" in message:
            assert self._ready is not None
            self._ready.set_result(message["ready"])
            return
        if "stream" in message:
            self._on_stream(message, payload)
            return
        if message["log"]:
            self._on_log(message["environment"], [LogItem.from_wire(item) for item in message["log"]])
        if "reply" in message:
            future = self._replies.pop(message["reply"])
            if not future.done():  # its caller may have been cancelled
                future.set_result((message, payload))

    def _on_stream(self, message: dict[str, Any], piece: bytes) -> None:
        stream = self._streams.get(message["stream"])
        if stream is None:
            return  # its caller was cancelled
        if "begun" in message:
            stream.begin(message["begun"])
        else:
            stream.put(piece)

    def _lost(self, protocol: FrameProtocol) -> None:
        if protocol is not self._protocol:
            return
        self._protocol = None
        ready, self._ready = self._ready, None
        if ready is not None and not ready.done():
            ready.set_exception(SupervisorLost("the supervisor ended while it was starting"))
        environments, self._alive = self._alive, set()
        replies, self._replies = self._replies, {}
        for future in replies.values():
            if not future.done():
                future.set_exception(SupervisorLost("the supervisor died, and every environment with it"))
        if not self._closing:
            # The spawner ends with its supervisor, and kills what is below it; this is for the case that it was killed too.
            processes.send(processes.marked(environments), signal.SIGKILL)
            self._cleaning = asyncio.ensure_future(self._clean_up(self._process, self._plane_folder()))
            self._on_lost()

    async def _clean_up(self, process: subprocess.Popen[bytes] | None, folder: Path) -> None:
        """What a supervisor that was killed could not do. Processes of its environments may write until they are dead too."""
        if process is not None:
            await asyncio.to_thread(process.wait)
        for _ in range(_CLEANING_TRIES):
            await asyncio.to_thread(remove_tree, folder)
            if not folder.exists():
                return
            await asyncio.sleep(_CLEANING_PAUSE_S)
