"""One deployment package: its zip, its likely handler, and what Lambda would complain about later.

A zip is made the same for the same files (fixed dates, sorted names), so that its CodeSha256 says whether the code changed.
"""

from __future__ import annotations

import ast
import io
import os
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

CONSOLE_FILE = "lambda_function.py"
"""What the AWS console calls the file of a new Python function; its handler is `lambda_function.lambda_handler`."""

HANDLER_FUNCTION = "lambda_handler"

CELL_LINE = "# %%lambda_function\n"
"""Stands for a cell's own first line, so that a warning and a traceback count lines as the notebook does."""

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip can hold
_NOT_CODE = {"__pycache__", ".git", ".ipynb_checkpoints", ".DS_Store", ".venv"}


class NotPackageable(ValueError):
    """What was given is no file, folder or zip; the text says what is wrong and what to do."""


@dataclass(frozen=True)
class Package:
    """A deployment package.

    Attributes
    ----------
    content : the zip, as bytes
    module : the Python module that most likely holds the handler (`thumbnail` for thumbnail.py), or None when nothing tells
    is_cell : whether it was a notebook's cell, whose handler has no name but the console's
    """

    content: bytes
    module: str | None
    is_cell: bool = False

    @property
    def default_handler(self) -> str:
        return f"{self.module or PurePosixPath(CONSOLE_FILE).stem}.{HANDLER_FUNCTION}"

    @cached_property
    def files(self) -> frozenset[str]:
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            return frozenset(archive.namelist())

    def read(self, name: str) -> bytes:
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            return archive.read(name)

    def complaint(self, handler: str) -> str | None:
        """What Lambda will say at the first invocation of this handler, as one sentence; None when it looks sound.

        Lambda accepts such a package and fails when the function is invoked, so this is a warning and no error. Only
        Python that can be read without running it is judged.
        """
        module, dot, function = handler.rpartition(".")
        path = module.replace(".", "/") + ".py"
        if not dot or not zipfile.is_zipfile(io.BytesIO(self.content)):
            return None
        if path not in self.files:
            return self._module_missing(module, path)
        try:
            tree = ast.parse(self.read(path), path)
        except SyntaxError as error:
            return f"{path}, line {error.lineno}: {error.msg}. Invoking it will answer Runtime.UserCodeSyntaxError."
        except ValueError:
            return f"{path} is no Python source. Invoking it will answer Runtime.ImportModuleError."
        names = list(_top_level_names(tree))
        if function in names or "*" in names:
            return None
        functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        hint = self._naming(functions[-1], module, function) if functions else ""
        return f"{path} defines no {function}. Invoking it will answer Runtime.HandlerNotFound.{hint}"

    def _naming(self, defined: str, module: str, wanted: str) -> str:
        """What to do when the function that is defined has another name than the handler's."""
        if self.is_cell:
            return f" Did you mean {defined}? Rename it {wanted}."
        return f' Did you mean handler="{module}.{defined}"?'

    def _module_missing(self, module: str, path: str) -> str | None:
        top = module.split(".")[0]
        if any(name == top or name.startswith((top + ".", top + "/")) for name in self.files):
            return None  # a compiled module or a package: the runtime will find it
        return f"The package has no {path}. Unless a layer brings it, invoking it will answer Runtime.ImportModuleError."


def from_cell(code: str) -> Package:
    """The package of one notebook cell: what stands below its `%%lambda_function` line, as `lambda_function.py`."""
    files = {CONSOLE_FILE: ((CELL_LINE + code).encode(), False)}
    return Package(_zip(files), PurePosixPath(CONSOLE_FILE).stem, is_cell=True)


def from_path(source: str | os.PathLike[str]) -> Package:
    """The package of a .py file (or any single file), a folder, or a zip that is one already.

    Raises `NotPackageable` when there is no such file or the folder is empty. A file that calls itself .zip is passed on
    as it is: whether it is sound is for Lambda to say.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        files = {name: _content(file) for name, file in _walk(path)}
        if not files:
            raise NotPackageable(f"The folder {path} holds no file that could be a function's code.")
        return Package(_zip(files), _module_of(files))
    if not path.is_file():
        raise NotPackageable(f"There is no file or folder {path} (looked in {Path.cwd()}).")
    if path.suffix.lower() in (".zip", ".jar"):
        content = path.read_bytes()
        return Package(content, _module_of_zip(content))
    return Package(_zip({path.name: _content(path)}), path.stem if path.suffix == ".py" else None)


def _walk(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder)
        if file.is_file() and not _NOT_CODE.intersection(inside.parts):
            yield inside.as_posix(), file


def _content(file: Path) -> tuple[bytes, bool]:
    """Bytes, and whether it may be executed: a `bootstrap` must keep that."""
    return file.read_bytes(), os.access(file, os.X_OK)


def _zip(files: Mapping[str, tuple[bytes, bool]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            content, executable = files[name]
            entry = zipfile.ZipInfo(name, _EPOCH)
            # Readable by all: Lambda runs the function as another user than the one who packed it.
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()


def _module_of_zip(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _module_of(archive.namelist())
    except zipfile.BadZipFile:
        return None


def _module_of(names: Mapping[str, object] | list[str]) -> str | None:
    """`lambda_function` when it is there; else the only Python file at the top; else None."""
    top = [name for name in names if name.endswith(".py") and "/" not in name]
    if CONSOLE_FILE in top:
        return PurePosixPath(CONSOLE_FILE).stem
    return PurePosixPath(top[0]).stem if len(top) == 1 else None


def _top_level_names(tree: ast.Module) -> Iterator[str]:
    """Names that importing the module binds, as far as reading tells; `*` when it imports everything of another."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)
