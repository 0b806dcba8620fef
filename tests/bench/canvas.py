"""Frames a second of the fleet's canvas, played in Chromium inside JupyterLab."""

from __future__ import annotations

import tempfile
from pathlib import Path

import nbformat

from tests.bench.table import Goal, Row
from tests.browser.jupyter import CHROMIUM, chromium, jupyterlab, open_notebook, run_all

ENVIRONMENTS = 1_000
_CODE = f"""
import numpy as np
from lablib.view.canvas import FleetCanvas, Scene
from lablib.view.fleet import Fleet

calls = 10  # of each environment; all work, now and then one rests
number = np.repeat(np.arange({ENVIRONMENTS}, dtype=np.int32), calls)
began = (np.tile(np.arange(calls), {ENVIRONMENTS}) + np.linspace(0, 1, number.size)) * 2.0
fleet = Fleet(number, began, began + 0.2, began + 1.8, (np.empty(0), np.empty(0)))
FleetCanvas({{"all": lambda: Scene("all", 20.0, {{"live fleet": fleet, "simulation": fleet}})}}, still="")
"""
_FRAMES = "() => Number(document.querySelector('.ll-fleet canvas').dataset.frames)"
_SECOND = "() => new Promise(done => setTimeout(done, 1000))"


def rows(seconds: int) -> list[Row]:
    """The slowest second's frames, of so many seconds of play; no row without Chromium."""
    if CHROMIUM is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        home, notebooks = Path(folder, "home"), Path(folder, "notebooks")
        home.mkdir()
        notebooks.mkdir()
        cells = [nbformat.v4.new_code_cell(_CODE)]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), notebooks / "fleet.ipynb")
        with jupyterlab(home, notebooks) as address, chromium() as page:
            open_notebook(page, address, "fleet.ipynb")
            run_all(page)
            page.locator(".ll-fleet .ll-sentence", has_text=f"{ENVIRONMENTS:,}").wait_for()
            page.get_by_label("Time").press("Home")
            page.locator(".ll-fleet button").click()
            counted = [page.evaluate(_FRAMES)]
            for _ in range(seconds):
                page.evaluate(_SECOND)
                counted.append(page.evaluate(_FRAMES))
    slowest = min(later - earlier for earlier, later in zip(counted, counted[1:]))
    what = f"the canvas with {ENVIRONMENTS:,} environments over {ENVIRONMENTS:,} simulated, slowest second"
    return [Row(what, "frames/s", slowest, goals=[Goal("25 frames/s", slowest >= 25)])]
