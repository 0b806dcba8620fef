"""Deployment packages from what a learner has, and what is said about them before Lambda says it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lablib.packaging import NotPackageable, from_cell, from_path
from lablib.packaging.cells import CELL_LINE
from tests.support import make_zip

HANDLER = "def lambda_handler(event, context):\n    return 1\n"


def names(content: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(content)).namelist()


def test_a_cell_has_the_consoles_names() -> None:
    package = from_cell(HANDLER)
    assert names(package.content) == ["lambda_function.py"]
    assert package.default_handler == "lambda_function.lambda_handler"
    assert package.read("lambda_function.py").decode() == "# " + CELL_LINE + HANDLER


@given(st.text())
def test_a_cell_arrives_as_it_was_written(code: str) -> None:
    try:
        expected = code.encode()
    except UnicodeEncodeError:  # a lone surrogate cannot be in a notebook file
        return
    assert from_cell(code).read("lambda_function.py") == b"# " + CELL_LINE.encode() + expected


def test_a_file_keeps_its_name_and_gives_the_handler(tmp_path: Path) -> None:
    (tmp_path / "thumbnail.py").write_text(HANDLER)
    package = from_path(tmp_path / "thumbnail.py")
    assert names(package.content) == ["thumbnail.py"]
    assert package.default_handler == "thumbnail.lambda_handler"


def test_a_folder_is_packed_without_what_is_no_code(tmp_path: Path) -> None:
    for name in ("app.py", "data/words.txt", "__pycache__/app.cpython-311.pyc", ".git/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(HANDLER)
    package = from_path(tmp_path)
    assert names(package.content) == ["app.py", "data/words.txt"]
    assert package.default_handler == "app.lambda_handler"


def test_of_several_files_the_consoles_name_wins(tmp_path: Path) -> None:
    for name in ("aaa.py", "lambda_function.py"):
        (tmp_path / name).write_text(HANDLER)
    assert from_path(tmp_path).default_handler == "lambda_function.lambda_handler"


def test_the_same_files_give_the_same_zip(tmp_path: Path) -> None:
    """So that CodeSha256 says whether the code changed."""
    import os

    (tmp_path / "app.py").write_text(HANDLER)
    first = from_path(tmp_path).content
    os.utime(tmp_path / "app.py", (0, 2_000_000_000))
    assert from_path(tmp_path).content == first


def test_what_may_be_executed_stays_so(tmp_path: Path) -> None:
    (tmp_path / "bootstrap").write_text("#!/bin/sh\n")
    (tmp_path / "bootstrap").chmod(0o755)
    (tmp_path / "app.py").write_text(HANDLER)
    modes = {
        entry.filename: entry.external_attr >> 16 & 0o777
        for entry in zipfile.ZipFile(io.BytesIO(from_path(tmp_path).content)).infolist()
    }
    assert modes == {"app.py": 0o644, "bootstrap": 0o755}


def test_a_zip_passes_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "made.zip").write_bytes(content := make_zip({"main.py": HANDLER}))
    package = from_path(tmp_path / "made.zip")
    assert package.content == content
    assert package.default_handler == "main.lambda_handler"


@pytest.mark.parametrize(("name", "said"), [("a.ts", "tsc"), ("a.rs", "cargo lambda build"), ("a.kt", ".jar"), ("a.ipynb", "%%lambda_function")])
def test_a_source_that_somebody_else_builds_is_told_so(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / name).write_text("x")
    with pytest.raises(NotPackageable, match=f"Lambda does not run {Path(name).suffix} files: .*{said}"):
        from_path(tmp_path / name)


def test_what_is_no_zip_is_for_lambda_to_refuse(tmp_path: Path) -> None:
    (tmp_path / "made.zip").write_bytes(b"not a zip")
    package = from_path(tmp_path / "made.zip")
    assert package.content == b"not a zip"
    assert package.complaint(package.default_handler) is None


@pytest.mark.parametrize("what", ["missing.py", "empty"])
def test_nothing_to_pack_is_said(tmp_path: Path, what: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotPackageable, match=what):
        from_path(tmp_path / what)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (HANDLER, None),
        ("from handlers import lambda_handler", None),
        ("from handlers import *", None),
        ("lambda_handler = lambda event, context: 1", None),
        ("try:\n    import json as lambda_handler\nexcept ImportError:\n    pass", None),
        ("def lambda_handler(event, context)\n    return 1", "lambda_function.py, line 2: expected ':'. "),
        ("def handler(event, context):\n    return 1", "HandlerNotFound. Did you mean handler? Rename it lambda_handler."),
        ("", "lambda_function.py defines no lambda_handler. Invoking it will answer Runtime.HandlerNotFound."),
        ("a\0b", "Invoking it will answer"),
    ],
)
def test_what_lambda_will_complain_about_is_said_before(code: str, expected: str | None) -> None:
    said = from_cell(code).complaint("lambda_function.lambda_handler")
    assert said is None if expected is None else said is not None and expected in said


def test_a_file_with_another_handler_is_told_how_to_name_it(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return 1\n")
    said = from_path(tmp_path / "app.py").complaint("app.lambda_handler")
    assert said is not None and said.endswith('Did you mean handler="app.handler"?')


@pytest.mark.parametrize("first", ["from __future__ import annotations", "# -*- coding: utf-8 -*-", '"""What it does."""'])
def test_what_must_come_first_in_a_file_still_does(first: str) -> None:
    assert from_cell(f"{first}\n{HANDLER}").complaint("lambda_function.lambda_handler") is None


@pytest.mark.parametrize(
    ("handler", "complains"),
    [
        ("app.lambda_handler", False),
        ("package.module.lambda_handler", False),
        ("package/module.lambda_handler", False),
        ("package.lambda_handler", False),
        ("compiled.lambda_handler", False),
        ("other.lambda_handler", True),
        ("missing.lambda_handler", True),
        ("nodots", False),
    ],
)
def test_a_handlers_module_is_looked_for(tmp_path: Path, handler: str, complains: bool) -> None:
    files = {"app.py": HANDLER, "package/__init__.py": HANDLER, "package/module.py": HANDLER, "compiled.so": "", "other.rb": ""}
    (tmp_path / "made.zip").write_bytes(make_zip(files))
    assert (from_path(tmp_path / "made.zip").complaint(handler) is not None) == complains
