"""What a function's answer says of a batch.

DG services-kinesis-batchfailurereporting, 2026, and captured cases (third parties, 2024).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


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
    try:
        answer = json.loads(payload) if payload else None
    except (ValueError, RecursionError):
        # Of a batch whose function answers no JSON it could not be confirmed what becomes; for queues AWS calls it a failure.
        return Report(0 if partial else None)
    if not isinstance(answer, dict):
        return Report(None)
    state = answer.get("state")
    return Report(
        _failed_from(answer.get("batchItemFailures"), sequences) if partial else None,
        state if isinstance(state, dict) else {},
    )


def _failed_from(failures: Any, sequences: Sequence[int]) -> int | None:
    """The place of the lowest number that is named. One that is no number of the batch's is a failure of all."""
    if not failures:
        return None
    if not isinstance(failures, list):
        return 0
    places = {str(sequence): index for index, sequence in enumerate(sequences)}
    named = [failure.get("itemIdentifier") if isinstance(failure, dict) else None for failure in failures]
    return min((places.get(name, 0) if isinstance(name, str) else 0) for name in named)
