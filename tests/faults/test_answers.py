"""Answers of functions that HTTP cannot carry: whoever asks gets an answer all the same, and at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud.sources.http import ask, public_url
from tests.cloud.sources.rest import RestApi
from tests.faults.conftest import Cloud

ANSWERS: dict[str, tuple[dict[str, Any], int, int]] = {  # the answer, and its status through a REST API and through a URL
    "a name with a space": ({"statusCode": 200, "headers": {"X A": "v"}}, 200, 200),
    "no name": ({"statusCode": 200, "headers": {"": "v"}}, 200, 200),
    "a name beyond ASCII": ({"statusCode": 200, "headers": {"é": "v"}}, 200, 200),
    "a value beyond Latin-1": ({"statusCode": 200, "headers": {"X-A": "☃ 😀"}}, 200, 200),
    "half a character": ({"statusCode": 200, "headers": {"X-A": "\ud800"}, "body": "\ud800"}, 200, 200),
    "lines in a value": ({"statusCode": 200, "headers": {"X-A": "a\r\nX-More: 1\x00\x7f"}}, 200, 200),
    "a status that is not the last": ({"statusCode": 100}, 502, 502),
    "another protocol": ({"statusCode": 101}, 502, 502),
    "an endless status": ({"statusCode": float("inf")}, 502, 502),
}
HANDLER = """
import json
ANSWERS = {answers!r}
def lambda_handler(event, context):
    return json.loads(ANSWERS[int((event.get("rawPath") or event["path"])[1:])])
"""


@pytest.mark.parametrize("door", ["rest", "url"])
def test_what_no_header_and_no_status_can_be(cloud: Cloud, door: str) -> None:
    code = HANDLER.format(answers=[json.dumps(answer) for answer, _, _ in ANSWERS.values()])
    if door == "rest":
        api = RestApi(cloud)
        api.put("/{number}", "GET", api.function(code))
        api.deploy()
        base = f"{api.address}/prod/"
    else:
        base = public_url(cloud, code)
    got = {what: ask(f"{base}{number}") for number, what in enumerate(ANSWERS)}
    assert {what: answer.status for what, answer in got.items()} == {what: row[1 + (door == "url")] for what, row in ANSWERS.items()}
    assert got["a value beyond Latin-1"].headers["X-A"] == "? ?"
    assert not any("X-More" in answer.headers for answer in got.values())
