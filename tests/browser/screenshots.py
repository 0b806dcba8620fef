"""Pictures of every lab in both themes, to look at: `python -m tests.browser.screenshots FOLDER [NOTEBOOKS]`."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from tests.browser.jupyter import ROOT, chromium, jupyterlab, open_notebook, run_all, theme

_WHOLE = {"@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"}}
_PAGE = 1500
"""Pixels: the height of one picture."""


def main(target: Path, notebooks: Path) -> None:
    """Write NAME-theme-K.png for each notebook, theme and windowful."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, jupyterlab(Path(folder), notebooks, _WHOLE) as address:
        for notebook in sorted(notebooks.glob("*.ipynb")):
            with chromium(1200, _PAGE) as page:
                open_notebook(page, address, notebook.name)
                page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
                run_all(page)
                for dark in (False, True):
                    theme(page, dark)
                    for number, top in enumerate(_windows(page)):
                        page.evaluate("top => document.querySelector('.jp-WindowedPanel-outer').scrollTo(0, top)", top)
                        name = f"{notebook.stem}-{'dark' if dark else 'light'}-{number}.png"
                        page.screenshot(path=str(target / name))
                        print(name)


def _windows(page: Any) -> range:
    outer = "document.querySelector('.jp-WindowedPanel-outer')"
    height, shown = page.evaluate(f"() => [{outer}.scrollHeight, {outer}.clientHeight]")
    return range(0, height, shown)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("notebooks", type=Path, nargs="?", default=ROOT / "labs", help="what is opened; labs/ unless given")
    asked = parser.parse_args()
    main(asked.folder, asked.notebooks)
