"""What is wrong with a state machine's definition, in AWS's words.

The words, the places and their order are those that others have got from ValidateStateMachineDefinition and CreateStateMachine
(2019 to 2026), but for those marked as unconfirmed. What passes here and moto's interpreter cannot read is refused in the
interpreter's words.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lablib.cloud.moto_seam.stepfunctions import executions, jsonata
from lablib.cloud.sources.stepfunctions.errors import StatesError
from lablib.models import states

_ARN = re.compile(r"arn:aws[a-z-]*:(lambda|states):[a-z0-9-]*:(\d{12})?:.+")
_SCHEMA, _TARGET = "SCHEMA_VALIDATION_FAILED", "MISSING_TRANSITION_TARGET"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: ``SCHEMA_VALIDATION_FAILED`` and the like, AWS's sentence, and where (``/States/First/Next``)."""

    code: str
    message: str
    location: str | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message} at {self.location or 'null'}"


# Of a Map state: what the interpreter cannot read, or reads and does nothing with.
_NOT_HERE = (
    "ItemBatcher", "ResultWriter", "ToleratedFailureCount", "ToleratedFailureCountPath", "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
)  # fmt: skip
_READ = {"InputType": ("JSON", "CSV"), "CSVHeaderLocation": None, "CSVHeaders": None, "MaxItems": None, "MaxItemsPath": None}


async def check(definition: str, type_: str) -> None:
    """Refuse a definition that AWS would refuse, or that would not do here what it says. Raises `StatesError`."""
    lacking = next(_lacking(definition), None)
    if lacking is not None:
        raise StatesError("NotImplemented", f"This local cloud's Step Functions has no {lacking} of Map states yet.")
    found = await problems(definition, type_)
    if found:
        raise StatesError("InvalidDefinition", f"Invalid State Machine Definition: '{', '.join(map(str, found))}'")


async def problems(definition: str, type_: str) -> list[Problem]:
    """Everything that is wrong with a definition."""
    try:
        read = json.loads(definition)
    except ValueError as error:
        return [Problem("INVALID_JSON_DESCRIPTION", str(error))]  # AWS's parser says it in words of its own
    if not isinstance(read, dict):
        return [Problem("INVALID_JSON_DESCRIPTION", "The definition is not a JSON object")]
    found = list(_machine(read, "", "JSONPath", express=type_ == "EXPRESS"))
    return found or await asyncio.to_thread(_by_interpreter, definition)


def _lacking(definition: str) -> Iterator[str]:
    """What a definition asks for that is not here."""
    try:
        waiting: list[Any] = [json.loads(definition)]
    except ValueError:
        return
    while waiting:
        machine = waiting.pop()
        named = machine.get("States") if isinstance(machine, dict) else None
        for state in named.values() if isinstance(named, dict) else ():
            if not isinstance(state, dict):
                continue
            branches = state.get("Branches")
            waiting += [state.get("ItemProcessor"), state.get("Iterator"), *(branches if isinstance(branches, list) else ())]
            if state.get("Type") == "Map":
                yield from (name for name in _NOT_HERE if name in state)
                yield from _not_read(state.get("ItemReader"))


def _not_read(reader: Any) -> Iterator[str]:
    """What of an ItemReader's ReaderConfig is not here."""
    config = reader.get("ReaderConfig") if isinstance(reader, dict) else None
    for name, value in config.items() if isinstance(config, dict) else ():
        known = _READ.get(name)
        if name not in _READ:
            yield f"ReaderConfig with {name}"
        elif known is not None and value not in known:
            yield f"ReaderConfig with {name} {value}"


def _by_interpreter(definition: str) -> list[Problem]:
    try:
        executions.program(definition)
    except Exception as error:  # the interpreter raises whatever it meets
        return [Problem(_SCHEMA, str(error))]
    return []


def _machine(machine: dict[str, Any], place: str, language: str, *, express: bool) -> Iterator[Problem]:
    """What is wrong with a state machine, or with a branch of one."""
    missing = [name for name in ("StartAt", "States") if name not in machine]
    if missing:
        yield _required(missing, place or "/")
        return
    named = machine["States"]
    if not isinstance(named, dict) or not all(isinstance(state, dict) for state in named.values()):
        yield Problem(_SCHEMA, "The field 'States' should be an object of objects", f"{place}/States")  # unconfirmed
        return
    language = machine.get("QueryLanguage", language)
    for name, state in named.items():
        yield from _state(state, f"{place}/States/{name}", language, express=express)
    yield from _graph(machine["StartAt"], named, place)


def _required(names: list[str], place: str) -> Problem:
    return Problem(_SCHEMA, f"These fields are required: [{', '.join(names)}]", place)


