"""The exercises of lab 05: a counter that loses no visit, and a payment that is charged once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from lablib.course.bench import Answered, Bench
from lablib.course.exercise import DEFINED, EXAMPLE, HIDDEN, RUNS, TYPE, Exercise, Layer
from lablib.course.matchers import Fields, Test, answers_with_fields, deployed, equals, extra_key, failed, misshapen
from lablib.course.verdict import HOLDS, Answer, fails, shown

COUNT, PAY = "count_right", "pay_once"
VISITS, CHARGES = ("visits", "page"), ("charges", "id")
"""The two tables of the lab, each with its key."""

AT_ONCE: Final = 4
ROUNDS: Final = 5
"""How often the crowd comes. The first time its environments start up, one a little later than the other; after that, of those who
read and then write, nine crowds in ten lose a visit (measured 2026-11-23 on two busy cores)."""

_AMOUNT: Final = 30


@contextmanager
def untouched(bench: Bench, table: tuple[str, str]) -> Iterator[None]:
    """What is new in the table afterwards is deleted."""
    before = {item[table[1]]["S"] for item in items(bench, table)}
    try:
        yield
    finally:
        for new in {item[table[1]]["S"] for item in items(bench, table)} - before:
            bench.service("dynamodb").delete_item(TableName=table[0], Key={table[1]: {"S": new}})


def items(bench: Bench, table: tuple[str, str]) -> list[dict[str, Any]]:
    """All items, as DynamoDB writes them; none when there is no such table."""
    db = bench.service("dynamodb")
    try:
        pages = db.get_paginator("scan").paginate(TableName=table[0], ConsistentRead=True)
        return [item for page in pages for item in page["Items"]]
    except db.exceptions.ResourceNotFoundException:
        return []


def _in(table: tuple[str, str], test: Test) -> Test:
    """The test, with the table afterwards as it was before."""

    def tidy(bench: Bench) -> Answer:
        with untouched(bench, table):
            return test(bench)

    return tidy


def _fresh(word: str) -> str:
    """A page or an order that nobody has used: what earlier checks left elsewhere does not count."""
    return f"{word}-{uuid.uuid4().hex[:6]}"


_REFUSED: Final = {
    COUNT: "another call came first, so the condition does not hold: catch this exception and try again, or let the table add.",
    PAY: "an item was there already, as it should be the second time: catch this exception.",
}
"""Why a condition failed that nobody caught."""


_REFUSALS: Final = {
    "does not exist in the item": "a page's first visit finds no number to add to: ADD begins at 0, SET does not.",
    "key element": f"an item is found by its key: {VISITS[1]} in {VISITS[0]}, {CHARGES[1]} in {CHARGES[0]}.",
    "reserved keyword": "that attribute's name is a word of DynamoDB's own language: use another attribute.",
}
"""Words of what DynamoDB refuses, and why."""


def _why_refused(error: str) -> str:
    said = (why for words, why in _REFUSALS.items() if words in error)
    return next(said, "DynamoDB refuses what it was asked; the text of the error says which part.")


def _failed(name: str, event: Any, expected: str, answered: Answered) -> Answer:
    error = answered.error or ""
    causes = {
        "ResourceNotFoundException":
            f"it asks for a table that is not there: there are {VISITS[0]} and {CHARGES[0]}, made above.",
        "ConditionalCheckFailedException": _REFUSED[name],
        "ClientError": _why_refused(error),
    }
    if "'Attributes'" in error:
        causes["KeyError"] = 'ReturnValues="UPDATED_NEW" makes update_item answer with the new number.'
    if "'exceptions'" in error:
        causes["AttributeError"] = "a client knows its exceptions, a table does not: charges.meta.client.exceptions."
    return failed(name, event, expected, answered, causes)


def _runs(name: str, event: Callable[[], dict[str, Any]]) -> Test:
    def test(bench: Bench) -> Answer:
        given = event()
        answered = bench.invoke(name, given)
        return _failed(name, given, "an answer", answered) if answered.error else HOLDS

    return test


def _typed(name: str, event: Callable[[], dict[str, Any]], fields: Fields) -> Test:
    return lambda bench: answers_with_fields(name, event(), fields)(bench)


def _answer(bench: Bench, name: str, event: dict[str, Any], expected: dict[str, Any], likely: Callable[[Any], str]) -> Answer:
    answered = bench.invoke(name, event)
    if answered.error:
        return _failed(name, event, shown(expected), answered)
    return equals(event, answered.payload, expected, likely)


def _crowd(bench: Bench, name: str, event: dict[str, Any], shape: dict[str, Any]) -> tuple[list[dict[str, Any]], Answer]:
    """The answers to `event`, sent several times at the same moment; and, when one of them has not that shape, why."""
    _ = bench.client  # made here: making a client is not safe for threads
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda _: bench.invoke(name, event), range(AT_ONCE)))
    for answered in answers:
        if answered.error:
            return [], _failed(name, event, f"{AT_ONCE} answers at once", answered)
        if likely := misshapen(answered.payload, shape):
            return [], fails(input=shown(event), expected=f"{AT_ONCE} answers at once", got=shown(answered.payload), likely=likely)
    return [answered.payload for answered in answers], HOLDS


def _visit() -> dict[str, Any]:
    return {"page": _fresh("page")}


def _counts(*visits: str) -> Test:
    """Visits of these pages, one after another, each count that page's."""

    def test(bench: Bench) -> Answer:
        pages = {word: _fresh(word) for word in visits}
        seen: dict[str, int] = {}
        for word in visits:
            seen[word] = seen.get(word, 0) + 1
            event = {"page": pages[word]}
            holds, reason = _answer(bench, COUNT, event, {**event, "count": seen[word]}, _miscounted(event, seen[word], len(seen) > 1))
            if not holds:
                return holds, reason
        return HOLDS

    return test


