"""labs/ is what solutions/ gives, and a run of now shows what is stored."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from lablib.course import build
from lablib.course.catalogue import LABS
from lablib.course.execute import comparable, executed

ROOT = Path(__file__).resolve().parents[2]


def test_build_check(capsys: pytest.CaptureFixture[str]) -> None:
    code = build.main(check=True, root=ROOT)
    out = capsys.readouterr().out
    assert code == 0, out
    assert out.count("labs/ is what solutions/ gives") == len(list((ROOT / "solutions").glob("*.ipynb")))


@pytest.mark.parametrize("slug", [lab.slug for lab in LABS if lab.written])
def test_run_all_twice_shows_the_same(slug: str) -> None:
    """In one kernel, but for the first cell, which says that the cloud was emptied: `start()` begins with an empty one."""
    notebook = nbformat.read(ROOT / "labs" / f"{slug}.ipynb", as_version=4)
    once = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells = [*once, *(type(cell)({**cell, "id": f"{cell['id']}-again"}) for cell in once)]
    run = executed(notebook, slug, ROOT / "labs")
    shown = [comparable(cell) for cell in run.cells]
    assert shown[len(once) + 1 :] == shown[1 : len(once)]


@pytest.mark.parametrize("slug", [lab.slug for lab in LABS if lab.written])
def test_without_user_namespaces_a_lab_shows_the_same(slug: str) -> None:
    """Many machines have none; every lab and every check gives the same result there."""
    notebook = nbformat.read(ROOT / "solutions" / f"{slug}.ipynb", as_version=4)
    stored = {cell["id"]: comparable(cell) for cell in notebook.cells}
    notebook.cells[1].source = notebook.cells[1].source.replace("start()", 'start(isolation="off")')
    run = executed(notebook, slug, ROOT / "labs")
    assert 'isolation="off"' in run.cells[1].source
    assert {cell["id"]: comparable(cell) for cell in run.cells} == stored
