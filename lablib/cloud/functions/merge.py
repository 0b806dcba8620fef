"""Several folders as one: what Lambda does with a function's layers, which it unpacks to /opt one after the other."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path


def merge(sources: Sequence[Path], target: Path) -> None:
    """Put the files of all `sources` into `target`, which must not exist; those of a later one replace an earlier one's.

    Files are hard links where the disk allows it, so they take no space. A folder in the place of a file or a link, and the other
    way round, replaces it too: nothing is ever written through a link.
    """
    target.mkdir(parents=True)
    for source in sources:
        for folder, names, files in os.walk(source):
            here = target / Path(folder).relative_to(source)
            for name in names:
                if Path(folder, name).is_symlink():
                    files.append(name)
                else:
                    _make_folder(here / name)
            for name in files:
                _put(Path(folder, name), here / name)


def _make_folder(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    path.mkdir(exist_ok=True)


def _put(file: Path, path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    if file.is_symlink():
        path.symlink_to(os.readlink(file))
        return
    try:
        os.link(file, path)
    except OSError:  # a file system without hard links
        shutil.copy2(file, path)
