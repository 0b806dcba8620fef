"""Folders that functions may have filled: measure and remove them, whatever is in them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

_REMOVE = 'chmod -R u+rwx "$1"; rm -rf "$1"'


def remove_tree(folder: Path) -> None:
    """Remove a folder with everything in it. What cannot be removed stays, and one that is gone is no error."""
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        # Code is kept in folders that nobody may write to. (To root that is no obstacle.)
        with contextlib.suppress(RecursionError, FileNotFoundError):
            for path, _, _ in os.walk(folder):
                os.chmod(path, 0o700)
            shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        # A function may have made folders that not even their owner may read, or thousands in one another: before Python
        # 3.13, rmtree goes a call and a descriptor deeper for each level.
        subprocess.run(["sh", "-c", _REMOVE, "sh", str(folder.absolute())], stderr=subprocess.DEVNULL, check=False)


def folder_bytes(folder: Path) -> int:
    """What a folder's files occupy, in bytes; those that vanish meanwhile do not count."""
    total = 0
    todo = [str(folder)]
    while todo:
        # A path of more than 4,096 bytes is an error too: what is so deep is removed, but not counted.
        with contextlib.suppress(OSError), os.scandir(todo.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    todo.append(entry.path)
                else:
                    with contextlib.suppress(OSError):
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total
