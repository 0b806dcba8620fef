"""The functions of this cloud: their versions, their aliases, their states, their tags.

`$LATEST` is the version that changes; a number is a copy of `$LATEST` that never does, and is never given twice.

A new function is ``Pending`` and then ``Active``, an update ``InProgress`` and then ``Successful``; when that happens
the version gets a new ``RevisionId``, as on AWS.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any

from lablib.cloud.asynchronous.settings import EventInvokeConfig
from lablib.cloud.functions.aliases import Alias
from lablib.cloud.functions.code import CodeStore
from lablib.cloud.functions.code_signing import CodeSigning
from lablib.cloud.functions.layers import Layers
from lablib.cloud.functions.resource_policy import ResourcePolicy
from lablib.cloud.functions.urls import FunctionUrl
from lablib.cloud.functions.version import LATEST, FunctionVersion, State
from lablib.models.timestamps import timestamp

if TYPE_CHECKING:
    from lablib.cloud.clock import Clock
    from lablib.cloud.scaling.provisioned import Allocation


class NoSuchFunction(LookupError):
    """There is no such function, or it has no such version. `arn` is the ARN that was asked for."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"Function not found: {arn}")
        self.arn = arn


@dataclass
class Function:
    """A function: `$LATEST`, the published versions, aliases, tags, and whether a change is under way.

    `settled` is set while no state is ``Pending`` or ``InProgress``; `change` is held by the one update at a time. `before` is
    what `$LATEST` was until the update that is under way. `policies` are resource-based, by qualifier; None is the function's own.
    """

    latest: FunctionVersion
    before: FunctionVersion | None = None
    versions: dict[int, FunctionVersion] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    event_invoke: dict[str, EventInvokeConfig] = field(default_factory=dict)  # by qualifier
    recursive_loop: str = "Terminate"
    reserved_concurrency: int | None = None
    provisioned: dict[str, Allocation] = field(default_factory=dict)  # by qualifier
    next_version: int = 1
    tags: dict[str, str] = field(default_factory=dict)
    policies: dict[str | None, ResourcePolicy] = field(default_factory=dict)
    url_configs: dict[str | None, FunctionUrl] = field(default_factory=dict)  # by alias; None is the function's own
    code_signing: str | None = None  # the ARN of a configuration in `Functions.signing`
    published: tuple[int, str] | None = None  # the last number, and the generation of `$LATEST` then
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    change: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __iter__(self) -> Iterator[FunctionVersion]:
        """`$LATEST`, then the published versions in the order of their numbers."""
        yield self.latest
        yield from (self.versions[number] for number in sorted(self.versions))

    def find(self, qualifier: str | None) -> FunctionVersion | None:
        """The version that a qualifier names: without one `$LATEST`, of an alias its first version."""
        if qualifier in self.aliases:
            qualifier = self.aliases[qualifier].version
        if qualifier is None or qualifier == LATEST:
            return self.latest
        return self.versions.get(int(qualifier)) if qualifier.isdecimal() else None

    def forget(self, qualifier: str) -> None:
        """Drop what hangs on a version or an alias that is deleted."""
        for held in (self.aliases, self.event_invoke, self.provisioned):
            held.pop(qualifier, None)
        self.policies.pop(qualifier, None)
        self.url_configs.pop(qualifier, None)

    def revise(self) -> None:
        """Give a new ``RevisionId`` to `$LATEST`."""
        self.latest = replace(self.latest, revision_id=str(uuid.uuid4()))

    def set_runtime_updates(self, version: FunctionVersion, mode: str, pinned: str | None) -> None:
        """Say when a version's runtime is updated."""
        revised = replace(version, update_runtime_on=mode, pinned_runtime=pinned, revision_id=str(uuid.uuid4()))
        if version is self.latest:
            self.latest = revised
        else:
            self.versions[int(version.version)] = revised


