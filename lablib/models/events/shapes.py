"""A sample event of each source: AWS's form, values of our own.

The form is that of AWS's published samples (aws-sam-cli 1.170.0, `generate-event`, 2026) and of each service's user guide, which
`Source.told_by` names; a test compares every key and kind of value with the samples and with what the local cloud delivers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import quote_plus

from lablib.models.events.sources import source
from lablib.models.limits import S3_KEY_BYTES


def sample_event(key: str) -> dict[str, Any]:
    """An event of the source called `key`, a copy of one's own. Raises ValueError for a source that there is not.

    Where a source sends several records in one event, the sample has one.
    """
    return deepcopy(_stored(source(key).key))


@cache
def _stored(key: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((resources.files(__package__) / "samples" / f"{key}.json").read_text(encoding="utf-8"))
    return event


def s3_key(key: str) -> str:
    """An object's key as S3 writes it into an event: a space is ``+``, and what is not a letter, a digit or one of ``/._-~`` is
    a percent sign and its UTF-8 bytes ("Process Amazon S3 event notifications with Lambda", DG with-s3-example, 2026).

    >>> s3_key("Café menu.txt")
    'Caf%C3%A9+menu.txt'

    Raises ValueError for a key that S3 would not take: none, or one longer than 1,024 bytes.
    """
    if not isinstance(key, str) or not 1 <= len(key.encode()) <= S3_KEY_BYTES:
        raise ValueError(f"A key is text of 1 to {S3_KEY_BYTES} bytes, such as 'Café menu.txt', and not {key!r}.")
    return quote_plus(key, safe="/")


def s3_event(bucket: str, objects: Mapping[str, int]) -> dict[str, Any]:
    """S3's event for objects that were put into `bucket`: one record for each, from its key (as one writes it) to its bytes.

    S3 itself sends one record at a time; its form allows more, and handlers are written for that.

    Raises ValueError for a bucket without a name, no object, or a size that is no whole number of bytes.
    """
    if not isinstance(bucket, str) or not bucket:
        raise ValueError(f"A bucket has a name, such as 'letters', and not {bucket!r}.")
    if not isinstance(objects, Mapping) or not objects or any(type(size) is not int or size < 0 for size in objects.values()):
        raise ValueError(f"Give each object's key and its size in bytes, such as {{'menu.txt': 17}}, and not {objects!r}.")
    records = []
    for key, size in objects.items():
        record = sample_event("s3")["Records"][0]
        about = record["s3"]
        about["bucket"] |= {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"}
        about["object"] |= {"key": s3_key(key), "size": size}
        records.append(record)
    return {"Records": records}
