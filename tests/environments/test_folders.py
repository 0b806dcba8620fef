"""Folders are removed whatever is in them, also by a user who is not root."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lablib.environments.folders import remove_tree

_NOBODY = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that anybody may write to; pytest's own is nobody else's to see."""
    place = Path(tempfile.mkdtemp(prefix="lambda-lab-folders-"))
    place.chmod(0o777)
    yield place / "folder"
    shutil.rmtree(place)


def as_nobody(work: Callable[[], object]) -> None:
    """Do this as a user without privileges, in a process of its own if this one has them."""
    if os.geteuid() != 0:
        work()
        return
    child = os.fork()
    if not child:
        try:
            os.setuid(_NOBODY)
            work()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


def filled(folder: Path) -> None:
    (folder / "inner" / "in").mkdir(parents=True)
    (folder / "inner" / "in" / "file").write_text("x")


def read_only(folder: Path) -> None:
    filled(folder)
    for path in (folder / "inner" / "in", folder / "inner", folder):
        path.chmod(0o555)


def unreadable(folder: Path) -> None:
    filled(folder)
    (folder / "inner").chmod(0)


def deep(folder: Path) -> None:
    folder.mkdir()
    here = os.open(folder, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


@pytest.mark.parametrize("make", [filled, read_only, unreadable, deep, lambda folder: None])
def test_a_folder_is_removed(folder: Path, make: Callable[[Path], None]) -> None:
    def work() -> None:
        make(folder)
        remove_tree(folder)

    as_nobody(work)
    assert not folder.exists()


def test_what_a_link_points_to_stays(folder: Path) -> None:
    def work() -> None:
        filled(folder)
        outside = folder.with_name("outside")
        outside.mkdir()
        outside.chmod(0o555)
        (folder / "link").symlink_to(outside)
        folder.chmod(0o555)
        remove_tree(folder)

    as_nobody(work)
    outside = folder.with_name("outside")
    assert not folder.exists() and outside.stat().st_mode & 0o777 == 0o555
