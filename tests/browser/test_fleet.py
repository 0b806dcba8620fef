"""The canvas of the fleet in JupyterLab: chosen and played by keyboard, read, and drawn in both themes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import nbformat
import pytest

from tests.browser.jupyter import CHROMIUM, chromium, jupyterlab, open_notebook, run_all, theme
from tests.support import require

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
CODE = "import lablib\nlab = lablib.start()\nlab.picture('fleet')"
PIXELS = """() => {
  const canvas = document.querySelector('.ll-fleet canvas');
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data, found = {};
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] === 255) { const rgb = data.slice(i, i + 3).join(); found[rgb] = (found[rgb] || 0) + 1; }
  }
  return found;
}"""
WORKING = {False: "27,104,171", True: "108,182,255"}
"""The ink `aws-edge` in the light and in the dark theme."""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A notebook with the canvas, run."""
    require(CHROMIUM, "Chromium", "sudo apt-get install chromium")
    notebooks = tmp_path_factory.mktemp("notebooks")
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CODE)], metadata=KERNEL), notebooks / "fleet.ipynb")
    with jupyterlab(tmp_path_factory.mktemp("jupyterlab"), notebooks) as address, chromium() as opened:
        open_notebook(opened, address, "fleet.ipynb")
        run_all(opened)
        opened.locator(".ll-fleet .ll-sentence", has_text="the simulation has").wait_for()
        yield opened


def numbers(page: Any) -> tuple[float, int]:
    """The time, and the environments, that the sentence says."""
    found = re.match(r"At ([\d.]+) s the simulation has ([\d,]+) environment", page.locator(".ll-fleet .ll-sentence").inner_text())
    assert found
    return float(found[1]), int(found[2].replace(",", ""))


def test_time_moves_by_keyboard(page: Any) -> None:
    slider = page.get_by_label("Time")
    slider.focus()
    slider.press("Home")
    assert numbers(page)[0] == 0
    slider.press("ArrowRight")
    assert numbers(page)[0] == pytest.approx(0.1), "one step, of two hundred in 20 s"
    slider.press("End")
    at, environments = numbers(page)
    assert at == 20 and environments > 2_000 and slider.get_attribute("aria-valuetext") == "20.00 seconds"


def test_it_plays_to_its_end_and_can_be_paused_by_keyboard(page: Any) -> None:
    slider, button = page.get_by_label("Time"), page.locator(".ll-fleet button")
    slider.focus()
    slider.press("Home")
    button.focus()
    button.press("Enter")
    assert button.inner_text() == "Pause"
    page.wait_for_function("() => document.querySelector('.ll-fleet input').value > 10")
    button.press("Space")
    assert button.inner_text() == "Play" and numbers(page)[0] > 1.0
    slider.press("End")
    slider.press("ArrowLeft")
    button.press("Enter")
    page.wait_for_function("() => document.querySelector('.ll-fleet button').innerText === 'Play'")
    assert numbers(page)[0] == 20


def test_another_traffic_is_chosen_by_keyboard(page: Any) -> None:
    """JupyterLab takes the arrow keys of what does not ask for them."""
    box = page.get_by_label("Traffic")
    box.focus()
    box.press("ArrowDown")
    page.locator(".ll-fleet .ll-sentence", has_text="has 500 environments").wait_for()
    told = page.locator(".ll-fleet .ll-sentence").inner_text()
    assert page.locator(".ll-fleet canvas").get_attribute("aria-label") == f"The crowd, with a limit of 500. {told}"
    box.press("ArrowUp")
    page.locator(".ll-fleet .ll-sentence", has_text="has 1,").wait_for()


@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
def test_squares_have_the_theme_s_ink(page: Any, dark: bool) -> None:
    theme(page, dark)
    page.wait_for_function(f"() => ({PIXELS})()['{WORKING[dark]}'] > 10000")
    assert WORKING[not dark] not in page.evaluate(PIXELS)
