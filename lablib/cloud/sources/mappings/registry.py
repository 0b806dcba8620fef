"""The event source mappings of a cloud, and how each goes from state to state.

A change is asked for and takes effect a moment later (``serve --pending``: some seconds later), as on AWS: the answer says
``Creating``, ``Updating``, ``Enabling``, ``Disabling`` or ``Deleting``. To disable or delete takes until what runs has ended.
That one which is created disabled is ``Creating`` first, and that a function may go without its mappings, is unconfirmed.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterator

from lablib.cloud.api.errors import LambdaError, invalid_parameter, not_found, not_implemented
from lablib.cloud.clock import Clock
from lablib.cloud.sources.mappings.kinds import Kind
from lablib.cloud.sources.mappings.mapping import RESTING, Mapping, Settings, State

# Kafka, brokers of MQ, and DocumentDB.
_ELSEWHERE = ("kafka", "mq", "rds")
NOT_POLLED = "This local cloud polls queues of SQS and streams of Kinesis and DynamoDB, and not {what}."
_MISSING = "The resource you requested does not exist."


class Mappings:
    """Every event source mapping of one cloud.

    Parameters
    ----------
    pending
        How long a state that passes lasts, in seconds of the cloud's time.
    region, account
        For the mappings' ARNs.
    """

    def __init__(self, clock: Clock, *, pending: float, region: str, account: str) -> None:
        self._clock, self._pending = clock, pending
        self._prefix = f"arn:aws:lambda:{region}:{account}:event-source-mapping:"
        self._mappings: dict[str, Mapping] = {}
        self._kinds: dict[str, Kind] = {}

    def __iter__(self) -> Iterator[Mapping]:
        """All of them, in the order in which they were created."""
        return iter(self._mappings.values())

    def add_kind(self, kind: Kind) -> None:
        """Have mappings of this kind of source."""
        self._kinds[kind.service] = kind

    def kind(self, source_arn: str) -> Kind:
        """The kind of a source.

        Raises ``InvalidParameterValueException`` for one that no mapping can have, ``NotImplemented`` for one that AWS alone
        polls.
        """
        parts = source_arn.split(":")
        kind = self._kinds.get(parts[2]) if len(parts) > 5 else None
        if kind is None and len(parts) > 5 and parts[2] in _ELSEWHERE:
            raise not_implemented(NOT_POLLED.format(what=source_arn))
        if kind is None:
            raise invalid_parameter("Unrecognized event source.")
        return kind

    def get(self, name: str) -> Mapping:
        """The mapping of a UUID or an ARN. Raises ``ResourceNotFoundException``."""
        mapping = self._mappings.get(name.removeprefix(self._prefix))
        if mapping is None:
            raise not_found(_MISSING)
        return mapping

    def __contains__(self, mapping: Mapping) -> bool:
        return self._mappings.get(mapping.uuid) is mapping

    async def settled(self, name: str, patience: float) -> Mapping:
        """The same, once no change of it is under way; after `patience` seconds of real time as it is by then."""
        await self.settle(self.get(name), patience)
        return self.get(name)

    async def settle(self, mapping: Mapping, patience: float) -> None:
        """Wait, at most so many seconds of real time, until no change of a mapping is under way."""
        if not self._pending and not mapping.settled.is_set():
            try:
                async with asyncio.timeout(patience):
                    await mapping.settled.wait()
            except TimeoutError:
                return

    def function_changed(self, name: str) -> None:
        """A function is another than before, or gone, or there again."""
        for mapping in self._mappings.values():
            if mapping.name == name:
                mapping.poller.changed()

    # --- changes --------------------------------------------------------------------

    def create(
        self, kind: Kind, source_arn: str, function_arn: str, settings: Settings, *, enabled: bool, tags: dict[str, str]
    ) -> Mapping:
        """A new mapping; its poller starts when it is ``Enabled``, if it is to be."""
        number = str(uuid.uuid4())
        mapping = Mapping(
            number, self._prefix + number, kind, source_arn, function_arn, function_arn.split(":")[6], settings,
            "Creating", kind.reason, self._clock.now(), kind.first_result, dict(tags),
        )  # fmt: skip
        mapping.poller = kind.poller(mapping)
        self._mappings[number] = mapping
        self._go(mapping, "Creating", lambda: self._enabled(mapping) if enabled else self._disabled(mapping))
        return mapping

    def update(self, mapping: Mapping, settings: Settings, function_arn: str, *, enabled: bool | None) -> None:
        """Change a mapping. `enabled` None leaves it as it is."""
        was, wanted = mapping.enabled, mapping.enabled if enabled is None else enabled
        mapping.settings = settings
        mapping.function_arn, mapping.name = function_arn, function_arn.split(":")[6]
        mapping.poller.changed()
        if wanted and not was:
            self._go(mapping, "Enabling", lambda: self._enabled(mapping))
        elif was and not wanted:
            self._pause(mapping, "Disabling", lambda: self._disabled(mapping))
        else:
            self._go(mapping, "Updating", lambda: self._updated(mapping, "Enabled" if was else "Disabled"))

    def delete(self, mapping: Mapping) -> None:
        """Remove a mapping once what it runs has ended; it reads nothing more from now on."""
        self._pause(mapping, "Deleting", lambda: self._removed(mapping))

    @staticmethod
    def check_free(mapping: Mapping, verb: str) -> None:
        """Raise ``ResourceInUseException`` while a change is under way. The words are AWS's (captured, third party)."""
        if mapping.state not in RESTING:
            raise LambdaError("ResourceInUseException", f"Cannot {verb} the event source mapping because it is in use.")

    async def reset(self) -> None:
        """Forget all mappings; what they run is ended by others."""
        for mapping in self._mappings.values():
            mapping.poller.abandon()
            mapping.settled.set()
        self._mappings.clear()

    # --- states ---------------------------------------------------------------------

    def _go(self, mapping: Mapping, state: State, done: Callable[[], Awaitable[None] | None]) -> None:
        mapping.state, mapping.reason, mapping.last_modified = state, mapping.kind.reason, self._clock.now()
        mapping.settled.clear()
        self._clock.after(self._pending, done, f"the event source mapping {mapping.uuid} is {state}")

    def _pause(self, mapping: Mapping, state: State, then: Callable[[], None]) -> None:
        """`then`, when what runs has ended. Nothing new is read from this moment on."""
        stopped = asyncio.ensure_future(mapping.poller.stop())

        async def done() -> None:
            await stopped
            then()

        self._go(mapping, state, done)

    def _enabled(self, mapping: Mapping) -> None:
        if self._rests(mapping, "Enabled"):
            mapping.poller.start()

    def _updated(self, mapping: Mapping, state: State) -> None:
        self._rests(mapping, state)

    def _disabled(self, mapping: Mapping) -> None:
        self._rests(mapping, "Disabled")

    def _removed(self, mapping: Mapping) -> None:
        self._mappings.pop(mapping.uuid, None)
        mapping.settled.set()

    def _rests(self, mapping: Mapping, state: State) -> bool:
        if mapping not in self:
            return False  # the cloud was emptied meanwhile
        mapping.state, mapping.last_modified = state, self._clock.now()
        mapping.settled.set()
        return True
