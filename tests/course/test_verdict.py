"""What a check says: lines that a notebook does not break, values as the reader writes them."""

from __future__ import annotations

from lablib.course.verdict import Reason, labelled, shown, written


def test_an_errors_own_line_breaks_do_not_leave_the_block() -> None:
    text = "an error, ParamValidationError: Parameter validation failed:\n  Invalid type for parameter A\n\nInvalid type for B"
    lines = labelled("   got:      ", text)
    assert all(line.startswith(("   got:      ", " " * 13)) for line in lines)
    assert " ".join(" ".join(lines).split()) == "got: " + " ".join(text.split())


def test_a_long_line_is_broken_under_its_start() -> None:
    lines = Reason(input="", expected="", got="word " * 40, likely="").lines()
    assert len(lines) > 1 and max(map(len, lines)) <= 100 and lines[1].startswith(" " * 13 + "word")


def test_an_event_is_json_and_a_python_value_is_python() -> None:
    assert (shown({"a": None, "b": (1, True)}), written({"a": None, "b": (1, True)})) == (
        '{"a": null, "b": [1, true]}', "{'a': None, 'b': (1, True)}",
    )
    assert shown({1, 2}) == "{1, 2}"


def test_a_long_value_is_cut() -> None:
    for text in (shown("x" * 500), written("x" * 500)):
        assert len(text) < 280 and text.endswith("... (502 characters)")


def test_a_value_inside_itself_is_shown() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert shown(loop) == written(loop) == "[[...]]"
