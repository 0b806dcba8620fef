"""The exercises of lab 02: an S3 handler that survives what people name their files, and the wiring of a bucket."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from lablib.course.bench import Answered, Bench
from lablib.course.exercise import DEFINED, EXAMPLE, HIDDEN, RUNS, TYPE, Exercise, Layer
from lablib.course.labs.lab_02_buckets import buckets
from lablib.course.labs.lab_02_connect import CONNECT
from lablib.course.matchers import answers_with_fields, deployed, equals, extra_key, failed
from lablib.course.verdict import HOLDS, Answer
from lablib.models.events import s3_event

Files = dict[str, str]
"""A key, as a person writes it, to the text of its object."""

_PLAIN: Final[Files] = {"tea.txt": "green and black"}
_EXAMPLE: Final[Files] = {"Café menu.txt": "soup and tea"}
_HIDDEN: Final[Files] = {"2026/1+1=2 (für Zoë).txt": "zwei, natürlich", "50%20off.txt": "half price"}

_NO_BUCKET = 'the bucket\'s name is in the record too: record["s3"]["bucket"]["name"].'
_MISSING = ("NoSuchKey", "NoSuchBucket", "ClientError")
"""How a handler fails that asks S3 for an object which is not there."""


def _tell(bucket: str, files: Files) -> dict[str, Any]:
    """S3's event for these objects."""
    return s3_event(bucket, {key: len(text.encode()) for key, text in files.items()})


def _ask(bench: Bench, files: Files) -> tuple[str, dict[str, Any], Answered]:
    """Put the objects into a bucket of the check's own and send `shelf` S3's event for them: (bucket, event, its answer)."""
    with buckets(bench, files) as (bucket,):
        event = _tell(bucket, files)
        return bucket, event, bench.invoke("shelf", event)


def _given(bucket: str, files: Files) -> str:
    """The event in the words of a person: S3's own is a page long."""
    return f"S3's event for {', '.join(repr(key) for key in files)} in {bucket}"


def _reads_plain(bench: Bench) -> Answer:
    bucket, _, answered = _ask(bench, _PLAIN)
    if not answered.error:
        return HOLDS
    causes = dict.fromkeys(_MISSING, "nothing is wrong with this key. " + _NO_BUCKET[0].upper() + _NO_BUCKET[1:])
    causes["TypeError"] = 'event["Records"] is a list: take its records one by one.'
    causes["NameError"] = "the function has only what its own cell makes: the notebook's variables and imports are not there."
    if "Stream" in answered.error:
        causes["Runtime.MarshalError"] = "get_object's Body is an open stream: read() gives its bytes, and decode() makes them text."
    return _refused(bucket, _PLAIN, answered, causes)


def _refused(bucket: str, files: Files, answered: Answered, causes: dict[str, str]) -> Answer:
    given = _given(bucket, files)
    holds, reason = failed("shelf", given, f"the texts of {len(files)} object(s), by key", answered, causes)
    if reason is None or not reason.likely.startswith("see its traceback"):
        return holds, reason and replace(reason, input=given)
    return holds, replace(reason, input=given, likely='its traceback is in the log: print("\\n".join(lab.logs("shelf")))')


def _type(bench: Bench) -> Answer:
    with buckets(bench, _PLAIN) as (bucket,):
        holds, reason = answers_with_fields("shelf", _tell(bucket, _PLAIN), {"texts": dict})(bench)
    return holds, reason and replace(reason, input=_given(bucket, _PLAIN))


def _reads(files: Files) -> Any:
    """A layer's test: `shelf` answers with every key and its text."""

    def test(bench: Bench) -> Answer:
        bucket, event, answered = _ask(bench, files)
        if answered.error:
            return _refused(bucket, files, answered, dict.fromkeys(_MISSING, _undecoded(bench, files)))
        holds, reason = equals(event, answered.payload, {"texts": files}, lambda got: extra_key(got, "texts") or _misread(files, got["texts"]))
        return holds, reason and replace(reason, input=_given(bucket, files))

    return test


def _undecoded(bench: Bench, files: Files) -> str:
    """Which names the handler cannot read: it is asked for a space alone, an accent alone, a plus sign alone."""
    fails = {what: bool(_ask(bench, {key: "x"})[2].error) for what, key in (("space", "a b.txt"), ("accent", "é.txt"), ("plus", "1+1.txt"))}
    if fails["space"] and fails["accent"]:
        return "S3 writes keys into events as in a web address: Caf%C3%A9+menu.txt. No object has that key; undo the writing first."
    if fails["space"]:
        return "accents are right, a space is not: S3 writes it as +, which unquote leaves alone."
    if fails["accent"]:
        return "spaces are right, accents are not: S3 writes é as %C3%A9, and urllib.parse undoes that as well."
    if fails["plus"]:
        return "a plus sign of the key's own is gone: S3 writes it as %2B. Undo + and % in one step, not one after the other."
    if "%20" in "".join(files):
        return "this key has a %20 of its own: the writing is undone twice."
    return "look at the key that the handler asks for: print it."


def _misread(files: Files, got: dict[str, Any]) -> str:
    if any("%" in key and key not in files for key in got):
        return "the text is right, its key is S3's way of writing it; answer with the key that a person gave."
    if stranger := next((key for key in got if key not in files), None):
        return f"this event has no object {stranger!r}: each text belongs to the key of its own record."
    if not got:
        return "the answer has no text at all: look at what the loop puts into it."
    if len(got) < len(files):
        return f"the event has {len(files)} records; the handler takes one of them."
    if any(not isinstance(text, str) for text in got.values()):
        return "each key's value is the object's text."
    if any(text.startswith("b'") for text in got.values()):
        return "str() writes bytes as Python does, b'…'; decode() makes them text."
    if any("Ã" in text for text in got.values()):
        return "the text is UTF-8, as decode() reads it unless it is told otherwise."
    return "each key's value is the whole text of the object with that key."


EXERCISES: Final = (
    Exercise("02.1", "the function `shelf`", (
        Layer(DEFINED, deployed("shelf")),
        Layer(RUNS, _reads_plain),
        Layer(TYPE, _type),
        Layer(EXAMPLE, _reads(_EXAMPLE)),
        Layer(HIDDEN, _reads(_HIDDEN)),
    )),
    CONNECT,
)
