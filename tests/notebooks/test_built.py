"""labs/ is what solutions/ gives, and a run of now shows what is stored.

nbval runs every notebook of labs/ and solutions/ and compares what it shows; what it does not see is here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from lablib.course.build import Course, stale
from lablib.course.catalogue import LABS
from lablib.course.execute import comparable, executed

ROOT = Path(__file__).resolve().parents[2]
EACH = pytest.mark.parametrize("slug", [lab.slug for lab in LABS if lab.written])


@EACH
def test_labs_are_what_solutions_give(slug: str) -> None:
    assert not list(stale(Course(ROOT), f"{slug}.ipynb"))


def test_each_lab_has_a_solution() -> None:
    assert {path.name for path in (ROOT / "labs").glob("*.ipynb")} == {f"{lab.slug}.ipynb" for lab in LABS if lab.written}


@EACH
def test_without_user_namespaces_and_run_twice_a_lab_shows_the_same(slug: str) -> None:
    """Many machines have no namespaces; every lab and every check gives the same result there.

    Twice in one kernel, but for the first cell, which says that the cloud was emptied: `start()` begins with an empty one.
    """
    notebook = nbformat.read(ROOT / "solutions" / f"{slug}.ipynb", as_version=4)
    once: list[Any] = [cell for cell in notebook.cells if cell.cell_type == "code"]
    stored = [comparable(cell) for cell in once]
    assert "lablib.start(" in once[0].source
    once[0].source = once[0].source.replace("lablib.start(", 'lablib.start(isolation="off", ').replace(", )", ")")
    notebook.cells = [*once, *(type(cell)({**cell, "id": f"{cell['id']}-again"}) for cell in once)]
    shown = [comparable(cell) for cell in executed(notebook, slug, ROOT / "labs").cells]
    assert shown[: len(once)] == stored
    assert shown[len(once) + 1 :] == stored[1:]