def _state(state: dict[str, Any], place: str, language: str, *, express: bool) -> Iterator[Problem]:
    kind = state.get("Type")
    if kind is None:
        yield _required(["Type"], place)
        return
    if kind not in states.FIELDS:
        yield Problem(_SCHEMA, f"The field 'Type' should have one of these values: [{', '.join(states.FIELDS)}]", f"{place}/Type")
        return
    if language == "JSONata" and state.get("QueryLanguage") == "JSONPath":
        yield Problem(_SCHEMA, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", place)
    own = state.get("QueryLanguage", language)
    yield from _fields(state, kind, place, own)
    if kind == "Task" and isinstance(state.get("Resource"), str):
        yield from _resource(state["Resource"], f"{place}/Resource", express=express)
    if own == "JSONata":
        yield from _expressions(state, place)
    for number, branch in enumerate(state.get("Branches", ()) if kind == "Parallel" else ()):
        yield from _machine(branch, f"{place}/Branches[{number}]", language, express=express)
    for name in ("ItemProcessor", "Iterator") if kind == "Map" else ():
        if isinstance(state.get(name), dict):
            yield from _processor(state[name], f"{place}/{name}", language, express=express)


def _processor(processor: dict[str, Any], place: str, language: str, *, express: bool) -> Iterator[Problem]:
    if "QueryLanguage" in processor:
        yield Problem(_SCHEMA, "Field 'QueryLanguage' is not supported", place)
    config = processor.get("ProcessorConfig", {})
    if config.get("Mode") == "DISTRIBUTED" and "ExecutionType" not in config:
        yield _required(["ExecutionType"], f"{place}/ProcessorConfig")
    yield from _machine(processor, place, language, express=express)


def _fields(state: dict[str, Any], kind: str, place: str, language: str) -> Iterator[Problem]:
    other = states.JSONATA_ONLY if language == "JSONPath" else states.JSONPATH_ONLY
    for name in state:
        if name not in states.FIELDS[kind] and name not in states.EVERYWHERE:
            yield Problem(_SCHEMA, f"Field '{name}' is not supported", place)
        elif name in other:
            theirs = "JSONata" if language == "JSONPath" else "JSONPath"
            sentence = f"The QueryLanguage is set to '{language}', but field '{name}' is only supported for the '{theirs}' QueryLanguage"
            yield Problem(_SCHEMA, sentence, place)
    missing = [name for name in states.REQUIRED.get(kind, ()) if name not in state]
    if kind == "Map" and not {"ItemProcessor", "Iterator"} & set(state):
        missing.append("ItemProcessor")
    if "Next" in states.FIELDS[kind] and not {"Next", "End"} & set(state):
        missing.append("Next")  # that AWS says just this where End would do as well is unconfirmed
    if missing:
        yield _required(missing, place)


def _resource(arn: str, place: str, *, express: bool) -> Iterator[Problem]:
    if not _ARN.fullmatch(arn):
        yield Problem(_SCHEMA, "Value is not a valid resource ARN", place)
    elif express and ":activity:" in arn:
        yield Problem(_SCHEMA, "Express state machine does not support Activity ARN", place)
    elif express and arn.rpartition(":states:::")[2].endswith((".sync", ".sync:2", ".waitForTaskToken")):
        pattern = arn.rpartition(".")[2]
        yield Problem(_SCHEMA, f"Express state machine does not support '.{pattern}' service integration", place)


def _expressions(value: Any, place: str) -> Iterator[Problem]:
    """What JSONata's own parser says of the expressions of one state, but not of those inside it."""
    if isinstance(value, str) and value.startswith("{%") and value.endswith("%}"):
        wrong = jsonata.syntax_error(value[2:-2].strip())
        if wrong is not None:
            yield Problem(_SCHEMA, wrong, place)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name not in ("Branches", "ItemProcessor", "Iterator"):
                yield from _expressions(item, f"{place}/{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _expressions(item, f"{place}[{number}]")


# --- where a state goes -----------------------------------------------------------------


def _targets(state: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
    """Every state that a state may go to, and where that stands."""
    for name in ("Next", "Default"):
        if isinstance(state.get(name), str):
            yield state[name], f"{place}/{name}"
    for name in ("Choices", "Catch"):
        for number, rule in enumerate(state.get(name) or ()):
            if isinstance(rule, dict) and isinstance(rule.get("Next"), str):
                yield rule["Next"], f"{place}/{name}[{number}]/Next"


def _graph(start: Any, named: dict[str, Any], place: str) -> Iterator[Problem]:
    if start not in named:
        yield Problem(_TARGET, f"Missing 'Next' target: {start}", f"{place}/StartAt")
    reached = {start}
    for name, state in named.items():
        for target, at in _targets(state, f"{place}/States/{name}"):
            reached.add(target)
            if target not in named:
                yield Problem(_TARGET, f"Missing 'Next' target: {target}", at)
    if not any(state.get("End") is True or state.get("Type") in ("Succeed", "Fail") for state in named.values()):
        yield Problem("MISSING_END_STATE", "Workflow has no terminal state")
        return
    for name in named:
        if name not in reached:
            yield Problem(_TARGET, f'State "{name}" is not reachable.', f"{place}/States/{name}")
