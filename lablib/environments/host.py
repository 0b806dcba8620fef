"""What this machine can do for environments, found out by trying."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lablib.environments import processes
from lablib.environments.spawner import landlock
from lablib.environments.spawner.plan import Plan
from lablib.environments.spawning import Spawner
from lablib.environments.spec import DataPlaneError

_PROBE_S = 5.0


@dataclass(frozen=True)
class Host:
    """Facts that ``doctor`` shows.

    Attributes
    ----------
    namespaces
        Each environment has a root and a PID namespace of its own.
    reason
        Why not, when not.
    landlock
        The kernel's Landlock ABI; 0 where there is none. Used without namespaces.
    cores
        CPUs this process may use, a container's quota in mind: no function gets more, whatever its memory.
    cpu_share
        Whether CPU is held to the share that memory buys.
    """

    namespaces: bool
    reason: str
    landlock: int
    cores: float
    cpu_share: bool

    def to_wire(self) -> dict[str, Any]:
        return asdict(self)


def cores(quota: Path = Path("/sys/fs/cgroup/cpu.max")) -> float:
    """CPUs this process may be scheduled on, or its container's quota (cgroup v2) when that is less."""
    usable = float(len(os.sched_getaffinity(0)) if sys.platform == "linux" else (os.cpu_count() or 1))
    if not quota.exists():
        return usable
    allowed, period = quota.read_text().split()
    return usable if allowed == "max" else min(usable, int(allowed) / int(period))


async def look(spawner: Spawner, *, isolation: str, cpu_share: bool) -> Host:
    """Try namespaces with a process that does nothing, unless `isolation` is ``"off"``."""
    reason = "switched off (--isolation off)"
    if isolation != "off":
        reason = await _why_no_namespaces(spawner)
    return Host(not reason, reason, landlock.version(), cores(), cpu_share)


async def _why_no_namespaces(spawner: Spawner) -> str:
    """An empty string when they work."""
    if sys.platform != "linux":
        return f"{sys.platform} has none"
    with tempfile.TemporaryDirectory(prefix="lablib-probe-") as folder:
        Path(folder, "task").mkdir()
        plan = Plan(
            id="probe", argv=[shutil.which("true") or "/bin/true"], environ={}, namespaces=True, folder=folder,
            task=f"{folder}/task", tmp_mb=1,
        )  # fmt: skip
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        init = 0

        def on_message(message: dict[str, Any]) -> None:
            nonlocal init
            init = message.get("init", init)
            if not ended.done() and ("exit" in message or "failed" in message):
                ended.set_result(str(message.get("failed", "" if message.get("exit") == 0 else "a process in them fails")))

        log = os.open(os.devnull, os.O_WRONLY)
        spawner.start(plan, log, on_message)
        os.close(log)
        try:
            return await asyncio.wait_for(ended, _PROBE_S)
        except TimeoutError:
            raise DataPlaneError("the process that makes environments does not answer") from None
        finally:
            spawner.forget("probe")
            if init:
                processes.send([init], signal.SIGKILL)
