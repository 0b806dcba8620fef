"""An environment's processes, meters, log pipe and Runtime API: the hardware, so to say.

What happens to them becomes events, which environment.py waits for:
what the runtime says (runtime_api.py), ``exit`` with how, ``failed`` with why, ``memory``,
``disk``, ``deadline``, and ``snapshot`` when the processes wait to be restored from (snapshot.py).
"""

from __future__ import annotations

import asyncio
import math
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lablib.environments import processes
from lablib.environments.folders import folder_bytes, remove_tree
from lablib.environments.host import Host
from lablib.environments.logpipe import LogPipe
from lablib.environments.meter import LONGEST_CHECK_S, CpuShare, Usage
from lablib.environments.runtime_api import Event, RuntimeApi
from lablib.environments.runtimes import Runtime
from lablib.environments.spawner.plan import Plan
from lablib.environments.spawning import Spawner, wait_reason
from lablib.environments.spec import DataPlaneError, EnvironmentSpec
from lablib.models import limits

_DISK_CHECK_S = 0.1
_DISK_CHECK_REST = 20
_KILL_CHECK_S = 0.001


class Machine:
    """The processes of one environment.

    Parameters
    ----------
    folder
        The environment's own on the host; removed at the end.
    on_log
        Takes the function's log events.
    """

    def __init__(
        self,
        spec: EnvironmentSpec,
        host: Host,
        spawner: Spawner,
        runtime: Runtime,
        folder: Path,
        on_log: Callable[[list[str]], None],
    ) -> None:
        self.spec = self._spec = spec
        self._host, self._spawner, self._runtime, self._folder = host, spawner, runtime, folder
        self.tmp = folder / "tmp"
        self.began_at = 0.0
        self.log = LogPipe(on_log)
        try:
            self.api = RuntimeApi(self._put)
        except OSError:
            self.log.close()
            raise
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._asked_early: Event | None = None
        self._pid = self._init = 0
        self._starting = False
        self._stopped: list[int] = []
        self._known: set[int] = set()
        self._cpu = CpuShare(limits.vcpus(spec.memory_mb), host.cores)
        self._usage = Usage()
        self._metered = False
        self._paused = False
        self._tick: asyncio.TimerHandle | None = None
        self._disk_at = 0.0
        self._tmp_was_full = False

    def _put(self, event: Event) -> None:
        if event[0] == "next" and not self._pid:
            # Which process asks is still on its way, by another socket (a restored one waits for its process 1 too):
            # what is not known could not be frozen, and would look dead.
            self._asked_early = event
        else:
            self._events.put_nowait(event)

    # --- start and end --------------------------------------------------------------

    def start(self) -> None:
        """Start the runtime process; what becomes of it are events."""
        while not self._events.empty():
            self._events.get_nowait()
        self._asked_early = None
        if self._init and not processes.runs(self._init):
            self._init = 0  # it was killed, and with it its namespaces: others are made
        self._usage = Usage()  # Max Memory Used starts anew with new processes (captured logs after an out of memory, 2026)
        try:
            self._launch()
        except DataPlaneError as error:  # the package cannot be started, or there is no snapshot any more
            self._put(("failed", str(error)))
            return
        self._starting = True
        self._watch(metered=False)

    def _launch(self) -> None:
        self._spawner.start(self._plan(), self.log.write_fd, self._on_message)

    def _plan(self) -> Plan:
        folders: dict[str, str] = {}
        # Without parents: where they are gone, so is the cloud, and nothing is to come back.
        self._folder.mkdir(exist_ok=True)
        (self._folder / "tmp").mkdir(exist_ok=True)
        self.tmp.mkdir(exist_ok=True)
        layers = [str(layer) for layer in self._spec.layers]
        if not self._host.namespaces:
            nothing = self._folder / "opt"
            nothing.mkdir(exist_ok=True)
            folders = {
                "/tmp": str(self.tmp),
                "/var/task": str(self._spec.code),
                "/var/runtime": str(self._runtime.folder),
                "/opt": layers[0] if layers else str(nothing),
            }
        launch = self._runtime.launch(self._spec, folders)
        shown = {**launch.shown, **{path: path for path in folders.values()}}
        environ = {**self._spec.environ, "AWS_LAMBDA_RUNTIME_API": self.api.address, **launch.environ}
        for name, path in launch.search.items():  # the interpreter's own goes before the function's
            if path not in environ.get(name, "").split(":"):
                environ[name] = f"{path}:{environ[name]}" if name in environ else path
        return Plan(
            self._spec.id, launch.argv, environ, self._host.namespaces, str(self._folder), str(self._spec.code),
            layers, shown, self._spec.ephemeral_mb, self._init,
        )  # fmt: skip

    def _on_message(self, message: dict[str, Any]) -> None:
        if "runtime" in message:
            self._pid, self._init = message["runtime"], message["init"]
            self.began_at = asyncio.get_running_loop().time()
            if self._asked_early is not None:
                self._put(self._asked_early)
                self._asked_early = None
        elif "exit" in message:
            self._ended()
            self._put(("exit", wait_reason(message["exit"])))
        elif "failed" in message:
            if not self._pid:
                self._ended()
            self._put(("failed", self._named(message["failed"])))

    def _named(self, text: str) -> str:
        """Without namespaces: the package's folder by the name that the function's author knows."""
        return text.replace(str(self._spec.code), "/var/task")

    def _ended(self) -> None:
        self._pid, self._starting = 0, False
        self.log.drain(over=True)

    async def kill(self) -> None:
        """End every process; the environment stays, and its /tmp, unless that is why: nobody could empty it."""
        self._unwatch()
        # Also where the runtime is not there yet, and where it is gone but what it started is not.
        while (pids := self._pids()) or self._starting:
            processes.send(pids, signal.SIGKILL)
            await asyncio.sleep(_KILL_CHECK_S)
        self.log.drain(over=True)
        if self._tmp_was_full:
            self._tmp_was_full = False
            remove_tree(self.tmp)
        self._stopped = []
        self.api.forget()

    async def close(self) -> None:
        """End everything and leave nothing."""
        self._unwatch()
        await self.kill()
        if self._init:
            processes.send([self._init], signal.SIGKILL)
        self._spawner.forget(self._spec.id)
        await self.api.close()
        self.log.close()
        remove_tree(self._folder)

    def _pids(self) -> list[int]:
        """The runtime and everything it started, process 1 of its namespace aside."""
        found = [self._pid, *processes.descendants(self._pid)] if self._pid else []
        if self._init:
            found += processes.descendants(self._init)  # what lost its parent
        elif not self._host.namespaces:
            found += self._strays()
            self._known = set(found)
        return found

    def _strays(self) -> list[int]:
        """Without namespaces: processes that lost their parent, known by a variable they carry.

        Or, where they have cleared their environment, from the last look, when they had their parent.
        """
        found: list[int] = []
        parent, mark = self._of_strays()
        for pid in processes.children(parent):
            if pid != self._pid and (pid in self._known or processes.carries(pid, mark)):
                found += [pid, *processes.descendants(pid)]
        return found

    def _of_strays(self) -> tuple[int, str]:
        """Who becomes their parent, and what they carry."""
        return self._spawner.pid, self._spec.id

    # --- freeze and thaw ------------------------------------------------------------

    def freeze(self) -> None:
        """Stop every process between invocations, also one that was being made meanwhile."""
        self._unwatch()
        processes.send([self._pid], signal.SIGSTOP)  # from now on it makes no more
        frozen = {self._pid} if self._pid else set()
        while new := [pid for pid in self._pids() if pid not in frozen]:
            processes.send(new, signal.SIGSTOP)
            frozen.update(new)
        self._stopped = list(frozen)

    def leave_alone(self) -> None:
        """Look at the processes no more: they wait, and do nothing."""
        self._unwatch()

    def thaw(self) -> None:
        """Continue them, and hold them to their limits from now on."""
        processes.send(self._stopped, signal.SIGCONT)
        self._watch(metered=True)

    # --- limits ---------------------------------------------------------------------

    def _watch(self, *, metered: bool) -> None:
        loop = asyncio.get_running_loop()
        self._metered = metered and self._host.cpu_share and self._cpu.limited
        self._paused = False
        if self._metered:
            self._cpu.begin(loop.time(), *self._used(self._stopped))
        self._disk_at = loop.time() + _DISK_CHECK_S
        self._tick = loop.call_later(self._cpu.check_in() if self._metered else LONGEST_CHECK_S, self._check)

    def _unwatch(self) -> None:
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None
        if self._paused:
            self._paused = False
            processes.send(self._stopped, signal.SIGCONT)

    def _check(self) -> None:
        """One look at the processes; sets the next one."""
        loop = asyncio.get_running_loop()
        pids, now = self._pids(), loop.time()
        limit = self._spec.memory_mb * limits.MB
        if self._usage.memory_bytes(pids, limit) > limit:
            processes.send(pids, signal.SIGKILL)
            self._put(("memory", None))
            return
        if not self._host.namespaces and now >= self._disk_at:
            if self._tmp_is_full():
                return
            # Of many thousand files each look takes long, and nothing else is done meanwhile.
            self._disk_at = loop.time() + max(_DISK_CHECK_S, _DISK_CHECK_REST * (loop.time() - now))
        delay = self._hold_back(pids, now) if self._metered else LONGEST_CHECK_S
        self._tick = loop.call_later(delay, self._check)

    def _used(self, pids: list[int]) -> tuple[float, float]:
        """CPU seconds that were used, and seconds that were waited for a CPU."""
        return self._usage.cpu_seconds(pids), self._usage.waited_seconds(pids)

    def _hold_back(self, pids: list[int], now: float) -> float:
        """Stop or continue for the CPU share; seconds until the next look."""
        pause = self._cpu.account(now, *self._used(pids))
        if pause > 0:
            processes.send(pids, signal.SIGSTOP)
            self._stopped, self._paused = pids, True
            return pause
        if self._paused:
            processes.send(self._stopped, signal.SIGCONT)
            self._paused = False
        return self._cpu.check_in()

    def _tmp_is_full(self) -> bool:
        if folder_bytes(self.tmp) <= self._spec.ephemeral_mb * limits.MB:
            return False
        processes.send(self._pids(), signal.SIGKILL)
        self._tmp_was_full = True
        self._put(("disk", None))
        return True

    def peak_mb(self) -> int:
        """Max Memory Used, in MB: never more than the function has.

        Of the processes of the last freeze, and of a runtime that was started since (after a
        reset); what the handler started meanwhile is in the samples.
        """
        pids = {self._pid, *self._stopped} - {0}
        peak = math.ceil(self._usage.close(list(pids)) / limits.MB)
        return min(peak, self._spec.memory_mb)

    # --- events -----------------------------------------------------------------------

    def died_while_frozen(self) -> bool:
        """Whether the runtime ended since the last invocation; forgets what else is left over."""
        died = not processes.runs(self._pid)  # word of it may still be on its way
        while not self._events.empty():
            kind, _ = self._events.get_nowait()
            died = died or kind in ("exit", "failed")
        return died

    async def event(self, deadline: float) -> Event:
        """The next event, or ``("deadline", None)`` when the loop's clock reaches `deadline`."""
        if not self._events.empty():
            return self._events.get_nowait()
        timer = asyncio.get_running_loop().call_at(deadline, self._put, ("deadline", None))
        try:
            return await self._events.get()
        finally:
            timer.cancel()
