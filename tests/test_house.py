"""The rules of the house: which room imports which, how long a file is, and what may stand in the repository."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections import Counter
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


def test_the_local_cloud_starts_without_the_labs_models() -> None:
    """They are large, and two of them bring numpy: what cloud and labs share stands in a smaller file."""
    of_labs = tuple(f"lablib.models.{room}" for room in ("coldstart", "events", "pricing", "scaling"))
    for path in (path for path in files() if room_of(path) in ("cloud", "environments")):
        assert not [name for name in (*imports(path), *imports_at_once(path)) if name == "numpy" or name.startswith(of_labs)], path


def test_no_key_stands_twice() -> None:
    """In one dictionary the second would hide the first."""
    for path in files() + files("tests"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Dict):
                keys = Counter(repr(key.value) for key in node.keys if isinstance(key, ast.Constant))
                assert not keys or max(keys.values()) == 1, f"{path.relative_to(ROOT)}:{node.lineno}"


def test_no_module_needs_itself() -> None:
    """Modules import one another in no circle. A package's own __init__, which gathers what others offer, is not looked at."""
    needs = {module_of(path): set(imports_at_once(path)) for path in files() if path.stem != "__init__"}
    while ends := {module for module, needed in needs.items() if not needed & needs.keys()}:
        needs = {module: needed for module, needed in needs.items() if module not in ends}
    assert not needs, f"in a circle, or above one: {sorted(needs)}"


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imports_at_once(path: Path) -> Iterator[str]:
    """What is imported when the file is, and not for its types alone: modules, and names that may be modules."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_one_idea(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_a_file_of_tests_is_one_subject() -> None:
    """Somewhat longer than the code, since tables are."""
    assert not [str(path) for path in files("tests") if len(path.read_text(encoding="utf-8").splitlines()) > 450]


def test_a_room_names_what_is_in_it() -> None:
    """A package whose docstring lists its modules, name by name, lists all of them, and none that is gone."""
    wrong = {}
    for room in (path for path in files() if path.stem == "__init__"):
        told = ast.get_docstring(ast.parse(room.read_text(encoding="utf-8"))) or ""
        rows = set(re.findall(r"^`(\w+)` ", told, re.MULTILINE))
        there = {path.stem for path in room.parent.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
        missing = {name for name in there - {"__init__"} if f"`{name}`" not in told}
        if len(rows & there) > 1 and (missing or rows - there):
            wrong[str(room.parent.relative_to(ROOT))] = sorted(missing | rows - there)
    assert not wrong


def test_a_function_is_one_thought() -> None:
    """At most 40 lines; its docstring does not count."""
    long = []
    for path in files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                told = ast.get_docstring(node) is not None and len(node.body) > 1
                if (node.end_lineno or 0) - node.body[1 if told else 0].lineno >= 40:
                    long.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert not long


def test_what_is_imported_is_used() -> None:
    unused = []
    for path in files() + files("tests"):
        text = path.read_text(encoding="utf-8")
        words = Counter(re.findall(r"\w+", text))
        for node in ast.walk(ast.parse(text)) if path.stem != "__init__" else ():  # which imports what others are to find there
            for alias in node.names if isinstance(node, (ast.Import, ast.ImportFrom)) else ():
                name = (alias.asname or alias.name).split(".")[0]
                on_purpose = name == "annotations" or alias.asname == alias.name or "noqa: F401" in text.split("\n")[node.lineno - 1]
                if words[name] < 2 and not on_purpose:
                    unused.append(f"{path.relative_to(ROOT)}: {name}")
    assert not unused


def test_no_machines_paths() -> None:
    """Nothing in the repository names a folder of the machine that it was written on."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split("\n")
    if not listed[0]:
        pytest.skip("no git here, or no repository: there is nothing to say what belongs to it")
    # /home/ana is a story's, sbx_user1051 is Lambda's.
    machines = re.compile(r"/work/|/Users/\w+/|/root/\.|/home/(?!ana\b|sbx_user1051)\w+/")
    for name in filter(None, listed):
        found = machines.search((ROOT / name).read_text(encoding="utf-8", errors="replace")) if (ROOT / name).is_file() else None
        assert found is None or name == "tests/test_house.py", f"{name}: {found}"


def test_a_number_that_stands_twice_is_the_same() -> None:
    """The spawner imports nothing of lablib, so it has a limit of its own."""
    from lablib.environments.spawner import launch
    from lablib.models import limits

    assert launch._FILE_DESCRIPTORS == limits.FILE_DESCRIPTORS


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


def test_what_is_imported_is_declared() -> None:
    """A library that comes with another today is not there tomorrow, unless pyproject.toml names it."""
    import tomllib

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {canonicalize_name(Requirement(text).name).replace("-", "_") for text in project["dependencies"]}
    # jsonata-python's module; then what botocore, Jupyter and awslambdaric are written with, and a module of the last one's.
    declared |= {"jsonata", "urllib3", "jmespath", "IPython", "psutil", "traitlets", "snapshot_restore_py", "runtime_client"}
    own = {"lablib", *(path.stem for path in (ROOT / "lablib" / "environments").rglob("*.py"))}
    used = {name.split(".")[0] for path in files() for name in imports(path)} - set(sys.stdlib_module_names) - own
    assert not used - declared


def test_types() -> None:
    """mypy, strict, over lablib; its own report is the failure's message. Without its cache, which has been seen to lag."""
    ran = subprocess.run([sys.executable, "-m", "mypy", f"--cache-dir={os.devnull}"], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
