"""What is wrong with a state machine's definition, in AWS's words."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from lablib.cloud.moto_seam.stepfunctions import executions
from lablib.cloud.sources.stepfunctions.errors import StatesError


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: ``SCHEMA_VALIDATION_FAILED`` and the like, AWS's sentence, and where (``/States/First/Next``)."""

    code: str
    message: str
    location: str | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" + (f" at {self.location}" if self.location else "")


async def check(definition: str, type_: str) -> None:
    """Refuse a definition that AWS would refuse. Raises `StatesError`."""
    found = await problems(definition, type_)
    if found:
        raise StatesError("InvalidDefinition", f"Invalid State Machine Definition: '{', '.join(map(str, found))}'")


async def problems(definition: str, type_: str) -> list[Problem]:
    """Everything that is wrong with a definition."""
    try:
        read = json.loads(definition)
    except ValueError as error:
        return [Problem("INVALID_JSON_DESCRIPTION", str(error))]
    if not isinstance(read, dict):
        return [Problem("INVALID_JSON_DESCRIPTION", "The definition is not a JSON object")]
    return await asyncio.to_thread(_by_interpreter, definition)


def _by_interpreter(definition: str) -> list[Problem]:
    try:
        executions.program(definition)
    except Exception as error:  # the interpreter raises whatever it meets
        return [Problem("SCHEMA_VALIDATION_FAILED", str(error))]
    return []
