"""What labs/ loses of solutions/, and what takes its place."""

from __future__ import annotations

from typing import Any

import nbformat.v4
import pytest

from lablib.course.student import BuildError, normalised, student, without_solution

SOLVED = """%%lambda_function greet
def lambda_handler(event, context):
    name = 1
    ### BEGIN SOLUTION
    secret = 2
    return secret
    ### END SOLUTION

print("after")"""

STUB = """%%lambda_function greet
def lambda_handler(event, context):
    name = 1
    # Your code goes here.
    raise NotImplementedError("your code goes here")

print("after")"""


def notebook(*cells: Any) -> Any:
    return nbformat.v4.new_notebook(cells=list(cells), metadata={"language_info": {"name": "python", "version": "3.11.7"}})


def test_a_block_becomes_the_stub() -> None:
    assert without_solution(SOLVED, "here") == STUB


def test_source_without_a_block_is_kept_to_the_byte() -> None:
    text = "a = 1\n\n\n  # odd   spaces \n"
    assert without_solution(text, "here") == text


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", "would stop Run All; put it inside a function"),
        ("def f():\n    ### BEGIN SOLUTION\n    return 1", "is never closed"),
        ("def f():\n    ### END SOLUTION", "closes nothing"),
        ("def f():\n    ### BEGIN SOLUTION\n    ### BEGIN SOLUTION\n    ### END SOLUTION", "inside another block"),
    ],
)
def test_markers_that_do_not_fit_are_said(source: str, complaint: str) -> None:
    with pytest.raises(BuildError, match=f"^lab, cell 3: .*{complaint}"):
        without_solution(source, "lab, cell 3")


def test_tagged_cells_are_dropped_and_outputs_too() -> None:
    shown = nbformat.v4.new_code_cell("1 + 1", execution_count=4)
    shown.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "2"}, execution_count=4)]
    secret = nbformat.v4.new_code_cell("answer = 42", metadata={"tags": ["solution"]})
    words = nbformat.v4.new_markdown_cell("Words.")
    made = student(normalised(notebook(words, shown, secret), "lab"), "lab")
    assert [cell.source for cell in made.cells] == ["Words.", "1 + 1"]
    assert made.cells[1].outputs == [] and made.cells[1].execution_count is None


def test_markers_in_words_are_refused() -> None:
    with pytest.raises(BuildError, match="tag this cell 'solution'"):
        student(normalised(notebook(nbformat.v4.new_markdown_cell("### BEGIN SOLUTION")), "lab"), "lab")


def test_ids_are_kept_and_missing_ones_are_the_same_every_time() -> None:
    def cells() -> Any:
        made = notebook(*(nbformat.v4.new_code_cell(text) for text in ("a", "b", "b", "c")))
        for cell, name in zip(made.cells, ("win", "", "", "win"), strict=True):
            cell["id"] = name
        return made

    ids = [cell["id"] for cell in normalised(cells(), "lab").cells]
    assert ids[0] == "win" and len(set(ids)) == 4
    assert ids == [cell["id"] for cell in normalised(cells(), "lab").cells]


def test_metadata_of_a_run_is_dropped() -> None:
    cell = nbformat.v4.new_code_cell("1", metadata={"execution": {"iopub.status.busy": "2026-11-23"}, "collapsed": True, "tags": ["raises-exception"]})
    made = normalised(notebook(cell), "lab")
    assert made.cells[0].metadata == {"tags": ["raises-exception"]}
    assert made.metadata.language_info == {"name": "python"}
