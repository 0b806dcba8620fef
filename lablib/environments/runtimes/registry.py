"""From a function's runtime identifier to the runtime that runs it."""

from __future__ import annotations

import asyncio
import importlib
import re
from pathlib import Path

from lablib.environments.runtimes.base import Runtime
from lablib.environments.spec import RuntimeUnavailable

# family -> (module of this package, class). A module is loaded when its runtime is first needed.
FAMILIES = {
    "python": ("python", "PythonRuntime"),
    "nodejs": ("nodejs", "NodeRuntime"),
    "provided": ("custom", "CustomRuntime"),
    "java": ("java", "JavaRuntime"),
    "ruby": ("ruby", "RubyRuntime"),
    "dotnet": ("dotnet", "DotnetRuntime"),
}


def family(runtime: str) -> str:
    """``nodejs`` of ``nodejs22.x``, ``provided`` of ``provided.al2023``."""
    found = re.match(r"[a-z]+", runtime)
    return found[0] if found else runtime


class Runtimes:
    """The runtimes of one data plane.

    Parameters
    ----------
    folder
        Where each gets its /var/runtime, in a folder of its family's name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, asyncio.Task[Runtime]] = {}

    async def of(self, runtime: str) -> Runtime:
        """The runtime of functions with this identifier.

        Raises
        ------
        RuntimeUnavailable
            This machine lacks its toolchain, or the local cloud does not run it at all. It is
            looked for again the next time: it may have been installed meanwhile.
        """
        name = family(runtime)
        if name not in FAMILIES:
            raise RuntimeUnavailable(
                f"The runtime {runtime} does not run in the local cloud. The function is stored, and runs on AWS."
            )
        if name not in self._made:
            self._made[name] = asyncio.ensure_future(asyncio.to_thread(make, name, self._folder / name))
        try:
            return await asyncio.shield(self._made[name])
        except RuntimeUnavailable as error:
            self._made.pop(name, None)
            raise RuntimeUnavailable(f"The runtime {runtime} cannot run on this machine: {error}") from None


def make(runtime: str, folder: Path) -> Runtime:
    """The runtime of an identifier; it takes its time. `folder`, not yet there, becomes its /var/runtime."""
    module, kind = FAMILIES[family(runtime)]
    made: Runtime = getattr(importlib.import_module(f"{__package__}.{module}"), kind)(folder)
    return made