def _miscounted(event: dict[str, Any], right: int, other_pages: bool) -> Callable[[Any], str]:
    def likely(got: Any) -> str:
        if extra := extra_key(got, "page", "count"):
            return extra
        if got["page"] != event["page"]:
            return "the page is the one in the event."
        if got["count"] == 0:
            return "that is the count before this visit; this one counts too."
        if got["count"] > right:
            other = "another page's visits" if other_pages else "visits that were not this page's"
            return f"{other} are counted: each page has an item of its own, with its name as the key."
        return "every visit adds one to what is in the table; this one did not."

    return likely


def _loses_none(bench: Bench) -> Answer:
    event = _visit()
    given = f"{shown(event)}, {AT_ONCE} at once, {ROUNDS} times"
    total = AT_ONCE * ROUNDS
    expected = f"each count from 1 to {total} once"
    got: list[int] = []
    for _ in range(ROUNDS):
        answers, (holds, reason) = _crowd(bench, COUNT, event, {**event, "count": 1})
        if not holds:
            return holds, reason
        got += [answer["count"] for answer in answers]
    kept = [item for item in items(bench, VISITS) if item["page"]["S"] == event["page"]]
    if sorted(got) != list(range(1, total + 1)):
        likely = "two calls read the same number and both added one: let the table add, in one step."
        if not kept:
            likely = f"each environment counts for itself: keep the count in the table {VISITS[0]!r}."
        return fails(input=given, expected=expected, got=f"{total - len(set(got))} visits are lost: {sorted(got)}", likely=likely)
    if not any(value == {"N": str(total)} for item in kept for value in item.values()):
        likely = f"the count is kept somewhere else; the table {VISITS[0]!r} has an item for each page, with the number in it."
        there = f"the table has {shown(kept[0])}" if kept else "the table has no item for this page"
        return fails(input=given, expected=f"the table says {total}", got=there, likely=likely)
    return HOLDS


def _order(amount: int) -> dict[str, Any]:
    return {"order": _fresh("order"), "amount": amount}


