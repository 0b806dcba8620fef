"""What a function's answer says of the records of its batch: ``ReportBatchItemFailures``.

Source: DG services-sqs-errorhandling and services-kinesis-batchfailurereporting, 2026.
"""

from __future__ import annotations

import json
from collections.abc import Collection


def failures(payload: bytes, known: Collection[str]) -> list[str] | None:
    """Which of a batch's records failed.

    Parameters
    ----------
    payload
        What the function answered.
    known
        What identifies each record of the batch: a message's id, a record's sequence number.

    Returns
    -------
    list of str or None
        Their identifiers as the function listed them, none for a success; None where the whole batch counts as failed: the answer
        is no JSON, an identifier is empty, null, missing or of no record of the batch.
    """
    try:
        answer = json.loads(payload) if payload else None
    except (ValueError, RecursionError):
        return None
    if not answer:
        return []  # nothing, null, "", [] and {} are successes (captured, 2024)
    if not isinstance(answer, dict):
        return None  # that other JSON is no valid answer, and no success, is unconfirmed
    listed = answer.get("batchItemFailures")
    if not listed:
        return []
    if not isinstance(listed, list):
        return None
    named = [each.get("itemIdentifier") if isinstance(each, dict) else None for each in listed]
    found = [identifier for identifier in named if isinstance(identifier, str) and identifier in known]
    return found if len(found) == len(named) else None
