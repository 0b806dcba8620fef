"""`python -m lablib build` and `--check`, on a course of one small notebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from lablib.course import build

SOURCES = (
    "def f(x):\n    ### BEGIN SOLUTION\n    return x + 1\n    ### END SOLUTION",
    "import time\nprint(f'it took {time.perf_counter() % 1000:.2f} ms')",
    "try:\n    print('f is', f(1))\nexcept NotImplementedError:\n    print('f is a stub')",
    "print('so the answer was b')",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built course."""
    root = tmp_path_factory.mktemp("course")
    (root / "solutions").mkdir()
    cells = [nbformat.v4.new_markdown_cell("# Add one"), *(nbformat.v4.new_code_cell(text) for text in SOURCES)]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    cells[4].metadata["tags"] = ["reveals"]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), root / "solutions" / "00-add.ipynb")
    assert build.main(root=root) == 0
    return root


@pytest.fixture
def course(built: Path, tmp_path: Path) -> Path:
    """A copy of the built course, to spoil."""
    for folder in ("labs", "solutions"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "00-add.ipynb").write_bytes((built / folder / "00-add.ipynb").read_bytes())
    return tmp_path


def lab(course: Path, folder: str = "labs") -> Any:
    return nbformat.read(course / folder / "00-add.ipynb", as_version=4)


def texts(notebook: Any) -> list[str]:
    return [cell.outputs[0].text for cell in notebook.cells if cell.get("outputs")]


def test_both_are_run_and_the_lab_has_the_stub(built: Path) -> None:
    assert texts(lab(built, "solutions"))[1] == "f is 2\n"
    assert texts(lab(built))[1] == "f is a stub\n"
    assert "raise NotImplementedError" in lab(built).cells[1].source
    assert [cell["id"] for cell in lab(built).cells] == ["cell-0", "cell-1", "cell-2", "cell-3", "cell-4"]


def test_an_answer_is_stored_and_compared_in_the_solution_alone(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    solved, unsolved = lab(course, "solutions").cells[4], lab(course).cells[4]
    assert (solved.outputs[0].text, solved.metadata.tags) == ("so the answer was b\n", ["reveals"])
    assert (unsolved.outputs, unsolved.execution_count) == ([], None)
    assert unsolved.metadata.tags == ["reveals", "nbval-ignore-output"], "nbval runs the cell and compares nothing"
    for folder in ("labs", "solutions"):
        notebook = lab(course, folder)
        notebook.cells[4].outputs = [nbformat.v4.new_output("stream", text="so the answer was a\n")]
        nbformat.write(notebook, course / folder / "00-add.ipynb")
    assert build.main(check=True, root=course) == 1
    out = capsys.readouterr().out
    assert "labs/00-add.ipynb, cell cell-4 shows something else now" in out
    assert "solutions/00-add.ipynb, cell cell-4 shows something else now" in out


@pytest.mark.parametrize("changed", [False, True])
def test_the_figures_of_a_notebook_are_of_one_run(course: Path, changed: bool) -> None:
    notebook = lab(course, "solutions")
    notebook.cells[2].outputs[0].text = "it took 12345.67 ms\n"
    if changed:
        notebook.cells[3].outputs[0].text = "f was something else\n"
    nbformat.write(notebook, course / "solutions" / "00-add.ipynb")
    assert build.main(root=course) == 0
    assert (texts(lab(course, "solutions"))[0] == "it took 12345.67 ms\n") is not changed


def test_check_is_content_although_a_figure_differs(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(check=True, root=course) == 0
    assert capsys.readouterr().out == "00-add.ipynb: labs/ is what solutions/ gives\n"


def test_building_again_changes_nothing(course: Path) -> None:
    before = {path: path.read_bytes() for path in course.rglob("*.ipynb")}
    assert build.main(root=course) == 0
    assert {path: path.read_bytes() for path in course.rglob("*.ipynb")} == before


def test_check_shows_what_differs_in_the_source(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = lab(course)
    notebook.cells[2].source += "  # edited in labs/"
    nbformat.write(notebook, course / "labs" / "00-add.ipynb")
    assert build.main(check=True, root=course) == 1
    out = capsys.readouterr().out
    assert "labs/00-add.ipynb is not what solutions/ gives. Run: python -m lablib build" in out
    assert "# edited in labs/" in out


def test_check_shows_what_differs_in_an_output(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = lab(course, "solutions")
    notebook.cells[3].outputs[0].text = "f is 3\n"
    nbformat.write(notebook, course / "solutions" / "00-add.ipynb")
    assert build.main(check=True, root=course) == 1
    out = capsys.readouterr().out
    assert "solutions/00-add.ipynb, cell cell-3 shows something else now" in out
    assert "-stdout: f is 3" in out and "+stdout: f is 2" in out


def test_check_names_labs_without_a_solution_and_the_reverse(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (course / "labs" / "00-add.ipynb").rename(course / "labs" / "09-stray.ipynb")
    assert build.main(check=True, root=course) == 1
    out = capsys.readouterr().out
    assert "labs/00-add.ipynb is missing" in out and "there is no solutions/09-stray.ipynb" in out


def test_a_cell_that_fails_is_named(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = lab(course, "solutions")
    notebook.cells[3].source = "f(1) / 0"
    nbformat.write(notebook, course / "solutions" / "00-add.ipynb")
    assert build.main(root=course) == 1
    out = capsys.readouterr().out
    assert "solutions/00-add.ipynb" in out and "ZeroDivisionError: division by zero" in out and "\x1b" not in out


@pytest.mark.parametrize("content", ["", "{}", "not json"])
def test_a_file_that_is_no_notebook_is_said(course: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    (course / "solutions" / "00-add.ipynb").write_text(content, encoding="utf-8")
    assert build.main(check=True, root=course) == 1
    assert "solutions/00-add.ipynb is no notebook" in capsys.readouterr().out


def test_no_course_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(root=tmp_path) == 1
    assert "There is no notebook in" in capsys.readouterr().out
