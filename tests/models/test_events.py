"""What calls a function: the table of sources, the runs that a failing event leads to, the sample events."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any, get_args
from urllib.parse import unquote_plus

import pytest

from lablib.models import events
from lablib.models.events import SOURCES, deliver, s3_event, s3_key, sample_event, source

EACH = pytest.mark.parametrize("one", SOURCES, ids=lambda one: one.key)


@EACH
def test_a_source_says_all_of_itself_with_its_source_and_date(one: events.Source) -> None:
    assert source(one.key) is one
    for text in (one.name, one.happens, one.set_up, one.allowed_by, one.look_in, one.hears):
        assert text and not text.endswith(" ")
    assert re.search(r", 20\d\d$", one.told_by) and one.hears.endswith(".") and not one.happens.endswith(".")


def test_the_three_ways_are_all_there() -> None:
    again = {way: {one.again for one in SOURCES if one.delivery == way} for way in get_args(events.Delivery)}
    assert again == {"synchronous": {"caller"}, "asynchronous": {"queue"}, "polled": {"visibility", "shard"}}


@EACH
def test_look_in_finds_the_message_in_the_sample(one: events.Source) -> None:
    found = eval(one.look_in, {"event": sample_event(one.key), "base64": base64, "gzip": gzip})
    assert found
    if one.key == "logs":
        assert json.loads(found)["logEvents"][0]["message"] == "ERROR out of tea"


@EACH
def test_every_sample_belongs_to_a_source_and_is_a_copy(one: events.Source) -> None:
    sample_event(one.key).clear()
    assert sample_event(one.key)
    stored = {path.stem for path in (Path(events.__file__).parent / "samples").glob("*.json")}
    assert stored == {every.key for every in SOURCES}


def test_every_way_to_run_again_has_its_rule_with_its_source_and_date() -> None:
    assert {one.again for one in SOURCES} == events.RETRIES.keys()
    for retry in events.RETRIES.values():
        assert retry.rule.endswith(".") and not retry.fate.endswith(".") and re.search(r", 20\d\d(-\d\d-\d\d)?$", retry.told_by)
    assert "after 60 s, and after 120 s more" in events.RETRIES["queue"].rule and events.RETRIES["queue"].kept_s == 6 * 3600


def times(key: str, failures: int | None, within_s: float = 300, **more: Any) -> list[float]:
    return [run.at_s for run in deliver(source(key), failures, within_s, **more).runs]


def test_a_caller_that_waits_gets_one_run() -> None:
    led = deliver(source("http-api"), None)
    assert times("http-api", None) == [0] and not led.more and not led.handled and "may send it again" in led.fate


def test_lambda_tries_an_asynchronous_event_three_times() -> None:
    assert times("s3", None) == [0, 60, 180] and not deliver(source("s3"), None).more
    assert times("s3", 1) == [0, 60] and deliver(source("s3"), 1).handled and deliver(source("s3"), 1).fate == ""
    assert deliver(source("s3"), None, within_s=100).more


def test_a_message_comes_back_after_its_visibility_timeout_until_it_expires() -> None:
    assert times("sqs", None, 90) == [0, 30, 60, 90] and deliver(source("sqs"), None, 90).more
    assert times("sqs", 2, visibility_s=60) == [0, 60, 120]
    assert not deliver(source("sqs"), None, within_s=400_000, visibility_s=43_200).more


def test_a_stream_stays_at_its_record() -> None:
    assert times("dynamodb", None, 20) == times("kinesis", None, 20) == [0, 1, 3, 7, 15]
    assert times("kinesis", None, 2_000)[-2:] == [1411, 1711], "the pause does not grow for ever"


@EACH
def test_what_goes_well_runs_once(one: events.Source) -> None:
    led = deliver(one)
    assert [run.ok for run in led.runs] == [True] and led.handled and not led.more


def test_a_key_is_written_as_s3_writes_it() -> None:
    assert s3_key("2026/Café menu.txt") == "2026/Caf%C3%A9+menu.txt"
    assert s3_key("1+1=2.txt") == "1%2B1%3D2.txt"
    for key in ("a b", "ü+ß", "100% (draft) & more.txt", "日本.txt"):
        assert unquote_plus(s3_key(key)) == key


def test_an_event_of_s3_for_objects_of_ones_own() -> None:
    first, second = s3_event("shelf", {"a b.txt": 3, "ü.txt": 0})["Records"]
    assert first["s3"]["bucket"] | {"ownerIdentity": None} == {"name": "shelf", "ownerIdentity": None, "arn": "arn:aws:s3:::shelf"}
    assert [(each["s3"]["object"]["key"], each["s3"]["object"]["size"]) for each in (first, second)] == [("a+b.txt", 3), ("%C3%BC.txt", 0)]


@pytest.mark.parametrize(("ask", "says"), [
    (lambda: source("fax"), "There is no source 'fax'; there is s3, sns"),
    (lambda: source(None), "There is no source None"),  # type: ignore[arg-type]
    (lambda: sample_event(""), "There is no source ''"),
    (lambda: deliver(source("s3"), -1), "failures is a number of runs, 0 or more"),
    (lambda: deliver(source("s3"), True), "failures is a number of runs"),
    (lambda: deliver(source("s3"), 1.5), "failures is a number of runs"),  # type: ignore[arg-type]
    (lambda: deliver(source("s3"), None, float("nan")), "within_s is a number of seconds, 0 to 31,536,000, and not nan"),
    (lambda: deliver(source("s3"), None, float("inf")), "within_s is a number of seconds"),
    (lambda: deliver(source("s3"), None, "long"), "within_s is a number of seconds"),  # type: ignore[arg-type]
    (lambda: deliver(source("sqs"), None, visibility_s=0), "visibility_s is a number of seconds, 1 to 43,200, and not 0"),
    (lambda: s3_key(""), "A key is text of 1 to 1024 bytes"),
    (lambda: s3_key("é" * 600), "A key is text of 1 to 1024 bytes"),
    (lambda: s3_event("", {"a": 1}), "A bucket has a name"),
    (lambda: s3_event("b", {}), "Give each object's key and its size in bytes"),
    (lambda: s3_event("b", {"a": -1}), "Give each object's key and its size in bytes"),
])  # fmt: skip
def test_what_cannot_be_is_refused_with_what_to_give(ask: Any, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        ask()
