"""Records as functions get them, and as filters see them.

The members, their order and types are those of captured events (third parties, 2023 to 2025) and of AWS's samples.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lablib.cloud.moto_seam.journals import Entry, Kind


@dataclass(frozen=True)
class Origin:
    """Where records are from.

    Attributes
    ----------
    arn
        As the mapping names it: of a stream, or of a consumer that is registered with one.
    """

    kind: Kind
    arn: str

    @property
    def region(self) -> str:
        return self.arn.split(":", 4)[3]

    def record(self, entry: Entry, shard: str, role: str) -> dict[str, Any]:
        """A record of an event's ``Records``; `role` is the function's."""
        if self.kind == "kinesis":
            return self._of_kinesis(entry, shard, role)
        changed: Mapping[str, Any] = entry.content
        return {
            "eventID": changed["eventID"], "eventName": changed["eventName"], "eventVersion": "1.1",
            "eventSource": "aws:dynamodb", "awsRegion": self.region, "dynamodb": changed["dynamodb"],
            **({"userIdentity": changed["userIdentity"]} if "userIdentity" in changed else {}), "eventSourceARN": self.arn,
        }  # fmt: skip

    def _of_kinesis(self, entry: Entry, shard: str, role: str) -> dict[str, Any]:
        number = str(entry.sequence)
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0", "partitionKey": entry.key, "sequenceNumber": number, "data": entry.content,
                "approximateArrivalTimestamp": round(entry.arrived, 3),
            },
            "eventSource": "aws:kinesis", "eventVersion": "1.0", "eventID": f"{shard}:{number}",
            "eventName": "aws:kinesis:record", "invokeIdentityArn": role, "awsRegion": self.region,
            "eventSourceARN": self.arn,
        }  # fmt: skip


def seen_by_filters(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record as patterns are held against it.

    Of Kinesis the ``kinesis`` member, whose ``data`` is what it says in base64, read as JSON if it is that; of DynamoDB the
    record itself. DG with-kinesis-filtering, with-ddb-filtering, 2026.
    """
    if "kinesis" not in record:
        return record
    told: Mapping[str, Any] = record["kinesis"]
    return {**told, "data": _decoded(told["data"])}


def _decoded(data: str) -> Any:
    """Data that is no JSON matches no pattern of its members; that it is compared as text otherwise could not be confirmed."""
    try:
        text = base64.b64decode(data).decode()
    except (binascii.Error, UnicodeDecodeError):
        return data
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
