"""From a solved notebook to the student's: what labs/ loses, and the stub that takes its place."""

from __future__ import annotations

import copy
import hashlib
import re
from typing import Any, Final

BEGIN: Final = "### BEGIN SOLUTION"
END: Final = "### END SOLUTION"
TAG: Final = "solution"
"""The tag of a cell that labs/ does not have. The marker names are nbgrader's, which teachers know."""

REVEALS: Final = "reveals"
"""The tag of a cell that answers a prediction. labs/ stores no outputs of it, so that nobody reads the answer first."""

_NOT_COMPARED: Final = "nbval-ignore-output"
"""nbval's tag for a cell whose outputs it does not compare: in labs/ such a cell has none."""

STUB: Final = ("# Your code goes here.", 'raise NotImplementedError("your code goes here")')

_KERNEL: Final = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_DROPPED: Final = ("execution", "ExecuteTime", "collapsed", "scrolled")
"""Cell metadata that an editor or a run leaves behind."""

_ID: Final = re.compile(r"^[a-zA-Z0-9-_]{1,64}$")
"""What nbformat 4.5 allows as a cell's id."""


class BuildError(Exception):
    """A notebook in solutions/ cannot be built; the text says which cell and what to do."""


def normalised(notebook: Any, name: str) -> Any:
    """A copy without what differs from editor to editor: metadata of the run and the interpreter, missing ids.

    Ids that are there stay. A cell without a valid id of its own gets one made from the notebook's name and its text,
    so that the same source gives the same ids on every machine.
    """
    clean = copy.deepcopy(notebook)
    clean.nbformat, clean.nbformat_minor = 4, 5
    clean.metadata = type(clean.metadata)({"kernelspec": dict(_KERNEL), "language_info": {"name": "python"}})
    seen: set[str] = set()
    for cell in clean.cells:
        for key in _DROPPED:
            cell.metadata.pop(key, None)
        if not _ID.match(cell.get("id") or "") or cell["id"] in seen:
            cell["id"] = _made_id(name, cell.source, seen)
        seen.add(cell["id"])
    return clean


def student(notebook: Any, name: str) -> Any:
    """The student's notebook, without outputs. `notebook` is normalised. Raises BuildError."""
    made = copy.deepcopy(notebook)
    made.cells = [cell for cell in made.cells if TAG not in cell.metadata.get("tags", [])]
    for cell in made.cells:
        if reveals(cell):
            cell.metadata["tags"] = [*cell.metadata["tags"], _NOT_COMPARED]
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.source = without_solution(cell.source, f"{name}, cell {cell['id']}")
        elif BEGIN in cell.source or END in cell.source:
            raise BuildError(f"{name}, cell {cell['id']}: solution markers work in code cells; tag this cell {TAG!r}.")
    return made


def reveals(cell: Any) -> bool:
    """Whether the cell answers a prediction."""
    return REVEALS in cell.metadata.get("tags", [])


def concealed(notebook: Any) -> Any:
    """A copy of a student's notebook that has run, without the outputs of the cells that answer a prediction."""
    made = copy.deepcopy(notebook)
    for cell in made.cells:
        if reveals(cell):
            cell.outputs, cell.execution_count = [], None
    return made


def without_solution(source: str, where: str) -> str:
    """`source` with each marked block replaced by the stub, indented as the block was. Raises BuildError."""
    kept: list[str] = []
    inside = False
    for line in source.split("\n"):
        mark = line.strip()
        if mark == BEGIN:
            indent = line[: len(line) - len(line.lstrip())]
            if inside:
                raise BuildError(f"{where}: {BEGIN} stands inside another block; close that with {END} first.")
            if not indent:
                raise BuildError(f"{where}: a block at the cell's left edge would stop Run All; put it inside a function.")
            kept += [indent + stub for stub in STUB]
            inside = True
        elif mark == END:
            if not inside:
                raise BuildError(f"{where}: {END} closes nothing; begin the block with {BEGIN}.")
            inside = False
        elif not inside:
            kept.append(line)
    if inside:
        raise BuildError(f"{where}: {BEGIN} is never closed; end the block with {END}.")
    return "\n".join(kept)


def _made_id(name: str, source: str, seen: set[str]) -> str:
    number = 0
    while True:
        made = hashlib.sha256(f"{name}\n{number}\n{source}".encode()).hexdigest()[:12]
        if made not in seen:
            return made
        number += 1
