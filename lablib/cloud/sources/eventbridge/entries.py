"""The entries of a PutEvents: which EventBridge takes, and the events that they become.

Sentences: EventBridge's answers, captured in December 2024.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lablib.cloud.moto_seam.buses import Refused
from lablib.models import buses
from lablib.models.timestamps import whole_seconds

Entry = Mapping[str, Any]

# Members of an entry as EventBridge's own sentence about too many of them shows them.
_SHOWN = {
    "time": "Time", "source": "Source", "resources": "Resources", "detailType": "DetailType", "detail": "Detail",
    "eventBusName": "EventBusName", "traceHeader": "TraceHeader", "kmsKeyIdentifier": "", "internalMetadata": "",
}  # fmt: skip


def check_request(entries: Sequence[Entry]) -> None:
    """Raise `Refused` for a request that is refused as a whole."""
    if not entries:
        raise _constraint("[]", "greater than or equal to 1")
    if len(entries) > buses.EVENT_ENTRIES:
        raise _constraint(f"[{', '.join(map(_shown, entries))}]", f"less than or equal to {buses.EVENT_ENTRIES}")
    if sum(map(size_of, entries)) > buses.EVENT_BYTES:
        raise Refused("ValidationException", "Total size of the entries in the request is over the limit.")


def _constraint(value: str, must: str) -> Refused:
    sentence = f"1 validation error detected: Value '{value}' at 'entries' failed to satisfy constraint: "
    return Refused("ValidationException", f"{sentence}Member must have length {must}")


def _shown(entry: Entry) -> str:
    members = (f"{shown}={entry.get(name, 'null') if name else 'null'}" for shown, name in _SHOWN.items())
    return f"PutEventsRequestEntry({', '.join(members)})"


def size_of(entry: Entry) -> int:
    """What EventBridge counts of an entry, in bytes."""
    texts = [entry.get("Source"), entry.get("DetailType"), entry.get("Detail"), *(entry.get("Resources") or ())]
    time = buses.EVENT_TIME_BYTES if entry.get("Time") is not None else 0
    return time + sum(len(str(text).encode(errors="surrogatepass")) for text in texts if text is not None)


def refusal(entry: Entry, own: bool) -> dict[str, str] | None:
    """What the answer says of an entry that is not taken; None for one that is. `own`: it comes from an AWS service."""
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            message = f"Parameter {name} is not valid. Reason: {name} is a required argument."
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": message}
    if not own and str(entry["Source"]).startswith("aws."):
        return {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "Not authorized for the source."}
    if _detail(entry) is None:
        return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    return None


def _detail(entry: Entry) -> dict[str, Any] | None:
    try:
        detail = json.loads(entry["Detail"], parse_constant=_no_number)
    except (ValueError, TypeError, RecursionError):
        return None
    return detail if isinstance(detail, dict) else None


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def event_of(entry: Entry, event_id: str, account: str, region: str, now: float) -> dict[str, Any]:
    """The event that an entry becomes, with AWS's members in AWS's order. The entry is one that is taken."""
    return {
        "version": "0", "id": event_id, "detail-type": entry["DetailType"], "source": entry["Source"], "account": account,
        "time": whole_seconds(_time(entry.get("Time"), now)), "region": region, "resources": list(entry.get("Resources") or ()),
        "detail": _detail(entry),
    }  # fmt: skip


def _time(given: Any, now: float) -> float:
    """Seconds since 1970; SDKs send them as a number or as text."""
    if given is None:
        return now
    try:
        return float(given)
    except (TypeError, ValueError):
        return datetime.fromisoformat(str(given).replace("Z", "+00:00")).timestamp()
