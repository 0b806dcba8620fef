"""Colours: readable in both themes, and one drawing for both."""

from __future__ import annotations

import pytest

from lablib.view.theme import EDGES_ON_PAGE, INKS, TEXT_ON, Palette, contrast, ink_value, stylesheet, with_variables

THEMES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


def test_contrast_is_wcags() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # WCAG's own example of a grey that passes


@THEMES
@pytest.mark.parametrize(("text", "under"), TEXT_ON)
def test_text_is_readable(text: str, under: str | None, dark: bool) -> None:
    assert contrast(ink_value(text, dark=dark), ink_value(under, dark=dark)) >= 4.5


@THEMES
@pytest.mark.parametrize("edge", EDGES_ON_PAGE)
def test_lines_are_seen(edge: str, dark: bool) -> None:
    assert contrast(ink_value(edge, dark=dark), ink_value(None, dark=dark)) >= 3


def test_marks_are_told_apart_and_all_replaced() -> None:
    assert len({ink.mark for ink in INKS}) == len(INKS)
    drawing = " ".join(Palette.marks()[ink.name] for ink in INKS)
    assert with_variables(drawing) == " ".join(f"var(--ll-{ink.name})" for ink in INKS)


def test_every_theme_sets_every_variable() -> None:
    css = stylesheet()
    for ink in INKS:
        assert css.count(f"--ll-{ink.name}:{ink.light};") == 1
        assert css.count(f"--ll-{ink.name}:{ink.dark};") == 2  # by the page's own theme, and by the system's
