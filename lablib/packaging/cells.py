"""A notebook's cell as a function's code, in the language that its runtime names."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath

from lablib.packaging.archive import NotPackageable, workbench, zipped
from lablib.packaging.source import CONSOLE_FILE, Package, from_path
from lablib.packaging.workshop import Workshop

CELL_LINE = "%%lambda_function\n"
"""Stands, as a comment, for a cell's own first line, so that a warning and a traceback count lines as the notebook does."""


def from_cell(code: str, runtime: str | None = None, shop: Workshop | None = None) -> Package:
    """The package of what stands below a cell's `%%lambda_function` line. Python is `lambda_function.py`.

    Raises `NotPackageable` when the cell does not compile, or is no code of this runtime.
    """
    if runtime is None or runtime.startswith("python"):
        files = {CONSOLE_FILE: ((f"# {CELL_LINE}{code}").encode(), False)}
        return Package(zipped(files), PurePosixPath(CONSOLE_FILE).stem, is_cell=True)
    name, comment = _file(code, runtime)
    with workbench() as bench:
        (bench / name).write_text(f"{comment} {CELL_LINE}{code}" if comment else code, encoding="utf-8")
        return replace(from_path(bench / name, shop), is_cell=True)


def _file(code: str, runtime: str) -> tuple[str, str]:
    """What the file of this code is called, and how a comment begins in it (empty: its first line has to stay the first)."""
    family = re.match("[a-z]+", runtime)
    match family[0] if family else runtime:
        case "nodejs":
            return "index.mjs", "//"
        case "ruby":
            return "lambda_function.rb", "#"
        case "dotnet":
            return "Function.cs", "//"
        case "java":
            public = re.search(r"\bpublic\s+(?:final\s+|abstract\s+)*(?:class|record|interface)\s+(\w+)", code)
            return f"{public[1] if public else 'Function'}.java", "//"
        case "provided":
            if code.startswith("#!"):
                return "bootstrap", ""
            if re.search(r"^\s*package\s+main\b", code, re.MULTILINE):
                return "main.go", "//"
            raise NotPackageable(f"With {runtime} a cell is Go (package main) or a script that begins with #!.")
    known = "python3.13, nodejs22.x, ruby3.4, java21, dotnet8, or provided.al2023 for Go or a script"
    raise NotPackageable(f"Lambda has no runtime {runtime}. A cell's --runtime is such as {known}.")
