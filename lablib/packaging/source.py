"""One deployment package: its zip, its likely handler, and what Lambda would complain about later."""

from __future__ import annotations

import ast
import io
import os
import re
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from lablib.packaging import csharp, golang, java
from lablib.packaging.archive import NotPackageable, content_of, walk, zipped
from lablib.packaging.workshop import Workshop

CONSOLE_FILE = "lambda_function.py"
"""What the AWS console calls the file of a new Python function; its handler is `lambda_function.lambda_handler`."""

HANDLER_FUNCTION = "lambda_handler"

_HANDLER_OF = {"nodejs": "handler", "ruby": "lambda_handler"}
_SUFFIXES = {".py": "python", ".mjs": "nodejs", ".js": "nodejs", ".cjs": "nodejs", ".rb": "ruby"}
_CONSOLE_FILES = {"nodejs": ("index.mjs", "index.js", "index.cjs"), "ruby": ("lambda_function.rb",)}
_BUILT_ELSEWHERE = {
    ".ts": "compile TypeScript to JavaScript first (tsc), and deploy the .mjs or .js file that this makes",
    ".rs": "build Rust first (cargo lambda build), and deploy the program `bootstrap` that this makes",
    ".kt": "build Kotlin first, and deploy the .jar file that this makes",
    ".ipynb": "begin a cell with %%lambda_function NAME, or put the code into a .py file",
}
"""Sources that lablib does not build, and what to do with them."""


@dataclass(frozen=True)
class Package:
    """A deployment package.

    Attributes
    ----------
    content : the zip, as bytes
    module : the Python module that most likely holds the handler (`thumbnail` for thumbnail.py), or None when nothing tells
    is_cell : whether it was a notebook's cell, whose handler has no name but the console's
    family : of which runtimes it is: `python`, `nodejs`, `ruby`, `java`, `dotnet`, or `provided` for a program of its own
    handler : what its sources suggest, other than Python's
    architecture : for which it was compiled, where that matters
    note : what to know about it, as a sentence
    """

    content: bytes
    module: str | None
    is_cell: bool = False
    family: str = "python"
    handler: str | None = None
    architecture: str | None = None
    note: str | None = None

    @property
    def default_handler(self) -> str | None:
        """None for a language whose handlers have names of their own, when its sources suggest none."""
        if self.family != "python":
            return self.handler
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
        compiled = re.compile(rf"{re.escape(top)}(\.[\w-]+)?\.(so|pyc|pyd)")
        if any(name.startswith(top + "/") or compiled.fullmatch(name) for name in self.files):
            return None  # a compiled module or a package: the runtime will find it
        return f"The package has no {path}. Unless a layer brings it, invoking it will answer Runtime.ImportModuleError."


def from_path(source: str | os.PathLike[str], shop: Workshop | None = None) -> Package:
    """The package of a source file, a folder, or a zip that is one already. Java, C# and Go are compiled with `shop`.

    Raises `NotPackageable` when there is no such file, the folder is empty, or the sources do not compile. A file that calls
    itself .zip is passed on as it is: whether it is sound is for Lambda to say.
    """
    path = Path(source).expanduser()
    if not path.exists():
        raise NotPackageable(f"There is no file or folder {path} (looked in {Path.cwd()}).")
    if path.suffix.lower() in (".zip", ".jar") and path.is_file():
        content = path.read_bytes()
        return _described(content, _names_in(content))
    if shop is not None and (compiled := _compiled(path.resolve(), shop)) is not None:
        return compiled
    if path.is_file() and path.suffix in _BUILT_ELSEWHERE:
        raise NotPackageable(f"Lambda does not run {path.suffix} files: {_BUILT_ELSEWHERE[path.suffix]}.")
    files = {name: content_of(file) for name, file in walk(path)} if path.is_dir() else {path.name: content_of(path)}
    if not files:
        raise NotPackageable(f"The folder {path} holds no file that could be a function's code.")
    if path.name == "bootstrap":  # written in a notebook it is executable for nobody
        files = {"bootstrap": (files["bootstrap"][0], True)}
    return _described(zipped(files), files, path if path.is_file() else None)


def _compiled(path: Path, shop: Workshop) -> Package | None:
    """The package of sources that have to be compiled; None for others. A folder with a `bootstrap` is a package already."""
    if (path / "bootstrap").is_file():
        return None
    if golang.is_go(path):
        content, note = golang.build(path, shop)
        return Package(content, None, family="provided", handler="bootstrap", architecture=golang.architecture(shop), note=note)
    if java.is_java(path):
        content, handler = java.build(path, shop)
        return Package(content, None, family="java", handler=handler)
    if csharp.is_csharp(path):
        content, handler, note = csharp.build(path, shop)
        return Package(content, None, family="dotnet", handler=handler, note=note)
    return None


def _described(content: bytes, names: Collection[str], alone: Path | None = None) -> Package:
    """The package with what its files tell: the language, and the handler by the console's names or the lone file's."""
    family = _family(names)
    if family == "python":
        module = alone.stem if alone is not None and alone.suffix == ".py" else None if alone else _module_of(names)
        return Package(content, module)
    if family == "provided":
        return Package(content, None, family=family, handler="bootstrap")
    stem = alone.stem if alone is not None else next(
        (PurePosixPath(name).stem for name in _CONSOLE_FILES.get(family, ()) if name in names), None
    )  # fmt: skip
    handler = f"{stem}.{_HANDLER_OF[family]}" if stem and family in _HANDLER_OF else None
    return Package(content, None, family=family, handler=handler)


def _family(names: Collection[str]) -> str:
    """Of which language a package's files are; Python when nothing tells."""
    top = [name for name in names if "/" not in name]
    if "bootstrap" in top:
        return "provided"
    if any(PurePosixPath(name).suffix == ".py" for name in top):
        return "python"
    for family, files in _CONSOLE_FILES.items():
        if any(name in top for name in files):
            return family
    if any(name.endswith(".class") or (name.startswith("lib/") and name.endswith(".jar")) for name in names):
        return "java"
    if any(name.endswith((".deps.json", ".dll")) for name in top):
        return "dotnet"
    return next((_SUFFIXES[PurePosixPath(name).suffix] for name in top if PurePosixPath(name).suffix in _SUFFIXES), "python")


def _names_in(content: bytes) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.namelist()
    except zipfile.BadZipFile:
        return []


def _module_of(names: Collection[str]) -> str | None:
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
