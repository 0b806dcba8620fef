"""A bucket's notification configuration: its XML, and what S3 refuses in one.

Sources: "Enabling and configuring event notifications" and "Configuring event notifications using object key name filtering", S3
User Guide, 2026; the errors' words and arguments from captured answers, 2016 to 2025, as far as a line does not say otherwise.
"""

from __future__ import annotations

import base64
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from itertools import combinations
from xml.sax.saxutils import escape

from lablib.cloud.authentication.refusals import Style, error
from lablib.cloud.moto_seam.buckets import Configuration, Rule
from lablib.cloud.web import Answer
from lablib.models import limits
from lablib.models.s3_events import NAMES, covered, meant

_XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"
# Of each service: its element, and in it the one with the ARN.
_ELEMENTS = {
    "sns": ("TopicConfiguration", "Topic"), "sqs": ("QueueConfiguration", "Queue"),
    "lambda": ("CloudFunctionConfiguration", "CloudFunction"),
}  # fmt: skip


class Invalid(Exception):
    """S3 refuses a configuration; `arguments` are what its answer names: (name, value) of each."""

    def __init__(self, message: str, *arguments: tuple[str, str], code: str = "InvalidArgument", numbered: bool = False) -> None:
        super().__init__(message)
        self.message, self.arguments, self.code, self.numbered = message, arguments, code, numbered

    def answer(self) -> Answer:
        """S3's answer."""
        plain, named = error(Style.S3, 400, self.code, self.message), ""
        for number, (name, value) in enumerate(self.arguments, 1):
            end = number if self.numbered else ""
            named += f"<ArgumentName{end}>{escape(name)}</ArgumentName{end}>"
            named += f"<ArgumentValue{end}>{escape(value)}</ArgumentValue{end}>"
        return Answer(plain.status, plain.headers, plain.body.replace(b"<RequestId>", named.encode() + b"<RequestId>", 1))


def concerns(rule: Rule, name: str, key: str) -> bool:
    """Whether a rule is about such an event, ``ObjectCreated:Put`` for example, of an object of this key."""
    return meant(rule.events, name) and key.startswith(rule.prefix or "") and key.endswith(rule.suffix or "")


def _malformed() -> Invalid:
    sentence = "The XML you provided was not well-formed or did not validate against our published schema"
    return Invalid(sentence, code="MalformedXML")


def parse(body: bytes, region: str) -> Configuration:
    """Read a PutBucketNotificationConfiguration for a bucket of this region; whether the destinations are there is not looked at.

    Raises
    ------
    Invalid
    """
    try:
        root = ET.fromstring(body)
    except ET.ParseError:
        raise _malformed() from None
    if _name(root) != "NotificationConfiguration":
        raise _malformed()
    rules: list[Rule] = []
    for element in root:
        service = next((service for service, names in _ELEMENTS.items() if names[0] == _name(element)), None)
        if service is not None:
            rules.append(_rule(element, service))
        elif _name(element) != "EventBridgeConfiguration":
            raise _malformed()
    _check(rules, region)
    return Configuration(tuple(rules), any(_name(element) == "EventBridgeConfiguration" for element in root))


def write(configuration: Configuration) -> bytes:
    """The XML of a configuration, as GetBucketNotificationConfiguration answers."""
    parts = [_written(rule) for service in _ELEMENTS for rule in configuration.rules if rule.service == service]
    if configuration.event_bridge:
        parts.append("<EventBridgeConfiguration/>")
    whole = f'<NotificationConfiguration xmlns="{_XMLNS}">{"".join(parts)}</NotificationConfiguration>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{whole}'.encode()


def _written(rule: Rule) -> str:
    outer, inner = _ELEMENTS[rule.service]
    events = "".join(f"<Event>{event}</Event>" for event in rule.events)
    filters = "".join(
        f"<FilterRule><Name>{name}</Name><Value>{escape(value)}</Value></FilterRule>"
        for name, value in (("Prefix", rule.prefix), ("Suffix", rule.suffix)) if value is not None
    )  # fmt: skip
    filtered = f"<Filter><S3Key>{filters}</S3Key></Filter>" if filters else ""
    return f"<{outer}><Id>{escape(rule.id)}</Id><{inner}>{escape(rule.arn)}</{inner}>{events}{filtered}</{outer}>"


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _texts(element: ET.Element, name: str) -> list[str]:
    return [(child.text or "").strip() for child in element if _name(child) == name]


