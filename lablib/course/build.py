"""Build labs/ from solutions/, or check that it is built: `python -m lablib build [--check]`.

People edit the notebooks in solutions/, in Jupyter. Building makes each student's notebook from its solution, runs
both and stores what they show, but for the answers to predictions in labs/. Checking changes nothing: source,
metadata and cell ids must be byte for byte what solutions/ gives, and the outputs, after the sanitiser, what a run shows now.
"""

from __future__ import annotations

import copy
import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from lablib.course.execute import comparable, executed, with_known_outputs
from lablib.course.student import BuildError, concealed, normalised, student


@dataclass(frozen=True)
class Course:
    """Where the notebooks are."""

    root: Path

    @property
    def labs(self) -> Path:
        return self.root / "labs"

    @property
    def solutions(self) -> Path:
        return self.root / "solutions"

    def names(self) -> list[str]:
        """The solutions' file names, in order. Raises BuildError when there is none."""
        found = sorted(path.name for path in self.solutions.glob("*.ipynb"))
        if not found:
            raise BuildError(f"There is no notebook in {self.solutions}; run this in a checkout of the course.")
        return found


def main(check: bool = False, root: Path | None = None) -> int:
    """Build, or check, every notebook. Returns the process's exit code: 0, or 1 with the reasons printed."""
    course = Course(root or Path(__file__).resolve().parents[2])
    failures = 0
    try:
        names = course.names()
    except BuildError as error:
        print(error)
        return 1
    for name in names:
        try:
            complaints = list(differences(course, name)) if check else build(course, name)
        except BuildError as error:
            complaints = [str(error)]
        failures += bool(complaints)
        for complaint in complaints:
            print(complaint)
        if not complaints:
            print(f"{name}: labs/ is what solutions/ gives" if check else f"{name}: built")
    for stray in sorted({path.name for path in course.labs.glob("*.ipynb")} - set(names)):
        failures += 1
        print(f"labs/{stray}: there is no solutions/{stray}; labs are made from solutions.")
    return 1 if failures else 0


def build(course: Course, name: str) -> list[str]:
    """Write solutions/`name` and labs/`name`, each with the outputs of a run. Raises BuildError."""
    solved = normalised(_read(course.solutions / name), name)
    unsolved = student(solved, name)
    course.labs.mkdir(exist_ok=True)
    for notebook, path in ((solved, course.solutions / name), (unsolved, course.labs / name)):
        stored = _read(path) if path.exists() else None
        fresh = _run(notebook, path, course)
        _write(path, with_known_outputs(fresh, stored))
    return []


def differences(course: Course, name: str) -> Iterator[str]:
    """What is not as it should be, each with its diff. Raises BuildError when a notebook cannot be built or run."""
    complaints = list(stale(course, name))
    yield from complaints
    if complaints:
        return
    solution, lab = _read(course.solutions / name), _read(course.labs / name)
    for folder, stored in (("solutions", solution), ("labs", lab)):
        fresh = _run(stored, course.root / folder / name, course)
        for old, new in zip(stored.cells, fresh.cells, strict=True):
            if comparable(old) != comparable(new):
                yield f"{folder}/{name}, cell {old['id']} shows something else now:"
                yield _diff("\n".join(comparable(old)), "\n".join(comparable(new)), "stored", "a run of now")


def stale(course: Course, name: str) -> Iterator[str]:
    """What `differences` says of source, metadata and cell ids; nothing is run."""
    solution = _read(course.solutions / name)
    solved = normalised(solution, name)
    path = course.labs / name
    if not path.exists():
        yield f"labs/{name} is missing. Run: python -m lablib build"
        return
    for folder, stored, wanted in (("solutions", solution, solved), ("labs", _read(path), student(solved, name))):
        if _skeleton(stored) != _skeleton(wanted):
            yield f"{folder}/{name} is not what solutions/ gives. Run: python -m lablib build"
            yield _diff(_skeleton(stored), _skeleton(wanted), f"{folder}/{name}", "built from solutions/")
            return


def _run(notebook: Any, path: Path, course: Course) -> Any:
    """`notebook` with what `path` should store of a run of now."""
    ran = executed(notebook, f"{path.parent.name}/{path.name}", course.labs)
    return concealed(ran) if path.parent == course.labs else ran


def _skeleton(notebook: Any) -> str:
    """The notebook's JSON without outputs: source, metadata and cell ids."""
    bare = copy.deepcopy(notebook)
    for cell in bare.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return json.dumps(bare, indent=1, sort_keys=True, ensure_ascii=False)


def _diff(old: str, new: str, old_name: str, new_name: str) -> str:
    return "\n".join(difflib.unified_diff(old.splitlines(), new.splitlines(), old_name, new_name, n=2, lineterm=""))


def _read(path: Path) -> Any:
    where = f"{path.parent.name}/{path.name}"
    try:
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    except (ValueError, nbformat.ValidationError) as error:
        raise BuildError(f"{where} is no notebook: {error}") from None
    if notebook.get("nbformat") != 4:
        raise BuildError(f"{where} is no notebook of format 4; open it in JupyterLab and save it.")
    return notebook


def _write(path: Path, notebook: Any) -> None:
    nbformat.validate(notebook)
    text = nbformat.writes(notebook) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
