"""Event buses: which rules an event matches, and what starts then."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from lablib.cloud.moto_seam import buses, engine
from lablib.cloud.moto_seam.buses import Rule
from lablib.cloud.sources import patterns
from lablib.cloud.sources.context import SourceContext
from lablib.cloud.sources.eventbridge import checks, entries
from lablib.cloud.sources.eventbridge.delivering import Deliveries
from lablib.cloud.sources.eventbridge.inputs import Occasion
from lablib.cloud.sources.eventbridge.targets import StateMachines, Targets
from lablib.cloud.sources.underway import UnderWay
from lablib.models.timestamps import whole_seconds

Event = Mapping[str, Any]

_KEPT = 1000  # compiled patterns
NAMESPACE = "AWS/Events"  # of the metrics: EventBridge User Guide, "Monitoring Amazon EventBridge", 2026


class EventBridge:
    """The event buses of one cloud.

    PutEvents is answered as soon as its entries are read; everything else happens on the event loop after that.
    """

    def __init__(self, context: SourceContext, machines: StateMachines | None = None) -> None:
        self._context = context
        self._deliveries = Deliveries(context, Targets(context, self._forward, machines), self._count)
        self._compiled: dict[str, patterns.Pattern] = {}
        self._under_way = UnderWay(context.clock)
        buses.listen(buses.Listener(self._put, self._replay, checks.check_pattern, checks.check_targets, checks.matches))

    async def reset(self) -> None:
        """Forget every event."""
        await self._under_way.reset()
        await self._deliveries.reset()

    def run(self, rule_arn: str, event: Event, trace: str | None = None) -> None:
        """Have a rule's targets get an event, whatever its pattern says: its schedule is due. Returns at once."""
        self._under_way.start(self._run(rule_arn, event, trace), f"the targets of {rule_arn}")

    async def _run(self, rule_arn: str, event: Event, trace: str | None) -> None:
        rule = await engine.call(buses.rule_of, rule_arn)
        if rule is not None and rule.enabled:
            self._trigger(rule, event, trace, frozenset(), self._context.clock.now())

    # --- in moto's thread, under the lock -----------------------------------------------

    def _put(self, region: str, given: Sequence[entries.Entry], own: bool) -> list[dict[str, Any]]:
        entries.check_request(given)
        return [entries.refusal(entry, own) or self._taken(region, entry) for entry in given]

    def _taken(self, region: str, entry: entries.Entry) -> dict[str, str]:
        """One entry is on its bus. Of a bus that is not there AWS says nothing: captured, December 2024."""
        now, event_id = self._context.clock.now(), str(uuid.uuid4())
        bus = str(entry.get("EventBusName") or "default")
        if bus.startswith("arn:"):
            region = bus.split(":")[3]
        event = entries.event_of(entry, event_id, self._context.account, region, now)
        self._offer(region, bus.rpartition(":event-bus/")[2], event, entry.get("TraceHeader") or engine.trace, frozenset(), now)
        return {"EventId": event_id}

    def _replay(self, region: str, bus: str, event: dict[str, Any], only: frozenset[str] | None) -> None:
        again = {**event, "id": str(uuid.uuid4())}
        self._offer(region, bus, again, None, frozenset(), self._context.clock.now(), only)

    def _offer(
        self, region: str, bus: str, event: Event, trace: str | None, via: frozenset[str], now: float,
        only: frozenset[str] | None = None,
    ) -> None:  # fmt: skip
        """Hand an event and the rules of its bus, as they are now, to the event loop."""
        found = buses.rules_of(region, bus) or ()
        rules = tuple(rule for rule in found if rule.enabled and rule.pattern and (only is None or rule.arn in only))
        been = via | {f"arn:aws:events:{region}:{self._context.account}:event-bus/{bus}"}
        if rules:
            self._context.soon(self._arrived, rules, event, trace, been, now)

    # --- on the event loop --------------------------------------------------------------

    def _arrived(self, rules: tuple[Rule, ...], event: Event, trace: str | None, via: frozenset[str], now: float) -> None:
        for rule in rules:
            if self._pattern(rule.pattern or "").matches(event):
                self._count("MatchedEvents", rule.arn)
                self._trigger(rule, event, trace, via, now)

    def _trigger(self, rule: Rule, event: Event, trace: str | None, via: frozenset[str], now: float) -> None:
        if rule.archive is not None:
            self._keep(rule, event, now)
            return
        self._count("TriggeredRules", rule.arn)
        occasion = Occasion(rule.arn, rule.name, whole_seconds(now))
        for target in rule.targets:
            self._deliveries.deliver(target, event, occasion, trace, via)

    def _keep(self, rule: Rule, event: Event, now: float) -> None:
        keeping = engine.call(buses.keep, rule.region, rule.archive or "", dict(event), now)
        self._under_way.start(keeping, f"the archive {rule.archive}")

    async def _forward(self, bus: str, event: Event, trace: str | None, via: frozenset[str]) -> None:
        """An event goes on to another bus, as it is."""
        region, name = bus.split(":")[3], bus.rpartition(":event-bus/")[2]
        await engine.call(self._offer, region, name, event, trace, via, self._context.clock.now())

    def _pattern(self, text: str) -> patterns.Pattern:
        found = self._compiled.get(text)
        if found is None:
            if len(self._compiled) >= _KEPT:
                self._compiled.clear()
            found = self._compiled[text] = patterns.compile(text)
        return found

    def _count(self, metric: str, rule: str) -> None:
        bus, _, name = rule.partition(":rule/")[2].rpartition("/")
        of_rule = (("EventBusName", bus), ("RuleName", name)) if bus else (("RuleName", name),)
        for dimensions in ((), of_rule):
            self._context.metrics.add(metric, dimensions, 1.0, namespace=NAMESPACE)
