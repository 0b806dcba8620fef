"""What is made once for this machine and kept: fetched jars, compiled bootstraps, archives of loaded classes.

It lies in the user's cache folder and may be deleted at any time: what is missing is made again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """``LAMBDA_LAB_CACHE``, else the platform's cache folder of this user."""
    chosen = os.environ.get("LAMBDA_LAB_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("lambda-lab", appauthor=False)


def prepared(name: str, inputs: Iterable[str | bytes], make: Callable[[Path], None]) -> Path:
    """A folder that `make` filled, now or some day before.

    Parameters
    ----------
    name
        What it is called in the cache.
    inputs
        All that its content depends on; with other inputs it is another folder.
    make
        Fills an empty folder, which gets its final name afterwards, when it is whole. What it raises passes through.
    """
    digest = hashlib.sha256()
    for part in inputs:
        digest.update(part.encode() if isinstance(part, str) else part)
        digest.update(b"\0")
    parent = cache_folder() / "runtimes"
    final = parent / f"{name}-{digest.hexdigest()[:16]}"
    if final.is_dir():
        return final
    parent.mkdir(parents=True, exist_ok=True)
    begun = Path(tempfile.mkdtemp(dir=parent, prefix=".begun-"))
    try:
        make(begun)
        begun.chmod(0o755)
        try:
            begun.rename(final)
        except OSError:
            if not final.is_dir():  # else another cloud was quicker, with the same
                raise
    finally:
        shutil.rmtree(begun, ignore_errors=True)
    return final


def identity(program: Path) -> str:
    """Changes when the program is another one, without running it."""
    found = program.stat()
    return f"{program} {found.st_size} {found.st_mtime_ns}"
