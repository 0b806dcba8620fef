"""The supervisor: parent of every environment, and nothing else.

A process of its own, because timers beside moto or a learner's cell would be late.
Run by DataPlane as ``python -m lablib.environments.supervisor OPTIONS``. It ends, with
everything below it and its folder, when its control socket or the kernel's pipe closes.

Frames in: ``create``, ``initialized``, ``invoke``, ``taken`` (of a streamed response), ``destroy``. Frames
out: ``ready`` with the host's facts, ``log``, ``stream`` with a piece, and one ``reply`` to each but ``taken``.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from lablib.environments import host as hosts
from lablib.environments import processes
from lablib.environments.environment import Environment
from lablib.environments.folders import remove_tree
from lablib.environments.machine import Machine
from lablib.environments.restored import RestoredMachine, SnapshotMachine
from lablib.environments.runtimes import Runtimes
from lablib.environments.spawning import Spawner
from lablib.environments.spec import DataPlaneError, EnvironmentSpec, Invocation, LogItem, SnapshotLost
from lablib.environments.streams import Outflow
from lablib.environments.wire import FrameProtocol

_LOG_DELAY_S = 0.05
_KILL_CHECK_S = 0.001
# Open files of an environment: its listener, its pipe, its connection, and a few for a moment. Those that are kept free let
# the others be looked after and ended.
_FILES_EACH, _FILES_SPARE = 8, 64


class Supervisor:
    """Keeps the environments; speaks with the cloud."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._folder = Path(options["folder"])
        self._runtimes = Runtimes(self._folder / "runtimes")
        self._spawner: Spawner | None = None
        self._host: hosts.Host | None = None
        self._environments: dict[str, Environment] = {}
        self._tasks: dict[str, set[asyncio.Task[None]]] = {}
        self._outflows: dict[int, Outflow] = {}
        self._logs: dict[str, list[LogItem]] = {}
        self._flush: asyncio.TimerHandle | None = None
        self._protocol = FrameProtocol(self._on_frame, self._stop)
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Serve until told, or left alone."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, lambda: None)  # a Ctrl-C is the cloud's to handle
        loop.add_signal_handler(signal.SIGTERM, self._stop)
        if (lifeline := self._options.get("lifeline")) is not None:
            loop.add_reader(lifeline, self._on_lifeline, lifeline)
        processes.adopt_orphans()  # of the spawner, should it be killed
        control = socket.socket(fileno=self._options["control"])
        await loop.create_unix_connection(lambda: self._protocol, sock=control)
        self._spawner = Spawner(self._on_spawner_lost)
        options = {name: self._options[name] for name in ("isolation", "cpu_share")}
        host, _ = await asyncio.gather(hosts.look(self._spawner, **options), self._runtimes.of("python"))
        self._host = host
        self._protocol.send({"ready": host.to_wire()})
        gc.freeze()
        await self._stopped.wait()
        await self._leave_nothing()

    def _stop(self) -> None:
        self._stopped.set()

    def _on_lifeline(self, lifeline: int) -> None:
        if not os.read(lifeline, 4096):
            asyncio.get_running_loop().remove_reader(lifeline)
            self._stop()

    def _on_spawner_lost(self) -> None:
        """No environment is left, and none can be made: the cloud is to start another supervisor.

        It answers whoever waits, since nothing more is said from here.
        """
        processes.send(processes.marked(self._environments), signal.SIGKILL)  # what runtimes started
        self._protocol.close()

    async def _leave_nothing(self) -> None:
        await asyncio.gather(*(self._destroy(name) for name in list(self._environments)))
        if self._spawner is not None:
            self._spawner.close()
        while left := processes.descendants(os.getpid()):
            processes.send(left, signal.SIGKILL)
            processes.reap()
            await asyncio.sleep(_KILL_CHECK_S)
        remove_tree(self._folder)

    # --- frames ---------------------------------------------------------------------

    def _on_frame(self, message: dict[str, Any], payload: bytes) -> None:
        name, number = message["environment"], message["number"]
        if message["op"] == "taken":
            if (outflow := self._outflows.get(number)) is not None:
                outflow.taken(message["bytes"])
            return
        work: Awaitable[dict[str, Any]]
        if message["op"] == "create":
            work = self._create(EnvironmentSpec.from_wire(message["spec"]))
        elif message["op"] == "invoke":
            work = self._invoke(name, number, Invocation(payload=payload, **message["invocation"]), message["streaming"])
        elif message["op"] == "initialized":
            work = self._initialized(name)
        else:
            work = self._destroy(name)
        task = asyncio.ensure_future(self._answer(number, name, work))
        if message["op"] != "destroy":
            self._tasks.setdefault(name, set()).add(task)
            task.add_done_callback(lambda done: self._forget(name, done))

    def _forget(self, name: str, done: asyncio.Task[None]) -> None:
        tasks = self._tasks.get(name, set())
        tasks.discard(done)
        if not tasks:
            self._tasks.pop(name, None)

    async def _answer(self, number: int, name: str, work: Awaitable[dict[str, Any]]) -> None:
        """Every order gets exactly one reply, whatever becomes of it."""
        try:
            reply = await work
        except DataPlaneError as error:
            reply = {"error": str(error), "kind": type(error).__name__}
        except asyncio.CancelledError:
            reply = {"error": "the cloud was emptied while the function ran", "kind": "DataPlaneError"}
        except Exception as error:  # a bug of ours must not leave a caller waiting
            reply = {"error": f"{type(error).__name__}: {error}", "kind": "DataPlaneError"}
        payload = reply.pop("payload", b"")
        logs = [item.to_wire() for item in self._logs.pop(name, [])]
        self._protocol.send({"reply": number, "environment": name, "log": logs, **reply}, payload)
        if "outcome" in reply and name in self._environments:
            # In this turn of the loop, so before any other order; the caller need not wait for it.
            self._environments[name].rest()

    async def _create(self, spec: EnvironmentSpec) -> dict[str, Any]:
        """Make it and begin its INIT; the reply does not wait for INIT's end."""
        runtime = await self._runtimes.of(spec.runtime)
        _check_files(len(self._environments))
        assert self._host is not None and self._spawner is not None
        folder = self._folder / f"environment-{spec.id}"
        environment: Environment

        def on_log(events: list[str]) -> None:
            environment.on_log(events)

        arguments = (spec, self._host, self._spawner, runtime, folder, on_log)
        if spec.is_snapshot:
            machine: Machine = SnapshotMachine(*arguments)
        elif spec.restored_from is not None:
            machine = RestoredMachine(*arguments, self._snapshot(spec.restored_from))
        else:
            machine = Machine(*arguments)
        environment = Environment(spec, machine, lambda items: self._on_log(spec.id, items))
        self._environments[spec.id] = environment
        task = asyncio.ensure_future(environment.initialize())
        self._tasks.setdefault(spec.id, set()).add(task)
        return {}

    def _snapshot(self, name: str) -> Machine:
        environment = self._environments.get(name)
        if environment is None:
            raise SnapshotLost("the snapshot that the environment was to be restored from is gone")
        return environment.machine

    async def _invoke(self, name: str, number: int, invocation: Invocation, streaming: bool) -> dict[str, Any]:
        if name not in self._environments:
            raise DataPlaneError("the execution environment was ended before the function ran")
        outflow = None
        if streaming:
            outflow = self._outflows[number] = Outflow(
                lambda message, piece: self._protocol.send({"stream": number, **message}, piece)
            )
        try:
            outcome = await self._environments[name].invoke(invocation, outflow)
        finally:
            self._outflows.pop(number, None)
        return {"outcome": outcome.to_wire(), "payload": outcome.payload}

    async def _initialized(self, name: str) -> dict[str, Any]:
        if name not in self._environments:
            raise DataPlaneError("there is no such environment")
        return {"initialized": (await self._environments[name].initialized()).to_wire()}

    async def _destroy(self, name: str) -> dict[str, Any]:
        for task in self._tasks.pop(name, set()):  # also one that is about to make it
            task.cancel()
        environment = self._environments.pop(name, None)
        if environment is not None:
            await environment.destroy()
        return {}

    # --- logs -----------------------------------------------------------------------

    def _on_log(self, name: str, items: list[LogItem]) -> None:
        """Collected for a moment: they go with the reply, or after 50 ms."""
        self._logs.setdefault(name, []).extend(items)
        if self._flush is None:
            self._flush = asyncio.get_running_loop().call_later(_LOG_DELAY_S, self._flush_logs)

    def _flush_logs(self) -> None:
        self._flush = None
        logs, self._logs = self._logs, {}
        for name, items in logs.items():
            self._protocol.send({"environment": name, "log": [item.to_wire() for item in items]})


def _check_files(environments: int) -> None:
    """Raise DataPlaneError where another environment would take the last open files."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or _FILES_EACH * (environments + 1) + _FILES_SPARE <= limit:
        return
    if len(os.listdir("/dev/fd")) + _FILES_EACH + _FILES_SPARE > limit:
        raise DataPlaneError(
            f"this machine lets the local cloud have {limit} open files, too few for one more execution environment beside "
            f"{environments} others. Raise the limit where the cloud is started (ulimit -n), or invoke fewer at a time."
        )


def main() -> None:
    asyncio.run(Supervisor(json.loads(sys.argv[1])).run())


if __name__ == "__main__":
    main()
