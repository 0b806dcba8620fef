"""A wrong answer, and the reason it should get."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wrong:
    """A wrong answer: its code, the layer that should catch it, and words of the reason it should get."""

    exercise: str
    label: str
    code: str
    layer: str
    reason: str


def handler(body: str, above: str = "") -> str:
    indented = "\n".join(f"    {line}" for line in body.strip("\n").split("\n"))
    return f"{above}\ndef lambda_handler(event, context):\n{indented}\n"
