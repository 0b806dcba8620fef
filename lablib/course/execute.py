"""Run a notebook from top to bottom, as a learner's Run All does, and compare what it shows."""

from __future__ import annotations

import copy
import os
import re
import tempfile
from pathlib import Path
from typing import Any, Final

from lablib.course.progress import HOME_VARIABLE
from lablib.course.sanitize import sanitize
from lablib.course.student import BuildError

_CELL_SECONDS: Final = 180
"""As in pyproject.toml: compilers take long on a new machine."""
_LIVE: Final = "application/vnd.jupyter.widget-view+json"
"""A widget of a kernel that has ended: without it a page shows the PNG and the text beside it."""
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
"""What a traceback is coloured with in a terminal."""
_NOT_COMPARED: Final = ("image/png",)
"""nbval does not compare pictures either: fonts differ from machine to machine."""


def executed(notebook: Any, name: str, folder: Path) -> Any:
    """A copy of `notebook` with the outputs of a run in `folder`, as a learner who has done nothing yet.

    Raises BuildError with the cell and its error when a cell fails.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    run = copy.deepcopy(notebook)
    client = NotebookClient(
        run, timeout=_CELL_SECONDS, kernel_name="python3", store_widget_state=False, record_timing=False, coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    with tempfile.TemporaryDirectory(prefix="lambda-lab-build-") as home:
        own = {HOME_VARIABLE: home, "IPYTHONDIR": home}
        try:
            client.execute(env={**os.environ, **own})
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise BuildError(f"{name}: {_COLOUR.sub('', str(error))}") from None
    run.metadata = copy.deepcopy(notebook.metadata)  # the run adds the interpreter's version
    for cell in run.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(_LIVE, None)
            if "metadata" in output:
                output["metadata"] = type(output["metadata"])()
    return run


def comparable(cell: Any) -> list[str]:
    """What a cell shows, after the sanitiser, without pictures: one text for each stream and representation, in order."""
    texts: list[str] = []
    streams: dict[str, int] = {}
    for output in cell.get("outputs", []):
        kind = output["output_type"]
        if kind == "stream":
            if output["name"] not in streams:
                streams[output["name"]] = len(texts)
                texts.append(f"{output['name']}: ")
            texts[streams[output["name"]]] += output["text"]
        elif kind == "error":
            texts.append(f"error: {output['ename']}: {output['evalue']}")
        else:
            data = output.get("data", {})
            texts += [f"{mime}: {data[mime]}" for mime in sorted(data) if mime not in _NOT_COMPARED and mime != _LIVE]
    return [sanitize(text) for text in texts]


def with_known_outputs(fresh: Any, stored: Any | None) -> Any:
    """`fresh`, with the outputs of `stored` when all of them show the same: figures do not change for nothing.

    All or none: the figures of one notebook come from one run, or they would contradict each other.
    """
    if stored is None:
        return fresh
    new, old = ([cell for cell in notebook.cells if cell.cell_type == "code"] for notebook in (fresh, stored))
    if len(new) == len(old) and all(_shows_the_same(a, b) for a, b in zip(old, new, strict=True)):
        for cell, known in zip(new, old, strict=True):
            cell.outputs = known.outputs
    return fresh


def _shows_the_same(old: Any, new: Any) -> bool:
    same_cell = (old.get("id"), old.source) == (new["id"], new.source)
    return same_cell and comparable(old) == comparable(new) and _pictures(old) == _pictures(new)


def _pictures(cell: Any) -> list[str]:
    found = [output.get("data", {}).get("image/png") for output in cell.get("outputs", [])]
    return [picture.strip() for picture in found if picture]