class Functions:
    """All functions of this cloud.

    Parameters
    ----------
    packages : CodeStore
        Where their code is kept.
    clock : Clock
        The cloud's clock.
    account_id, region : str
        For ARNs.
    pending : float
        How long ``Pending`` and ``InProgress`` last, in seconds of the cloud's time. 0: until the answer that says so
        is on its way.
    chance : callable
        Draws a number evenly from [0, 1): which version an invocation of a weighted alias runs.
    """

    def __init__(
        self, packages: CodeStore, clock: Clock, *, account_id: str = "123456789012", region: str = "us-east-1",
        pending: float = 0.0, chance: Callable[[], float] = random.random,
    ) -> None:  # fmt: skip
        self.packages = packages
        self.layers = Layers(packages, account_id=account_id, region=region)
        self.signing = CodeSigning(account_id=account_id, region=region)
        self.account_id = account_id
        self.region = region
        self.pending = pending
        self._clock = clock
        self._chance = chance
        self._functions: dict[str, Function] = {}
        self._being_created: set[str] = set()
        self._listeners: list[Callable[[str], None]] = []
        self._generations = itertools.count(1)
        self._next_versions: dict[str, int] = {}  # of functions that were deleted
        self.era = 0  # how many times the cloud was emptied

    def arn(self, name: str, qualifier: str | None = None) -> str:
        """``arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]``."""
        arn = f"arn:aws:lambda:{self.region}:{self.account_id}:function:{name}"
        return f"{arn}:{qualifier}" if qualifier else arn

    def get(self, name: str, qualifier: str | None = None) -> FunctionVersion:
        """One version of a function: without a qualifier `$LATEST`, of an alias its first version. Raises `NoSuchFunction`."""
        function = self._functions.get(name)
        version = None if function is None else function.find(qualifier)
        if version is None:
            raise NoSuchFunction(self.arn(name, qualifier))
        return version

    def route(self, name: str, qualifier: str | None = None) -> FunctionVersion:
        """The version that one invocation runs: an alias' weights draw anew each time. Raises `NoSuchFunction`.

        Of `$LATEST` it is, until an update is through, what it was before (see `serving`).
        """
        function = self.function(name)
        alias = function.aliases.get(qualifier) if qualifier is not None else None
        return self.serving(self.get(name, qualifier if alias is None else alias.pick(self._chance())))

    def serving(self, version: FunctionVersion) -> FunctionVersion:
        """What an invocation of a version runs: of `$LATEST`, until an update is through, what it was before.

        Developer Guide, "Lambda function states", 2026.
        """
        function = self._functions.get(version.name)
        if function is None or function.before is None or version is not function.latest:
            return version
        return function.before

    def generations(self, name: str) -> set[str]:
        """Of a function's versions, as far as invocations use them. Empty if there is no such function."""
        function = self._functions.get(name)
        if function is None:
            return set()
        return {version.generation for version in (*function, function.before) if version is not None}

    def function(self, name: str) -> Function:
        """A function with all its versions. Raises `NoSuchFunction`."""
        try:
            return self._functions[name]
        except KeyError:
            raise NoSuchFunction(self.arn(name)) from None

    def __contains__(self, name: str) -> bool:
        return name in self._functions or name in self._being_created

    def __iter__(self) -> Iterator[Function]:
        """All functions, by name."""
        return iter([self._functions[name] for name in sorted(self._functions)])

    def __len__(self) -> int:
        return len(self._functions)

    def on_change(self, callback: Callable[[str], None]) -> None:
        """Have `callback(name)` called after a function changed in any way that running it depends on, or was deleted."""
        self._listeners.append(callback)

    def reserve(self, name: str) -> None:
        """Take a name for a function whose code is still being unpacked."""
        self._being_created.add(name)

    def unreserve(self, name: str) -> None:
        """Give a reserved name back, after the function was created or could not be."""
        self._being_created.discard(name)

    def create(self, first: FunctionVersion, tags: Mapping[str, str]) -> Function:
        """Add a function whose `$LATEST` is `first`, in state ``Pending``. Its packages count as in use already."""
        latest = self._stamped(first, state="Pending", last_update_status=None)
        function = Function(latest, tags=dict(tags), next_version=self._next_versions.pop(first.name, 1))
        self._functions[first.name] = function
        self._changing(function)
        return function

    def update(self, function: Function, **changes: Any) -> FunctionVersion:
        """Change attributes of `$LATEST`. A new package (``code_sha256``) or new layers (``opt``) count as in use already."""
        old = function.latest
        function.before = old
        function.latest = self._stamped(replace(old, **changes), state="Active", last_update_status="InProgress")
        self.release(replace(
            old, code_sha256=old.code_sha256 if "code_sha256" in changes else "", opt=old.opt if "opt" in changes else ""
        ))  # fmt: skip
        self._changing(function)
        return function.latest

    def publish(self, function: Function, description: str | None = None) -> FunctionVersion:
        """Publish `$LATEST`, or give back the version that was, if it was not updated since.

        `$LATEST` gets a new revision by it (captured answers of AWS, 2023). An update counts also where it changed nothing
        (captured, third party, 2026).
        """
        latest = function.latest
        if function.published is not None:
            number, generation = function.published
            if number in function.versions and generation == latest.generation:
                return function.versions[number]
        number = function.next_version
        function.next_version += 1
        for package in latest.packages:
            self.packages.acquire(package)
        version = replace(
            latest, version=str(number), qualified_arn=self.arn(latest.name, str(number)),
            description=latest.description if description is None else description,
            revision_id=str(uuid.uuid4()), generation=self._generation(),
        )  # fmt: skip
        if version.has_snapshot:  # which is made now
            version = replace(version, state="Pending", last_update_status="Successful")
        function.versions[number] = version
        function.published = (number, latest.generation)
        function.latest = replace(latest, revision_id=str(uuid.uuid4()))
        self._changed(latest.name)
        return version

    def snapshot_made(self, version: FunctionVersion) -> None:
        """A version's snapshot is there: it is ``Active``. Nothing happens if it was, or if the version is gone."""
        self._leave_pending(version, "Active", ("", ""))

    def snapshot_failed(self, version: FunctionVersion, code: str, reason: str) -> None:
        """A version's snapshot could not be made: it is ``Failed``, unless it was ``Active`` before."""
        self._leave_pending(version, "Failed", (code, reason))

    def _leave_pending(self, version: FunctionVersion, state: State, reason: tuple[str, str]) -> None:
        function = self._functions.get(version.name)
        number = int(version.version)
        now = None if function is None else function.versions.get(number)
        if function is not None and now is not None and (now.generation, now.state) == (version.generation, "Pending"):
            function.versions[number] = replace(now, state=state, state_reason=reason, revision_id=str(uuid.uuid4()))

    def tagged(self, function: Function) -> None:
        """A function's tags were set: `$LATEST` has a new revision and time, though it is the same (captured, third party, 2026)."""
        function.revise()
        function.latest = replace(function.latest, last_modified=self.timestamp())

    def put_alias(self, function: Function, alias: Alias) -> Alias:
        """Add or replace an alias, under a new revision."""
        stamped = replace(alias, revision_id=str(uuid.uuid4()))
        function.aliases[alias.name] = stamped
        return stamped

    def delete(self, name: str) -> None:
        """Delete a function with all its versions. Raises `NoSuchFunction`.

        Their numbers do not come back, not even to another function of the same name: Developer Guide, "Manage Lambda function
        versions", 2026.
        """
        function = self.function(name)
        del self._functions[name]
        if function.next_version > 1:
            self._next_versions[name] = function.next_version
        for version in function:
            self.release(version)
        function.settled.set()
        self._changed(name)

    def delete_version(self, name: str, number: int) -> None:
        """Delete one published version; nothing happens if there is none with this number."""
        version = self.function(name).versions.pop(number, None)
        if version is not None:
            self.function(name).forget(str(number))
            self.release(version)
            self._changed(name)

    def reset(self) -> None:
        """Forget every function and its code. Call it when no environment runs any more."""
        names = list(self._functions)
        self.era += 1
        self._functions.clear()
        self._being_created.clear()
        self._next_versions.clear()
        self.layers.clear()
        self.signing.clear()
        for name in names:
            self._changed(name)
        self.packages.clear()

    async def settle(self, name: str, timeout: float) -> None:
        """Wait, at most `timeout` seconds, until no change of this function is under way."""
        function = self._functions.get(name)
        if function is None or function.settled.is_set():
            return
        try:
            async with asyncio.timeout(timeout):
                await function.settled.wait()
        except TimeoutError:
            return  # the caller looks at the state and says what it is

    def now(self) -> float:
        """The cloud's time."""
        return self._clock.now()

    def timestamp(self) -> str:
        """Now, on the cloud's clock, as ``LastModified`` writes it: ``2026-11-23T08:00:00.000+0000``."""
        return timestamp(self._clock.now(), "+0000")

    def today(self) -> date:
        """The date on the cloud's clock, in UTC."""
        return datetime.fromtimestamp(self._clock.now(), timezone.utc).date()

    def release(self, version: FunctionVersion) -> None:
        """Count one user less of what a version keeps in the store."""
        for package in version.packages:
            self.packages.release(package)

    def code_size(self) -> int:
        """Bytes of code that the account keeps: of every version of every function and layer."""
        return self.layers.size() + sum(version.code_size for function in self for version in function)

    def _stamped(self, version: FunctionVersion, **changes: Any) -> FunctionVersion:
        return replace(
            version, revision_id=str(uuid.uuid4()), last_modified=self.timestamp(), generation=self._generation(),
            **changes,
        )  # fmt: skip

    def _generation(self) -> str:
        return f"g{next(self._generations)}"

    def _changing(self, function: Function) -> None:
        function.settled.clear()
        name, generation = function.latest.name, function.latest.generation

        def settled() -> None:
            if function.latest.generation == generation:
                self._settle(function)

        if self.pending:
            self._clock.after(self.pending, settled, f"the function {name} becomes Active")
        else:
            asyncio.get_running_loop().call_soon(settled)
        self._changed(name)

    def _settle(self, function: Function) -> None:
        function.latest = _at_rest(function.latest)
        function.versions = {number: _at_rest(version) for number, version in function.versions.items()}
        updated, function.before = function.before is not None, None
        function.settled.set()
        if updated:
            self._changed(function.latest.name)

    def _changed(self, name: str) -> None:
        for listener in self._listeners:
            listener(name)


def _at_rest(version: FunctionVersion) -> FunctionVersion:
    if version.has_snapshot:
        return version  # it is at rest when its snapshot is made
    if version.state == "Active" and version.last_update_status == "Successful":
        return version
    return replace(version, state="Active", last_update_status="Successful", revision_id=str(uuid.uuid4()))
