"""Lab 00 in JupyterLab, as a learner has it: run all, move the map, read what changed, commit and check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.jupyter import CHROMIUM, ROOT, chromium, jupyterlab, open_notebook, run_all, scroll_to, theme
from tests.support import require


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Lab 00, open, and run from top to bottom."""
    require(CHROMIUM, "Chromium", "sudo apt-get install chromium")
    with jupyterlab(tmp_path_factory.mktemp("jupyterlab"), ROOT / "labs") as address, chromium() as opened:
        open_notebook(opened, address, "00-start-here.ipynb")
        run_all(opened)
        yield opened


def test_a_function_answers(page: Any) -> None:
    scroll_to(page, "first = lab.invoke")
    result = page.locator(".jp-OutputArea-output", has_text="Hello from Lambda!").first
    assert re.search(r"cold start: [\d.]+ ms to initialise", result.inner_text())


def test_the_map_moves_by_keyboard(page: Any) -> None:
    scroll_to(page, "lab.map()")
    sentence = page.locator(".ll-sentence")
    assert sentence.inner_text().startswith("Lab 00, Meet the lab: you make a function that answers.")
    slider = page.get_by_role("slider", name="Lab")
    slider.focus()
    for key, lab in (("PageUp", ""), ("Home", "00"), ("ArrowRight", "01"), ("End", "16"), ("ArrowLeft", "15")):
        slider.press(key)
        page.wait_for_function("lab => document.querySelector('.ll-sentence').innerText.startsWith(`Lab ${lab}`)", arg=lab)
    assert "Survive failure" in sentence.inner_text() and slider.get_attribute("aria-valuetext") == "15"
    picture = page.get_by_role("img", name=re.compile(r"^Course map\. Lab 15, Survive failure"))
    assert picture.locator("svg").count() == 1


def test_the_picture_follows_the_theme(page: Any) -> None:
    scroll_to(page, "lab.map()")
    colour = "() => getComputedStyle(document.querySelector('.ll-sentence')).color"
    theme(page, dark=True)
    dark = page.evaluate(colour)
    theme(page, dark=False)
    assert (dark, page.evaluate(colour)) == ("rgb(242, 242, 245)", "rgb(27, 27, 31)")


def test_a_prediction_is_committed_by_keyboard_and_compared(page: Any) -> None:
    scroll_to(page, 'lab.predict("00.p1")')
    page.get_by_label("(a) It starts up again", exact=False).focus()
    page.keyboard.press("Space")
    button = page.get_by_role("button", name="Commit")
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_text("Committed: (a)").wait_for()
    chosen = page.get_by_label("(a) It starts up again", exact=False)
    look = chosen.evaluate("radio => [getComputedStyle(radio).opacity, getComputedStyle(radio).borderTopColor]")
    assert chosen.is_disabled() and look == ["1", "rgb(181, 19, 107)"], "the committed answer is plain to see"
    scroll_to(page, "second = lab.invoke")
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')")
    page.get_by_text("your prediction was different").wait_for()


def test_the_check_says_what_is_missing(page: Any) -> None:
    scroll_to(page, 'lab.check("00.2")')
    page.get_by_text("00.2 not started yet: the function `greet`.").first.wait_for()
