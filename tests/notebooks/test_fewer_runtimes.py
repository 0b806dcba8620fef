"""Lab 03 on a machine that has few runtimes: it shows the same, and says what is missing and how to get it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from lablib.course.execute import comparable, executed
from lablib.environments.runtimes.toolchains import TOOLCHAINS

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = TOOLCHAINS.keys() - {"bash", "curl"}
ASKED = 'print(missing["ruby"])\nprint(lab.picture("runtimes", missing=missing).sentence)'


@pytest.fixture
def without_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PATH has every program but those of the languages (some may still come from PyPI)."""
    names = {name for folder in os.environ["PATH"].split(os.pathsep) if os.path.isdir(folder) for name in os.listdir(folder)}
    for name in names - LANGUAGES:
        if found := shutil.which(name):
            (tmp_path / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_a_machine_with_few_runtimes_shows_the_same(without_languages: None) -> None:
    notebook = nbformat.read(ROOT / "solutions" / "03-runtimes.ipynb", as_version=4)
    stored = [comparable(cell) for cell in notebook.cells]
    notebook.cells.append(new_code_cell(ASKED))
    *shown, asked = [comparable(cell) for cell in executed(notebook, "lab 03", ROOT / "labs").cells]
    assert shown == stored
    [said] = asked
    assert "ruby is not installed. To install it: " in said
    assert " does not run on this machine: " in said.splitlines()[1] and "To install it: " in said.splitlines()[1]