def _rule(element: ET.Element, service: str) -> Rule:
    arns, events, ids = _texts(element, _ELEMENTS[service][1]), _texts(element, "Event"), _texts(element, "Id")
    if len(arns) != 1 or not events or len(ids) > 1:
        raise _malformed()
    filters = dict(_filters(element))
    given = ids[0] if ids and ids[0] else base64.b64encode(str(uuid.uuid4()).encode()).decode()
    return Rule(given, service, arns[0], tuple(events), filters.get("prefix"), filters.get("suffix"))


def _filters(element: ET.Element) -> Iterator[tuple[str, str]]:
    seen = set()
    rules = [rule for rule in element.iter() if _name(rule) == "FilterRule"]
    for rule in rules:
        given = {_name(child): child.text or "" for child in rule}
        if not {"Name", "Value"} <= given.keys():
            raise _malformed()
        name, value = given["Name"].strip().lower(), given["Value"]
        if name not in ("prefix", "suffix"):
            raise Invalid("filter rule name must be either prefix or suffix", ("FilterRule.Name", given["Name"]))
        if name in seen:
            raise Invalid(f"Cannot specify more than one {name} rule in a filter.", ("FilterRule.Name", name))
        if len(value.encode()) > limits.S3_KEY_BYTES:
            sentence = f"Size of filter rule value cannot exceed {limits.S3_KEY_BYTES} bytes in UTF-8 representation"
            raise Invalid(sentence, ("FilterRule.Value", value))
        seen.add(name)
        yield name, value


# --- what S3 refuses ----------------------------------------------------------------


def _check(rules: list[Rule], region: str) -> None:
    if len(rules) > limits.S3_NOTIFICATIONS:
        # The words are unconfirmed.
        raise Invalid("Configuration exceeds the maximum number of allowed notification configurations.")
    for rule in rules:
        for event in rule.events:
            if event not in NAMES:
                raise Invalid("The event is not supported for notifications", ("Event", event))
        _check_arn(rule, region)
    if len({rule.id for rule in rules}) < len(rules):
        repeated = next(rule.id for rule in rules if [other.id for other in rules].count(rule.id) > 1)
        raise Invalid("Same ID used for multiple configurations. IDs must be unique.", ("Id", repeated))
    for one, other in combinations(rules, 2):
        _check_overlap(one, other)


def _check_arn(rule: Rule, region: str) -> None:
    parts = rule.arn.split(":")
    element = _ELEMENTS[rule.service][1]
    if len(parts) < 6 or parts[0] != "arn" or parts[2] != rule.service or not all(parts[3:6]):
        raise Invalid("The ARN could not be parsed", (element, rule.arn))
    if parts[3] != region:
        sentence = "The notification destination service region is not valid for the bucket location constraint"
        raise Invalid(sentence, (element, rule.arn))


def _check_overlap(one: Rule, other: Rule) -> None:
    """No event may go to two destinations: not two rules for one event type whose prefixes and whose suffixes overlap."""
    if not _covered(one.events) & _covered(other.events):
        return
    if not (_begin_alike(one.prefix, other.prefix) and _end_alike(one.suffix, other.suffix)):
        return
    if (one.prefix, one.suffix, other.prefix, other.suffix) == (None,) * 4:
        sentence = "Configurations overlap. Configurations on the same bucket cannot share a common event type."
        raise Invalid(sentence, ("Event", f"{', '.join(one.events)}, {', '.join(other.events)}"))
    raise Invalid(
        "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for "
        "the same event type."
    )


def _covered(events: Iterable[str]) -> set[str]:
    return {name for event in events for name in covered(event)}


def _begin_alike(one: str | None, other: str | None) -> bool:
    first, second = one or "", other or ""
    return first.startswith(second) or second.startswith(first)


def _end_alike(one: str | None, other: str | None) -> bool:
    first, second = one or "", other or ""
    return first.endswith(second) or second.endswith(first)
