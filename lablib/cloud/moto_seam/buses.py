"""EventBridge: moto keeps buses, rules, targets and archives; what it does with an event is not called any more.

moto's PutEvents raises for a Lambda target, delivers under the lock, and fires rules that are disabled or have a schedule alone.
Whoever listens gets the entries instead, and says what the answer is. What moto takes and AWS refuses (patterns, targets) is
refused as the listener says; TestEventPattern, which moto has not, is the listener's. A replay hands its archive's events to it.

Touches: `moto.events.models.EventsBackend`'s `put_events`, `put_targets`, `event_buses`, `archives`, `_get_event_bus`,
`_normalize_event_bus_arn`, `events_backends`, `EventBus.rules`, `Rule`'s attributes, `EventPatternParser.parse`, `.pattern`,
`Archive.events`, `.rule`, `Replay.replay_events` and attributes, `ReplayState`, `JsonRESTError`;
`moto.events.responses.EventsHandler`'s `put_events`, `test_event_pattern`, `_get_param`, `region`;
`moto.events.notifications._send_safe_notification`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from lablib.cloud.moto_seam import clockwork, engine

Entry = Mapping[str, Any]
Target = Mapping[str, Any]
Event = dict[str, Any]


class Refused(Exception):
    """A request that EventBridge refuses, with the code and the words of its answer (400)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class Rule:
    """A rule at one moment.

    Attributes
    ----------
    pattern
        None for a rule that has a schedule alone.
    archive
        The archive that this rule, which EventBridge made itself, writes to.
    """

    arn: str
    name: str
    region: str
    pattern: str | None
    targets: tuple[Target, ...]
    enabled: bool
    archive: str | None = None


@dataclass(frozen=True)
class Listener:
    """Who decides. Everything is called in moto's thread, under the lock.

    Attributes
    ----------
    put
        ``put(region, entries, own)``: take the entries of a PutEvents; return the entries of its answer. `own`: they come from an
        AWS service.
    replay
        ``replay(region, bus, event, rules)``: an archive's event again, for these rules, or for all (None).
    check_pattern, check_targets
        Raise `Refused`; `check_targets(ids that the rule has, targets)`.
    matches
        ``matches(pattern, event)``, both text: TestEventPattern.
    """

    put: Callable[[str, Sequence[Entry], bool], list[dict[str, Any]]]
    replay: Callable[[str, str, Event, frozenset[str] | None], None]
    check_pattern: Callable[[str], None]
    check_targets: Callable[[Sequence[str], Sequence[Target]], None]
    matches: Callable[[str, str], bool]


_listener: Listener | None = None


def listen(listener: Listener) -> None:
    """From here on `listener` decides."""
    global _listener
    _listener = listener
    clockwork.when_loaded("moto.events.models", _correct_models)
    clockwork.when_loaded("moto.events.responses", _correct_answers)
    clockwork.when_loaded("moto.events.notifications", _correct_notifications)


def rules_of(region: str, bus: str) -> tuple[Rule, ...] | None:
    """The rules of a bus, by its name; None if there is no such bus. The caller holds the lock."""
    from moto.events.models import events_backends

    backend = events_backends[engine.place.account][region]
    found = backend.event_buses.get(bus)
    if found is None:
        return None
    archives = {id(archive.rule): name for name, archive in backend.archives.items()}
    return tuple(_rule(rule, region, archives.get(id(rule))) for rule in found.rules.values())


def rule_of(arn: str) -> Rule | None:
    """The rule of this ARN; None if there is none. The caller need not hold the lock."""
    region, path = arn.split(":")[3], arn.partition(":rule/")[2]
    bus, _, name = path.rpartition("/")
    with engine.lock:
        rules = rules_of(region, bus or "default") or ()
    return next((rule for rule in rules if rule.name == name), None)


def _rule(rule: Any, region: str, archive: str | None) -> Rule:
    pattern = rule.event_pattern.dump() or None
    return Rule(rule.arn, rule.name, region, pattern, tuple(rule.targets), rule.state != "DISABLED", archive)


def keep(region: str, archive: str, event: Event, ingested: float) -> None:
    """Put an event into an archive. The caller holds the lock."""
    from moto.events.models import events_backends

    found = events_backends[engine.place.account][region].archives.get(archive)
    if found is not None:
        found.events.append((ingested, event))


# --- corrections --------------------------------------------------------------------


def _deciding() -> Listener:
    assert _listener is not None
    return _listener


def _correct_models(models: Any) -> None:
    backend = models.EventsBackend
    put_targets = backend.put_targets

    def refuse(refused: Refused) -> NoReturn:
        raise models.JsonRESTError(refused.code, refused.message)

    def checked_put_targets(backend: Any, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]) -> None:
        bus = backend.event_buses.get(backend._normalize_event_bus_arn(event_bus_arn))
        rule = bus.rules.get(name) if bus is not None else None
        if rule is not None:
            try:
                _deciding().check_targets([target["Id"] for target in rule.targets], targets)
            except Refused as refused:
                refuse(refused)
        put_targets(backend, name, event_bus_arn, targets)

    def put_events(backend: Any, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        try:
            return _deciding().put(backend.region_name, events, True)
        except Refused as refused:
            refuse(refused)

    def parse(parser: Any) -> dict[str, Any]:
        if not parser.pattern:
            return {}
        try:
            _deciding().check_pattern(parser.pattern)
        except Refused as refused:
            refuse(refused)
        found: dict[str, Any] = json.loads(parser.pattern)
        return found

    backend.put_targets, backend.put_events = checked_put_targets, put_events
    models.EventPatternParser.parse = parse
    models.Replay.replay_events = _replaying(models)


def _replaying(models: Any) -> Callable[[Any, Any], None]:
    def replay_events(replay: Any, archive: Any) -> None:
        bus = replay.destination["Arn"].partition(":event-bus/")[2]
        rules = replay.destination.get("FilterArns")
        for ingested, event in list(archive.events):
            if float(replay.event_start_time) <= ingested <= float(replay.event_end_time):
                again = {**event, "replay-name": replay.name}
                _deciding().replay(replay.region, bus, again, frozenset(rules) if rules else None)
        replay.state, replay.end_time = models.ReplayState.COMPLETED, clockwork.now()

    return replay_events


def _correct_answers(responses: Any) -> None:
    from moto.core.exceptions import JsonRESTError

    def put_events(handler: Any) -> str:
        try:
            entries = _deciding().put(handler.region, handler._get_param("Entries") or [], False)
        except Refused as refused:
            raise JsonRESTError(refused.code, refused.message) from None
        return json.dumps({"FailedEntryCount": sum("ErrorCode" in entry for entry in entries), "Entries": entries})

    def test_event_pattern(handler: Any) -> str:
        try:
            result = _deciding().matches(handler._get_param("EventPattern") or "", handler._get_param("Event") or "")
        except Refused as refused:
            raise JsonRESTError(refused.code, refused.message) from None
        return json.dumps({"Result": result})

    responses.EventsHandler.put_events = put_events
    responses.EventsHandler.test_event_pattern = test_event_pattern


def _correct_notifications(notifications: Any) -> None:
    # moto's own calls to Lambda and Step Functions for a bucket that is made; S3 tells EventBridge of no such thing.
    notifications._send_safe_notification = lambda *args, **more: None
