"""What SNS refuses of messages and of subscriptions' attributes, in its words: answers captured in 2023 to 2025."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lablib.cloud.moto_seam.topics import Refused
from lablib.cloud.sources.sns import filters
from lablib.models import buses, limits


def check_message(
    message: str, subject: str | None, structure: str | None, attributes: Mapping[str, Mapping[str, str]]
) -> None:  # fmt: skip
    """Raise `Refused` for a message that may not be published."""
    if not message:
        raise Refused("Invalid parameter: Empty message")
    size = _bytes(message) + sum(
        _bytes(name) + _bytes(value["Type"]) + _bytes(str(value["Value"])) for name, value in attributes.items()
    )
    if size > limits.TOPIC_MESSAGE_BYTES:
        raise Refused("Invalid parameter: Message too long")
    if subject is not None and not _may_be_subject(subject):
        raise Refused("Invalid parameter: Subject")
    if structure == "json":
        _check_structure(message)


def _bytes(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))


def _may_be_subject(subject: str) -> bool:
    return 0 < len(subject) <= buses.SUBJECT_CHARACTERS and not any(ord(character) < 32 for character in subject)


def _check_structure(message: str) -> None:
    try:
        content = json.loads(message)
    except ValueError:
        raise Refused("Invalid parameter: Message Structure - JSON message body failed to parse") from None
    if not isinstance(content, dict) or not isinstance(content.get("default"), str):
        raise Refused("Invalid parameter: Message Structure - No default entry in JSON message body")


def check_attribute(name: str, value: str, attributes: Mapping[str, Any]) -> None:
    """Raise `Refused`, without the beginning of SNS's sentence, for a subscription's attribute."""
    if name == "FilterPolicyScope" and value not in (filters.ATTRIBUTES, filters.BODY):
        raise Refused(f"FilterPolicyScope: Invalid value [{value}]. Please use either MessageBody or MessageAttributes")
    if name == "RawMessageDelivery" and value.lower() not in ("true", "false"):
        raise Refused(f"RawMessageDelivery: Invalid value [{value}]. Must be true or false.")
    if name == "FilterPolicy" and value:
        filters.check(value, attributes.get("FilterPolicyScope") or filters.ATTRIBUTES)
    if name == "RedrivePolicy" and value:
        _check_redrive(value, str(attributes.get("TopicArn", "")))


def _check_redrive(policy: str, topic: str) -> None:
    try:
        content = json.loads(policy)
    except ValueError as error:
        raise Refused(f"RedrivePolicy: failed to parse JSON. {error}") from None
    arn = str(content.get("deadLetterTargetArn", "")) if isinstance(content, dict) else ""
    parts = arn.split(":")
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "sqs":
        raise Refused("RedrivePolicy: deadLetterTargetArn is an invalid arn")
    if topic.endswith(".fifo") and not arn.endswith(".fifo"):  # the words are unconfirmed
        raise Refused("RedrivePolicy: must use a FIFO queue as DLQ for a FIFO topic")
