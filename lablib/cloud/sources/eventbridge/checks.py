"""What EventBridge refuses of rules and their targets, in its words.

Those on inputs and templates are captured answers of 2024; those on roles, limits and dead-letter queues could not be confirmed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lablib.cloud.moto_seam.buses import Refused
from lablib.cloud.sources import patterns
from lablib.cloud.sources.eventbridge import inputs, paths
from lablib.cloud.sources.eventbridge.targets import Targets
from lablib.models import buses

Target = Mapping[str, Any]

# Targets that EventBridge calls in a role's name alone. BOTO PutTargets.
_WITH_ROLE = ("kinesis", "states", "firehose")
_INPUTS = ("Input", "InputPath", "InputTransformer")


def invalid(message: str) -> Refused:
    """A ``ValidationException``."""
    return Refused("ValidationException", message)


def check_pattern(text: str) -> None:
    """Raise `Refused` for a pattern that is not valid."""
    try:
        patterns.compile(text)
        json.loads(text)  # also what stands behind the pattern's last bracket, which the compiler does not look at
    except patterns.InvalidPattern as error:
        raise Refused(error.code, str(error)) from None
    except ValueError as error:
        raise Refused("InvalidEventPatternException", str(patterns.InvalidPattern(str(error)))) from None


def matches(pattern: str, event: str) -> bool:
    """TestEventPattern. Raises `Refused`."""
    check_pattern(pattern)
    try:
        found = json.loads(event)
    except ValueError:
        raise invalid("Parameter Event is not valid.") from None
    if not isinstance(found, dict) or not {"id", "detail-type", "source", "account", "time", "region"} <= found.keys():
        raise invalid("Parameter Event is not valid.")
    return patterns.compile(pattern).matches(found)


def check_targets(present: Sequence[str], targets: Sequence[Target]) -> None:
    """Raise `Refused` for targets that a rule, which has those with the ids in `present`, may not get.

    Raises ``NotImplementedError`` for those that AWS sends to and this cloud does not.
    """
    for target in targets:
        arn = str(target["Arn"])
        if arn.count(":") >= 5 and not Targets.has(arn):
            raise NotImplementedError(f"targets of EventBridge like {arn}")
        _check_input(target)
        _check_delivery(target)
    if len({*present, *(target["Id"] for target in targets)}) > buses.RULE_TARGETS:
        raise Refused("LimitExceededException", "The requested resource exceeds the maximum number allowed.")


def _check_input(target: Target) -> None:
    name = target["Id"]
    if sum(bool(target.get(member)) for member in _INPUTS) > 1:
        raise invalid(f"Only one of Input, InputPath, or InputTransformer must be provided for target {name}.")
    if target.get("Input"):
        try:
            json.loads(target["Input"])
        except ValueError as error:
            raise invalid(f"JSON syntax error in input for target {name} : {error}") from None
    if target.get("InputPath"):
        _check_path(target["InputPath"], name, "InputPath")
    if target.get("InputTransformer"):
        _check_transformer(target["InputTransformer"], name)


def _check_path(path: str, name: str, member: str) -> None:
    try:
        paths.steps_of(path)
    except paths.BadPath:
        raise invalid(f"Invalid {member} for target {name}.") from None


def _check_transformer(transformer: Mapping[str, Any], name: str) -> None:
    given = transformer.get("InputPathsMap") or {}
    template = str(transformer.get("InputTemplate") or "")
    for path in given.values():
        _check_path(path, name, "InputTransformer")
    if not template:
        raise invalid(f"InputTransformer.InputTemplate must be provided for target {name}.")
    for variable in inputs.variables_of(template):
        if variable not in given and variable not in inputs.PREDEFINED:
            raise invalid(f"InputTemplate for target {name} contains invalid placeholder {variable}.")
    document = inputs.is_document(template)
    filled = inputs.fill(template, {variable: "" for variable in inputs.variables_of(template)}, document)
    try:
        # A string may have several lines, each with its quotes: "For Strings, quotes are required."
        for text in [filled] if document else [line for line in filled.splitlines() if line.strip()]:
            json.loads(text, strict=False)
    except ValueError as error:
        raise invalid(f"Invalid InputTemplate for target {name} : {error}") from None


def _check_delivery(target: Target) -> None:
    name, arn = target["Id"], str(target["Arn"])
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    if service in _WITH_ROLE and not target.get("RoleArn"):
        raise invalid(f"RoleArn is required for target {arn}.")
    letters = (target.get("DeadLetterConfig") or {}).get("Arn")
    if letters and (letters.split(":")[2:3] != ["sqs"] or letters.endswith(".fifo")):
        raise invalid(f"Parameter DeadLetterConfig.Arn is not valid for target {name}. Reason: It must be a standard SQS queue.")
