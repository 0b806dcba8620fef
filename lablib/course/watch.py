"""Which calls the learner's function makes to Lambda, seen through botocore's own event system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

_EVENT: Final = "after-call.lambda"
"""botocore emits after-call.SERVICE.OPERATION with each parsed answer (botocore's topic guide on events)."""

_ASKS: Final = ("GetFunction", "GetFunctionConfiguration")
"""What the waiters call, and what a loop of the learner's own may call."""


@dataclass(frozen=True)
class Call:
    """One call that was answered: its operation, and what the answer says of the function.

    Attributes
    ----------
    operation : str
        "CreateFunction".
    state, last_update : str or None
        `State` ("Pending", "Active", ...) and `LastUpdateStatus` ("InProgress", "Successful", ...).
    """

    operation: str
    state: str | None = None
    last_update: str | None = None


class Watch:
    """The calls, in order, and how many AWS `refused`.

    It sees the clients among the notebook's variables, and those that boto3's default session makes.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.refused = 0
        self.open = True

    def __call__(self, *, model: Any, parsed: Mapping[str, Any], **_: Any) -> None:
        """botocore's handler. A client made meanwhile keeps it for good: closed, it notes nothing."""
        if self.open and "Error" in parsed:
            self.refused += 1
        elif self.open:
            about = parsed.get("Configuration", parsed)
            self.calls.append(Call(model.name, about.get("State"), about.get("LastUpdateStatus")))

    def made(self, operation: str) -> bool:
        """Whether such a call was made."""
        return any(call.operation == operation for call in self.calls)

    def asked_until_active(self) -> bool:
        """After the last CreateFunction an answer said Active. True when no CreateFunction was seen: nothing to judge."""
        return any(call.operation in _ASKS and call.state == "Active" for call in self._after("CreateFunction"))

    def asked_until_updated(self) -> bool:
        """Between the last UpdateFunctionCode and PublishVersion an answer said Successful.

        True when one of the two was not seen: `Publish=True` publishes with the update itself.
        """
        later = self._after("UpdateFunctionCode")
        published = [place for place, call in enumerate(later) if call.operation == "PublishVersion"]
        before = later[: published[0]] if published else [Call(_ASKS[0], last_update="Successful")]
        return any(call.operation in _ASKS and call.last_update == "Successful" for call in before)

    def _after(self, operation: str) -> list[Call]:
        places = [place for place, call in enumerate(self.calls) if call.operation == operation]
        if not places:
            return [Call(_ASKS[0], "Active", "Successful")]
        return self.calls[places[-1] + 1 :]


@contextmanager
def watched(namespace: Mapping[str, Any]) -> Iterator[Watch]:
    """Watch while the learner's function runs."""
    import boto3
    from botocore.client import BaseClient

    if boto3.DEFAULT_SESSION is None:
        boto3.setup_default_session()  # as boto3.client() does when it is first called
    clients = {id(value): value for value in namespace.values() if isinstance(value, BaseClient)}
    emitters = [boto3.DEFAULT_SESSION.events, *(client.meta.events for client in clients.values())]
    watch = Watch()
    for emitter in emitters:
        emitter.register(_EVENT, watch)
    try:
        yield watch
    finally:
        watch.open = False
        for emitter in emitters:
            emitter.unregister(_EVENT, watch)
