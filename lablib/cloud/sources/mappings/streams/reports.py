"""What a function's answer says of a batch: where the next attempt begins, and what state a tumbling window has.

DG services-kinesis-batchfailurereporting and services-kinesis-windows, 2026.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lablib.cloud.sources.mappings.answers import failures


@dataclass(frozen=True)
class Report:
    """An answer, read.

    Attributes
    ----------
    failed_from
        The index of the first record that failed, and with which the next attempt begins; None if none did.
    state
        What is handed on in a tumbling window.
    """

    failed_from: int | None
    state: Mapping[str, Any] = field(default_factory=dict)


def read(payload: bytes, sequences: Sequence[int], *, partial: bool) -> Report:
    """Read an answer.

    Parameters
    ----------
    sequences
        The batch's sequence numbers, in order.
    partial
        Whether the mapping has ``ReportBatchItemFailures``; else what the answer says of records is not looked at.
    """
    return Report(_failed_from(payload, sequences) if partial else None, _state(payload))


def _failed_from(payload: bytes, sequences: Sequence[int]) -> int | None:
    """The place of the lowest number that is named; the first, where all counts as failed."""
    places = {str(sequence): index for index, sequence in enumerate(sequences)}
    named = failures(payload, places)
    return 0 if named is None else min((places[name] for name in named), default=None)


def _state(payload: bytes) -> Mapping[str, Any]:
    """That an answer without a state hands none on could not be confirmed."""
    try:
        answer = json.loads(payload) if payload else None
    except (ValueError, RecursionError):
        return {}
    state = answer.get("state") if isinstance(answer, dict) else None
    return state if isinstance(state, dict) else {}
