"""EventBridge's input templates and paths, with whatever an event holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lablib.cloud.sources.eventbridge.inputs import InvalidInput, Occasion, is_document, transformed
from lablib.cloud.sources.eventbridge.paths import BadPath, Missing, steps_of, value_at

OCCASION = Occasion("arn:aws:events:us-east-1:123456789012:rule/r", "r", "2026-05-04T03:02:01Z")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8,
)  # fmt: skip


def made_of(template: str, detail: Any) -> str:
    return transformed({"InputPathsMap": {"v": "$.detail"}, "InputTemplate": template}, {"detail": detail}, OCCASION)


@given(VALUES)
def test_a_value_stays_what_it_is(value: Any) -> None:
    """Where a document has it outside its strings, or a template is nothing else."""
    assert json.loads(made_of('{"a": <v>, "b": [1, <v>], "\\\\": <v>}', value)) == {"a": value, "b": [1, value], "\\": value}
    assert json.loads(made_of(" <v>\n", value)) == value


@given(VALUES, st.text('<v>{}[]":, \\1', max_size=20))
def test_what_any_document_becomes_is_json(value: Any, template: str) -> None:
    try:
        made = made_of(template, value)
    except InvalidInput:
        return
    if is_document(template):
        json.loads(made)


@given(st.text("abc-_/ü1.", min_size=1, max_size=6), st.integers(0, 2), VALUES)
def test_a_path_leads_to_its_value(name: str, index: int, value: Any) -> None:
    event = {"detail": {name: [None] * index + [value]}}
    quoted = f"$.detail['{name}'][{index}]"
    assert value_at(event, quoted) == value
    if "." not in name:
        assert value_at(event, f"$.detail.{name}[{index}]") == value_at(event, f"$[\"detail\"].{name}[-1]") == value
        assert value_at(event, f"$.detail.{name}[*]") == [None] * index + [value]
    with pytest.raises(Missing):
        value_at(event, f"$.detail['{name}'][{index + 1}]")


@given(st.text("$.[]*'\"a1-", max_size=12))
def test_any_path_is_read_or_bad(path: str) -> None:
    try:
        steps = steps_of(path)
    except BadPath:
        return
    assert path.startswith("$") and (steps or path in ("$", "$."))
