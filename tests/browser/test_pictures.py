"""Every picture of the course in JupyterLab: moved by keyboard, read, judged by axe-core, and seen in both themes.

`LAB_SCREENSHOTS=FOLDER` keeps what it saw, to look at.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe

from lablib.course.pictures import LIVE, PICTURES
from tests.browser.jupyter import CHROMIUM, chromium, jupyterlab, open_notebook, run_all, scroll_to, theme
from tests.support import require
from tests.view.examples import BEFORE, MADE

CARDS = {"predict": 'lab.predict("00.p1")', "quiz": 'lab.quiz("00.q1")'}
CELLS = {"map": "lab.map()"} | CARDS | {name: MADE.get(name, f'lab.picture("{name}")') for name in PICTURES | LIVE}

WHOLE = {"@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"}}
SENTENCE = "([cell, text]) => window.ours(cell).querySelector('.ll-sentence').innerText !== text"
FIND = """() => {
  window.ours = name => [...document.querySelectorAll('.jp-Cell')].find(cell => cell.innerText.includes(`# picture ${name}\\n`));
}"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A notebook with every picture, run."""
    require(CHROMIUM, "Chromium", "sudo apt-get install chromium")
    notebooks = tmp_path_factory.mktemp("notebooks")
    first = "\n".join(["import lablib", "lab = lablib.start()", *BEFORE])
    sources = [first, *(f"# picture {name}\n{code}" for name, code in CELLS.items())]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources], metadata=kernel)
    nbformat.write(notebook, notebooks / "pictures.ipynb")
    with jupyterlab(tmp_path_factory.mktemp("jupyterlab"), notebooks, WHOLE) as address, chromium(1280, 1600) as opened:
        open_notebook(opened, address, "pictures.ipynb")
        run_all(opened)
        opened.evaluate(FIND)
        yield opened


def cell(page: Any, name: str) -> Any:
    """The cell that shows the picture, in view."""
    scroll_to(page, f"# picture {name}\n")
    found = page.locator(".jp-Cell", has_text=f"# picture {name}\n").first
    found.locator(".ll").first.wait_for()
    return found


@pytest.mark.parametrize("name", [name for name in CELLS if name not in CARDS])
def test_every_control_moves_the_sentence_by_keyboard(page: Any, name: str) -> None:
    found = cell(page, name)
    sentence = found.locator(".ll-sentence")
    controls = [*found.get_by_role("slider").all(), *found.get_by_role("combobox").all()]
    assert controls and len(controls) == len(found.locator("input, select").all()), "every control has a role"
    for control in controls:
        label = control.get_attribute("aria-label") or control.evaluate("box => box.labels[0]?.innerText")
        assert label
        moved = 0
        for key in ("ArrowRight", "ArrowLeft") if control.get_attribute("type") == "range" else ("ArrowDown", "ArrowUp"):
            before = control.input_value()
            told = sentence.inner_text()
            control.focus()
            control.press(key)
            if control.input_value() != before:  # it stood at that end
                moved += 1
                page.wait_for_function(SENTENCE, arg=[name, told])
        assert moved, f"{label} does not move by keyboard"
    alternative = found.get_by_role("img").first.get_attribute("aria-label")
    assert alternative and alternative.endswith(sentence.inner_text())


@pytest.mark.parametrize("name", list(CELLS))
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_serious_fault(page: Any, name: str, dark: bool, tmp_path: Path) -> None:
    found = cell(page, name)
    theme(page, dark)
    page.evaluate("name => { window.ours(name).querySelector('.jp-Cell-outputWrapper').id = `picture-${name}`; }", name)
    results = Axe().run(page, context=f"#picture-{name}", options={"resultTypes": ["violations"]})
    serious = [
        (fault["id"], fault["help"], [node["html"][:200] for node in fault["nodes"]])
        for fault in results.response["violations"] if fault["impact"] in ("serious", "critical")
    ]
    assert not serious
    seen = Path(os.environ.get("LAB_SCREENSHOTS", tmp_path))
    seen.mkdir(parents=True, exist_ok=True)
    found.locator(".jp-Cell-outputWrapper").screenshot(path=str(seen / f"{name}-{'dark' if dark else 'light'}.png"))
