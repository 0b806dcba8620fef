"""The rules of the house: which room imports which, how long a file is, and what may stand in the repository."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# room -> what of lablib it may import; a room of `lablib/` itself (a file) is the face.
MAY_IMPORT: dict[str, set[str]] = {
    "models": set(),
    "environments": {"models"},
    "aws": {"models"},
    "packaging": {"models"},
    "cloud": {"environments", "models"},
    "view": {"models"},
    "course": {"view", "models"},
}
NOTEBOOK = {"IPython", "ipykernel", "ipywidgets", "anywidget", "matplotlib"}
AWS_LIBRARIES = {"boto3", "botocore", "moto", "s3transfer"}
NEVER: dict[str, set[str]] = {
    "cloud": NOTEBOOK,
    "environments": NOTEBOOK | AWS_LIBRARIES,
    "models": NOTEBOOK | AWS_LIBRARIES | {"tornado", "awslambdaric"},
}


def files(folder: str = "lablib") -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def room_of(path: Path) -> str:
    """`cloud` for lablib/cloud/front.py; `` for lablib/lab.py."""
    parts = path.relative_to(ROOT / "lablib").parts
    return parts[0] if len(parts) > 1 else ""


def imports(path: Path) -> Iterator[str]:
    """Every module that the file imports, at any depth of the code, by its absolute dotted name."""
    package = list(path.relative_to(ROOT).with_suffix("").parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            yield name
            if name == "lablib":  # from lablib import models
                yield from (f"lablib.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_arrows_point_downward(path: Path) -> None:
    room = room_of(path)
    used = {name.split(".")[1] for name in imports(path) if name.startswith("lablib.")}
    if room:
        assert used <= MAY_IMPORT[room] | {room}, f"{room}/ may not import {used - MAY_IMPORT[room] - {room}}"
    elif path.stem != "__main__":
        assert "cloud" not in used, "the cloud runs in its own process; only __main__ starts it"


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_room_imports_what_it_must_not(path: Path) -> None:
    tops = {name.split(".")[0] for name in imports(path)}
    assert not tops & NEVER.get(room_of(path), set())


def test_models_are_pure() -> None:
    """`models/` is the standard library, numpy and itself."""
    for path in (ROOT / "lablib" / "models").rglob("*.py"):
        foreign = {name.split(".")[0] for name in imports(path)} - set(sys.stdlib_module_names) - {"numpy", "lablib"}
        assert not foreign, f"{path.name} imports {foreign}"


def test_moto_is_imported_in_one_room() -> None:
    for path in files():
        if any(name.split(".")[0] == "moto" for name in imports(path)):
            assert path.is_relative_to(ROOT / "lablib" / "cloud" / "moto_seam"), path


def test_import_lablib_is_light() -> None:
    """The cloud's process imports lablib too: nothing of the notebook, of AWS or of numpy may come with it."""
    heavy = sorted(NOTEBOOK | AWS_LIBRARIES | {"numpy", "tornado"})
    code = f"import sys, lablib; print([name for name in {heavy} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_one_idea(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_requirements_are_what_pyproject_asks_for() -> None:
    import tomllib

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert lines[-1] == "-e ."
    assert not any("://" in line or line.startswith(("--", "-i ", "-f ")) for line in lines)
    pinned = {}
    for line in lines:
        text = line.split("#")[0].strip()
        if text and not text.startswith("-"):
            pin = Requirement(text)
            (one,) = pin.specifier
            assert one.operator == "==", text
            pinned[canonicalize_name(pin.name)] = one.version
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for text in project["dependencies"]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(pinned[canonicalize_name(wanted.name)]), text


def test_types() -> None:
    """mypy, strict, over lablib; its own report is the failure's message. Without its cache, which has been seen to lag."""
    ran = subprocess.run([sys.executable, "-m", "mypy", f"--cache-dir={os.devnull}"], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
