"""The exercises of lab 06: a handler that stops in time, a job cut to size, and what calls the pieces one after the other."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from lablib.course.bench import Answered, Bench
from lablib.course.exercise import DEFINED, EXAMPLE, HIDDEN, RUNS, TYPE, Exercise, Layer
from lablib.course.labs.lab_06_run_all import RUN_ALL
from lablib.course.matchers import (
    NO_RETURN, Test, answers_with_fields, asked, call, callable_named, came_out, deployed, extra_key, failed, misshapen, raised,
    works,
)  # fmt: skip
from lablib.course.verdict import HOLDS, Answer, fails, shown, written

_THREE: Final[dict[str, Any]] = {"names": ["a.jpg", "b.jpg", "c.jpg"], "start": 1}
"""The example event of 06.1, as the notebook shows it."""
_TWELVE: Final[dict[str, Any]] = {"names": [f"photo-{n}.png" for n in range(12)], "start": 0}
"""0.24 s of work: nobody has to stop on the way."""
_SIXTY: Final = [f"{n}.jpg" for n in range(60)]
"""1.2 s of work: more than the function's timeout of 1 s."""

_CAUSES: Final = {
    "Sandbox.Timedout":
        "it goes on until it is killed: ask context.get_remaining_time_in_millis() (milliseconds) before each picture.",
    "IndexError": 'it reads beyond the last name: stop at len(event["names"]).',
}


def _small(names: list[str]) -> list[str]:
    return [f"small-{name}" for name in names]


def _thumbs_run(bench: Bench) -> Answer:
    answered = bench.invoke("thumbs_fixed", _THREE)
    if not answered.error:
        return HOLDS
    causes = dict(_CAUSES)
    if "'method'" in answered.error or "'function'" in answered.error:
        causes["TypeError"] = "get_remaining_time_in_millis() has to be called: its brackets are missing."
    if "'null'" in answered.error:
        causes["NameError"] = "null is JSON's word; Python's is None."
    return failed("thumbs_fixed", _THREE, "an answer", answered, causes)


def _makes(event: dict[str, Any]) -> Test:
    """All that is left is made in one call, since there is time for it."""
    names: list[str] = event["names"]
    wanted = {"made": _small(names[event["start"] :]), "next": None}

    def test(bench: Bench) -> Answer:
        answered = _asked(bench, event)
        if answered.error:
            return failed("thumbs_fixed", event, shown(wanted), answered, _CAUSES)
        got = answered.payload
        if got == wanted:
            return HOLDS
        likely = misshapen(got, {"made": []}) or _wrong_thumbs(got, names, event["start"])
        return fails(input=shown(event), expected=shown(wanted), got=shown(got), likely=likely)

    return test


def _wrong_thumbs(got: dict[str, Any], names: list[str], start: int) -> str:
    wanted = _small(names[start:])
    if "next" not in got:
        return 'the key "next" is missing, or spelled differently.'
    if got["made"] == _small(names) and start:
        return 'it begins with the first name; this call begins at event["start"].'
    if len(got["made"]) > len(wanted) and got["made"][-len(wanted) :] == wanted:
        return "earlier calls' pictures are in it: make the list inside the handler, since an environment is used again."
    if got["next"] is not None and got["made"] == wanted:
        return "nothing is left to make, so next is None."
    if got["next"] is not None and got["made"] == wanted[: len(got["made"])]:
        return "there was time for all of them: stop by the time that is left, not by a count."
    return extra_key(got, "made", "next") or "made holds this call's pictures, in their order, each with small- in front."


def _asked(bench: Bench, event: dict[str, Any]) -> Answered:
    """One call; once more when it timed out, since a machine that stood still for a moment is not the learner's mistake."""
    answered = bench.invoke("thumbs_fixed", event)
    return bench.invoke("thumbs_fixed", event) if (answered.error or "").startswith("Sandbox.Timedout") else answered


def _stops_and_goes_on(bench: Bench) -> Answer:
    """Sixty pictures, which no single call can make: each call begins where the last one stopped."""
    start, calls = 0, 0
    while True:
        event, calls = {"names": _SIXTY, "start": start}, calls + 1
        given, expected = f"60 names, start {start} (call no. {calls})", "what fits into its time, and where to go on"
        answered = _asked(bench, event)
        if answered.error:
            holds, reason = failed("thumbs_fixed", event, expected, answered, _CAUSES)
            return holds, reason and replace(reason, input=given)
        got = answered.payload
        likely = misshapen(got, {"made": []}) or _not_a_step(got, start, calls)
        if likely:
            return fails(input=given, expected=expected, got=shown(got), likely=likely)
        if got["next"] is None:
            return HOLDS
        start = got["next"]


def _not_a_step(got: dict[str, Any], start: int, calls: int) -> str:
    """Why this answer does not lead on to the end; nothing when it does."""
    made, after = got["made"], got.get("next")
    if not isinstance(after, int | None) or isinstance(after, bool):
        return '"next" is a place in the list of names, or None at the end.'
    end = start + len(made)
    if made != _small(_SIXTY[start:end]):
        return 'made holds the pictures of this call alone, from event["start"] on.'
    if after is None and end < len(_SIXTY):
        return f"the pictures from place {end} on are never made: next is None when nothing is left, and only then."
    if after is None and calls == 1:
        return "60 pictures of 20 ms do not fit into a timeout of 1 s: leave the time.sleep and --timeout 1 as they were."
    if after is not None and after != end:
        return f"next is the place of the first picture that is not made: here {end}."
    return "it stops before its first picture, so it never comes to the end; a new call has nearly 1,000 ms." if not made else ""


