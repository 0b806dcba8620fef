"""Zips as Lambda takes them: the same for the same files, so that a package's CodeSha256 says whether the code changed."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

Files = Mapping[str, tuple[bytes, bool]]
"""By its path in the zip: a file's content, and whether it may be executed."""

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip can hold
_NOT_CODE = {"__pycache__", ".git", ".ipynb_checkpoints", ".DS_Store", ".venv"}


class NotPackageable(ValueError):
    """What was given is no code that can become a package; the text says what is wrong and what to do."""


def walk(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file that may belong to a package, by its path below the folder."""
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder)
        if file.is_file() and not _NOT_CODE.intersection(inside.parts):
            yield inside.as_posix(), file


def content_of(file: Path) -> tuple[bytes, bool]:
    """Bytes, and whether it may be executed: a `bootstrap` must keep that."""
    return file.read_bytes(), os.access(file, os.X_OK)


def zipped(files: Files) -> bytes:
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


@contextmanager
def workbench() -> Iterator[Path]:
    """A folder for what a compiler writes; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lablib-build-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
