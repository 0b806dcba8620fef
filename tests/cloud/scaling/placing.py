"""Placement and provisioned concurrency without processes: a data plane that only keeps names, on a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lablib.cloud.clock import Clock
from lablib.cloud.functions import LATEST, Function, FunctionVersion
from lablib.cloud.functions.aliases import Alias
from lablib.cloud.scaling.concurrency import Concurrency
from lablib.cloud.scaling.placement import Placement
from lablib.cloud.scaling.provisioned import Environments, Provisioning
from lablib.environments import DataPlaneError, EnvironmentSpec, Initialized

NOW = 1_795_000_000.0


class FakeDataPlane:
    """Makes environments that are nothing. `broken` makes none; `bad` are versions whose INIT fails; `hold` keeps every INIT."""

    def __init__(self) -> None:
        self.made: dict[str, EnvironmentSpec] = {}
        self.broken = False
        self.bad: set[str] = set()
        self.hold: asyncio.Event | None = None
        self.starting = self.most_starting = 0

    async def create(self, spec: EnvironmentSpec) -> None:
        await asyncio.sleep(0)
        if self.broken:
            raise DataPlaneError("no more processes")
        self.made[spec.id] = spec

    async def initialized(self, name: str) -> Initialized:
        self.starting += 1
        self.most_starting = max(self.most_starting, self.starting)
        try:
            await (self.hold.wait() if self.hold is not None else asyncio.sleep(0))
        finally:
            self.starting -= 1
        if name not in self.made:
            raise DataPlaneError("the environment was ended while it initialised")
        version = self.made[name].environ["AWS_LAMBDA_FUNCTION_VERSION"]
        return Initialized("error" if version in self.bad else "success", 1.0)

    async def destroy(self, name: str) -> None:
        self.made.pop(name, None)

    async def destroy_all(self) -> None:
        self.made.clear()


class FakeFunctions(dict[str, Function]):
    """As much of `Functions` as provisioned concurrency looks at."""

    def function(self, name: str) -> Function:
        return self[name]

    def generations(self, name: str) -> set[str]:
        return {version.generation for version in self[name]} if name in self else set()


def version(name: str = "f", number: str = LATEST, generation: str = "g1") -> FunctionVersion:
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    return FunctionVersion(
        name=name, version=number, arn=arn, qualified_arn=f"{arn}:{number}", runtime="python3.12", handler="f.h", role="",
        memory_size=128, timeout=3, ephemeral_storage=512, architecture="x86_64", environment={}, layers=(), code=Path("/nowhere"),
        code_sha256="", code_size=0, package_type="Zip", description="", log_group=f"/aws/lambda/{name}", revision_id="",
        last_modified="", generation=f"{name}-{number}-{generation}",
    )  # fmt: skip


class Places:
    """Everything that places invocations in one account."""

    def __init__(self, concurrency: int = 1000) -> None:
        self.plane, self.clock = FakeDataPlane(), Clock(lambda: NOW)
        self.concurrency, self.functions = Concurrency(concurrency), FakeFunctions()
        plane: Any = self.plane
        functions: Any = self.functions
        self.credentials = asyncio.Event()  # cleared: environments wait for theirs
        self.credentials.set()
        self.placement = Placement(plane, self.clock, self._variables, self.concurrency)
        made = Environments(self.placement.start, plane.initialized, self.placement.offer, self.placement.retire)
        self.provisioning = Provisioning(functions, self.concurrency, made, self.clock)
        self.placement.on_failed = self.provisioning.failed
        self.acquire, self.release = self.placement.acquire, self.placement.release

    def function(self, name: str = "f", versions: int = 2, **aliases: str) -> Function:
        """A function with versions 1, 2, …, and aliases by the numbers they point to."""
        function = self.functions[name] = Function(latest=version(name))
        function.versions = {number: version(name, str(number)) for number in range(1, versions + 1)}
        function.aliases = {alias: Alias(alias, number, "", "") for alias, number in aliases.items()}
        return function

    def changed(self, name: str) -> None:
        """What the cloud does when a function changed."""
        self.placement.changed(name, self.functions.generations(name))
        self.provisioning.changed(name)

    async def rest(self) -> None:
        """Until nothing is at work."""
        await self.clock.rest(5)
        for _ in range(5):
            await asyncio.sleep(0)

    def made(self, kind: str = "provisioned-concurrency") -> Iterator[str]:
        """The versions of the environments that there are, of one initialization type."""
        return (spec.environ["AWS_LAMBDA_FUNCTION_VERSION"] for spec in self.plane.made.values() if spec.initialization_type == kind)

    async def _variables(self, version: FunctionVersion, _: str) -> dict[str, str]:
        await self.credentials.wait()
        return {"AWS_LAMBDA_FUNCTION_VERSION": version.version}