_WORDS: Final = ["aa", "bb", "cc"]
"""The example of 06.2, cut at 12 bytes."""
_ODD: Final = ["Zoë.jpg", "b.jpg", "a longer name.jpg", "ñandú.jpg", "d.jpg", "e.jpg", "f.jpg", "Åse.jpg"]


def _bytes(piece: Any) -> int:
    return len(json.dumps(piece))


def _greedy(names: list[str], most: int) -> list[list[str]]:
    """The fewest pieces that keep the order."""
    cut: list[list[str]] = []
    for name in names:
        if cut and _bytes([*cut[-1], name]) <= most:
            cut[-1].append(name)
        else:
            cut.append([name])
    return cut


def _pieces_type(bench: Bench) -> Answer:
    got, _ = call(bench, "pieces", list(_WORDS), 12)
    if isinstance(got, list) and all(isinstance(piece, list) for piece in got):
        return HOLDS
    likely = "each piece is a list of names, and the pieces are a list too."
    if got is None:
        likely = NO_RETURN
    if hasattr(got, "__next__"):
        likely = "`yield` makes a generator: gather the pieces in a list and return it."
    return fails(input=asked("pieces", _WORDS, 12), expected="a list of lists", got=written(got), likely=likely)


def _cuts(names: list[str], most: int) -> Test:
    """Nothing is lost, nothing is out of order, no piece is too long."""

    def test(bench: Bench) -> Answer:
        got, error = call(bench, "pieces", list(names), most)
        given, expected = asked("pieces", names, most), written(_greedy(names, most))
        if error:
            likely = "it works for the example: what is different here?"
            return raised(error, input=given, expected=expected, likely=likely)
        likely = _ill_cut(got, names, most)
        return fails(input=given, expected=expected, got=written(got), likely=likely) if likely else HOLDS

    return test


def _ill_cut(got: Any, names: list[str], most: int) -> str:
    if not isinstance(got, list) or not all(isinstance(piece, list) for piece in got):
        return "here too the answer is a list of lists."
    if [] in got:
        return "one piece is empty: close a piece only when there is something in it."
    flat = [name for piece in got for name in piece]
    if flat != names and flat == names[: len(flat)]:
        return "the last names are missing: what is left when the loop ends is a piece too."
    if flat != names:
        return "one after the other, the pieces must give the names in their order, each of them once."
    long = next((piece for piece in got if _bytes(piece) > most), None)
    if long is None:
        return ""
    if len(json.dumps(long, ensure_ascii=False)) <= most:
        return f"a piece has {_bytes(long)} bytes: json.dumps writes ë as six characters, so measure what it writes."
    return f"a piece has {_bytes(long)} bytes: measure its JSON, with brackets, quotes and spaces, before the next name is in."


def _few(bench: Bench) -> Answer:
    for names, most in ((_WORDS, 12), (_ODD, 40), ([f"{n}.jpg" for n in range(30)], 60)):
        got, _ = call(bench, "pieces", list(names), most)
        best = _greedy(names, most)
        if not isinstance(got, list) or len(got) > len(best):
            return fails(
                input=asked("pieces", names, most), expected=f"{len(best)} pieces", got=f"{len(got or [])} pieces",
                likely="a piece is closed too early: the next name goes in as long as the JSON stays within what is allowed.",
            )
    return HOLDS


def _nothing(bench: Bench) -> Answer:
    got, error = call(bench, "pieces", [], 12)
    if got == [] and not error:
        return HOLDS
    shows = came_out(got, error)
    return fails(input="pieces([], 12)", expected="[]", got=shows, likely="no names, no pieces: not even an empty one.")


def _another_start(bench: Bench) -> Answer:
    """Twelve pictures, then a call with nothing left."""
    for event in (_TWELVE, {"names": ["a.jpg"], "start": 1}):
        holds, reason = _makes(event)(bench)
        if not holds:
            return holds, reason
    return HOLDS


def _thumbs_type(bench: Bench) -> Answer:
    answered = bench.invoke("thumbs_fixed", _THREE)
    if isinstance(answered.payload, dict) and answered.payload.get("next", "") is None:
        return answers_with_fields("thumbs_fixed", _THREE, {"made": list})(bench)
    return answers_with_fields("thumbs_fixed", _THREE, {"made": list, "next": int})(bench)


EXERCISES: Final = (
    Exercise("06.1", "the function `thumbs_fixed`", (
        Layer(DEFINED, deployed("thumbs_fixed")),
        Layer(RUNS, _thumbs_run),
        Layer(TYPE, _thumbs_type),
        Layer(EXAMPLE, _makes(_THREE)),
        Layer(HIDDEN, _another_start),
        Layer("stops in time and goes on", _stops_and_goes_on),
    )),
    Exercise("06.2", "the Python function `pieces`", (
        Layer(DEFINED, callable_named("pieces")),
        Layer(RUNS, works("pieces", _WORDS, 12, expected="a list of lists")),
        Layer(TYPE, _pieces_type),
        Layer(EXAMPLE, _cuts(_WORDS, 12)),
        Layer("right on names you have not seen", _cuts(_ODD, 40)),
        Layer("in as few pieces as can be", _few),
        Layer("right when there is nothing to cut", _nothing),
    )),
    RUN_ALL,
)
