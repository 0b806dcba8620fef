"""What was compiled is kept: the same sources, compiler and options give the same package without compiling again."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

CAP_MB = 512
"""Ours: what the builds of a course need many times over."""


class BuildCache:
    """Packages by the hash of all that went into them; the ones that were not used longest go first.

    Parameters
    ----------
    folder
        Made when something is put into it. It may be deleted at any time.
    cap_bytes
        How much it may hold. A single package may be larger: then it is alone.
    """

    def __init__(self, folder: Path, cap_bytes: int = CAP_MB * 1024 * 1024) -> None:
        self._folder = folder
        self._cap = cap_bytes

    def get(self, key: str) -> bytes | None:
        """The package, or None; it counts as used now."""
        path = self._folder / f"{key}.zip"
        try:
            content = path.read_bytes()
            _use(path)
        except FileNotFoundError:
            return None
        return content

    def put(self, key: str, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".part", delete=False) as file:
            file.write(content)
        _use(Path(file.name))
        Path(file.name).replace(self._folder / f"{key}.zip")  # whole or not at all, whoever else builds the same
        self._trim(keep=key)

    def _trim(self, keep: str) -> None:
        found = sorted((path.stat().st_mtime_ns, path.stat().st_size, path) for path in self._folder.glob("*.zip"))
        too_much = sum(size for _, size, _ in found) - self._cap
        for _, size, path in found:
            if too_much > 0 and path.stem != keep:
                path.unlink(missing_ok=True)
                too_much -= size


def _use(path: Path) -> None:
    now = time.time_ns()  # finer than the file system's own clock
    os.utime(path, ns=(now, now))


def key_of(parts: Iterable[str | bytes]) -> str:
    """One name for all that went into a build; the parts' order counts."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()