def _charged(bench: Bench, before: int, orders: int, event: dict[str, Any], given: str) -> Answer:
    """The table has one item more than before for each of these orders, and this event's amount is in one of them."""
    found = items(bench, CHARGES)
    new = len(found) - before
    expected = f"{orders} new charge{'' if orders == 1 else 's'} in the table, with the amount"
    if new == orders and {"N": str(event["amount"])} in [item.get("amount") for item in found]:
        return HOLDS
    likely = "each run writes an item of its own: its id must be the same for the same order."
    if new < orders:
        likely = f"nothing was written to the table {CHARGES[0]!r} for this order."
    elif new == orders:
        likely = 'the item has no "amount" with the number from the event.'
    return fails(input=given, expected=expected, got=f"{new} new item{'' if new == 1 else 's'}", likely=likely)


def _pays(*amounts: int) -> Test:
    """Orders of these amounts, one after another; the same amount is the same order again, which is charged already."""

    def test(bench: Bench) -> Answer:
        orders = {amount: _order(amount) for amount in amounts}
        seen: set[int] = set()
        before = len(items(bench, CHARGES))
        for amount in amounts:
            event, new = orders[amount], amount not in seen
            seen.add(amount)
            holds, reason = _answer(bench, PAY, event, {"order": event["order"], "new": new}, _misjudged(event, new))
            if holds:
                given = shown(event) + ("" if new else ", which came before")
                holds, reason = _charged(bench, before, len(seen), event, given)
            if not holds:
                return holds, reason
        return HOLDS

    return test


def _misjudged(event: dict[str, Any], new: bool) -> Callable[[Any], str]:
    def likely(got: Any) -> str:
        if extra := extra_key(got, "order", "new"):
            return extra
        if got["order"] != event["order"]:
            return "the order is the one in the event."
        if new:
            return "this order was never charged, so its charge is new; does the condition look at this order's id?"
        return "this order came before, and its charge is there already: put it under a condition."

    return likely


def _pays_a_crowd_once(bench: Bench) -> Answer:
    for _ in range(ROUNDS):
        event, before = _order(_AMOUNT), len(items(bench, CHARGES))
        given = f"{shown(event)}, {AT_ONCE} at once"
        answers, (holds, reason) = _crowd(bench, PAY, event, {"order": "", "new": True})
        if not holds:
            return holds, reason
        new = sum(answer["new"] for answer in answers)
        if new != 1:
            likely = "between looking and writing there is a moment: let one put_item do both, under a condition."
            return fails(input=given, expected='"new" is true in one answer', got=f"in {new} answers", likely=likely)
        holds, reason = _charged(bench, before, 1, event, given)
        if not holds:
            return holds, reason
    return HOLDS


EXERCISES: Final = (
    Exercise("05.1", f"the function `{COUNT}`", (
        Layer(DEFINED, deployed(COUNT)),
        Layer(RUNS, _in(VISITS, _runs(COUNT, _visit))),
        Layer(TYPE, _in(VISITS, _typed(COUNT, _visit, {"page": str, "count": int}))),
        Layer(EXAMPLE, _in(VISITS, _counts("home", "home"))),
        Layer(HIDDEN, _in(VISITS, _counts("home", "home", "news", "home", "news"))),
        Layer("loses none of a crowd", _in(VISITS, _loses_none)),
    )),
    Exercise("05.2", f"the function `{PAY}`", (
        Layer(DEFINED, deployed(PAY)),
        Layer(RUNS, _in(CHARGES, _runs(PAY, lambda: _order(_AMOUNT)))),
        Layer(TYPE, _in(CHARGES, _typed(PAY, lambda: _order(_AMOUNT), {"order": str, "new": bool}))),
        Layer(EXAMPLE, _in(CHARGES, _pays(_AMOUNT))),
        Layer(HIDDEN, _in(CHARGES, _pays(75, 40))),
        Layer("once on a retry", _in(CHARGES, _pays(_AMOUNT, 75, _AMOUNT))),
        Layer("once in a crowd", _in(CHARGES, _pays_a_crowd_once)),
    )),
)
