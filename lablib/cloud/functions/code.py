"""Deployment packages: a zip becomes a read-only folder that every environment of a version shares.

Lambda unpacks an uploaded archive under ``/var/task``. Here it is unpacked once for each SHA-256, into the cloud's
own folder, and versions with the same code share it. An archive is never believed: its sizes are counted while it
is unpacked, its paths and links must stay inside the folder.

The sentences are AWS's, captured from the real service; where we know more than AWS says, a second sentence follows.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import lzma
import os
import posixpath
import stat
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lablib.cloud.functions import merge
from lablib.environments.folders import remove_tree
from lablib.models import limits

NOT_A_ZIP = "Could not unzip uploaded file. Please check your file, then try to upload again."
EMPTY_ZIP = "Uploaded file must be a non-empty zip"
TOO_LARGE = f"Unzipped size must be smaller than {limits.UNZIPPED_BYTES} bytes"

# A package that nothing has any more goes after this long: an invocation may have chosen its version, and be about to start an
# environment. While an environment runs from it, it stays.
GRACE_SECONDS = 30.0

_CHUNK = 1 << 20
_MAX_DEPTH = 200  # folders in folders; AWS names no limit, the tools that walk a tree have one
_MAX_LINK = 4096  # bytes of a symbolic link's target: PATH_MAX on Linux


class Emptied(Exception):
    """The cloud was emptied while a request was under way: what it would have made must not come into the empty one."""

    def __init__(self) -> None:
        super().__init__("The cloud was emptied while it worked on this request. Nothing was made.")


class BadPackage(ValueError):
    """The archive cannot become a function's code. The message is for the person who uploaded it."""


@dataclass(frozen=True)
class Package:
    """One unpacked deployment package.

    Attributes
    ----------
    sha256 : str
        SHA-256 of the archive, base64 (``CodeSha256`` in the API).
    size : int
        Size of the archive in bytes (``CodeSize``).
    folder : Path
        The unpacked files, read-only.
    archive : Path
        The archive as it was uploaded.
    unzipped : int
        The sum of the files' sizes, in bytes.
    """

    sha256: str
    size: int
    folder: Path
    archive: Path
    unzipped: int = 0


class CodeStore:
    """Keeps each different package once, for as long as a version or a running invocation needs it.

    Parameters
    ----------
    folder : Path
        A folder of this cloud's own; it is created, and everything in it belongs to the store.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._building: dict[str, threading.Lock] = {}
        self._packages: dict[str, Package] = {}
        self._users: dict[str, int] = {}
        self._removals: dict[str, asyncio.TimerHandle] = {}
        # Whether an environment runs from a package's folder; `lablib.cloud.wiring` knows.
        self.in_use: Callable[[Path], bool] = lambda folder: False
        self._era = 0  # how many times it was cleared
        folder.mkdir(parents=True, exist_ok=True)

    async def add(self, archive: bytes) -> Package:
        """Unpack `archive` (in a thread) and count one user of it. Raises `BadPackage`, and `Emptied` if it is cleared meanwhile."""
        package = await asyncio.to_thread(self._add, archive)
        self._keep(package)
        return package

    async def merge(self, parts: Sequence[str]) -> Package:
        """One package with the files of several that the store holds, later ones over earlier ones, and one user of it.

        Its ``sha256`` is made of theirs, and its ``size`` and ``unzipped`` are their sums. It has no archive.
        """
        if not all(sha256 in self._packages for sha256 in parts):
            raise Emptied
        package = await asyncio.to_thread(self._merge, [self._packages[sha256] for sha256 in parts])
        self._keep(package)
        return package

    def acquire(self, sha256: str) -> None:
        """Count one more user of a package that the store holds."""
        with self._lock:
            self._users[sha256] += 1

    def release(self, sha256: str) -> None:
        """Count one user less. A package without users goes once nothing can be running from it any more."""
        with self._lock:
            if sha256 not in self._users:
                return  # the store was cleared meanwhile
            self._users[sha256] -= 1
            unused = self._users[sha256] == 0
        if unused:
            loop = asyncio.get_running_loop()
            self._removals[sha256] = loop.call_later(GRACE_SECONDS, self._forget, sha256)

    def find(self, sha256: str) -> Package | None:
        """The package with this (base64) SHA-256, if the store still holds it."""
        return self._packages.get(sha256)

    def clear(self) -> None:
        """Drop every package at once. Call it when no environment runs any more."""
        for timer in self._removals.values():
            timer.cancel()
        self._removals.clear()
        with self._lock:
            self._era += 1
            packages = list(self._packages.values())
            self._packages.clear()
            self._users.clear()
        for package in packages:  # what is being unpacked now goes when that is over
            remove_tree(package.folder.parent)

    def _keep(self, package: Package) -> None:
        timer = self._removals.pop(package.sha256, None)
        if timer is not None:
            timer.cancel()

    def _add(self, archive: bytes) -> Package:
        digest = hashlib.sha256(archive)
        sha256 = base64.b64encode(digest.digest()).decode()

        def make(home: Path) -> Package:
            unzipped = unpack(archive, home / "code")
            (home / "code.zip").write_bytes(archive)
            return Package(sha256, len(archive), home / "code", home / "code.zip", unzipped)

        return self._once(sha256, digest.hexdigest(), make)

    def _merge(self, parts: Sequence[Package]) -> Package:
        key = "+".join(part.sha256 for part in parts)

        def make(home: Path) -> Package:
            merge.merge([part.folder for part in parts], home / "code")
            make_read_only(home / "code")
            size, unzipped = sum(part.size for part in parts), sum(part.unzipped for part in parts)
            return Package(key, size, home / "code", home / "code.zip", unzipped)

        return self._once(key, "opt", make)

    def _once(self, key: str, name: str, make: Callable[[Path], Package]) -> Package:
        """The package with this key, made if the store does not have it, with one user more."""
        with self._lock:
            era, building = self._era, self._building.setdefault(key, threading.Lock())
        with building:
            if (found := self._used(key)) is not None:
                return found
            try:
                package = self._make(name, make)
            except OSError as error:
                if self._era != era:  # what it was to be made of is gone
                    raise Emptied from error
                raise
            finally:
                with self._lock:
                    self._building.pop(key, None)  # who waits for it holds the lock itself
            with self._lock:
                if self._era == era and key not in self._packages:
                    self._packages[key], self._users[key] = package, 1
                    return package
        remove_tree(package.folder.parent)
        if self._era == era and (found := self._used(key)) is not None:  # somebody who came later was quicker
            return found
        raise Emptied

    def _used(self, key: str) -> Package | None:
        with self._lock:
            if key in self._packages:
                self._users[key] += 1
            return self._packages.get(key)

    def _make(self, name: str, make: Callable[[Path], Package]) -> Package:
        # A folder of its own each time: one with the same code may be on its way out.
        home = Path(tempfile.mkdtemp(prefix=f"{name[:16]}-", dir=self._folder))
        try:
            package = make(home)
        except BaseException:
            remove_tree(home)
            raise
        home.chmod(0o755)  # functions may run as another user than this cloud
        return package

    def _forget(self, sha256: str) -> None:
        self._removals.pop(sha256, None)
        with self._lock:
            package = self._packages.get(sha256)
            if package is None or self._users.get(sha256):
                return
            running = self.in_use(package.folder)
            if not running:
                del self._packages[sha256], self._users[sha256]
        if running:
            self._removals[sha256] = asyncio.get_running_loop().call_later(GRACE_SECONDS, self._forget, sha256)
        else:
            asyncio.get_running_loop().run_in_executor(None, remove_tree, package.folder.parent)


def unpack(archive: bytes, folder: Path, limit: int = limits.UNZIPPED_BYTES) -> int:
    """Unpack a deployment package into `folder`, which must not exist, and make everything in it read-only.

    Parameters
    ----------
    archive : bytes
        The zip file.
    folder : Path
        Where to unpack it. After an error the caller removes what is there.
    limit : int
        Largest sum of the files' sizes, in bytes.

    Returns
    -------
    int
        The sum of the files' sizes, in bytes.

    Raises
    ------
    BadPackage
        Not a zip, empty, encrypted, damaged, too large, or with an entry that would leave the folder.
    """
    if not archive:
        raise BadPackage(EMPTY_ZIP)
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            return _unpack_entries(opened, folder, limit)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, UnicodeError) as error:
        raise BadPackage(f"{NOT_A_ZIP} ({error})") from error
    except OSError as error:
        # Names that are too long for the disk, or a path that is a file in one entry and a folder in another.
        raise BadPackage(f"{NOT_A_ZIP} ({error.strerror})") from error


def _unpack_entries(opened: zipfile.ZipFile, folder: Path, limit: int) -> int:
    entries = opened.infolist()
    _check_names(entries)
    if not any(not entry.is_dir() for entry in entries):
        raise BadPackage(EMPTY_ZIP)
    if sum(entry.file_size for entry in entries) >= limit:
        raise BadPackage(TOO_LARGE)
    folder.mkdir(parents=True)
    left = limit
    links: list[tuple[str, str]] = []
    for entry in entries:
        target = folder / entry.filename
        if entry.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif _is_link(entry):
            links.append((entry.filename, _link_target(opened, entry)))
        else:
            left -= _write(opened, entry, target, left)
    # Links last: a file can then never be written through one.
    _make_links(folder, links)
    make_read_only(folder)
    return limit - left


def _check_names(entries: Iterable[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename
        parts = name.rstrip("/").split("/")
        if not name:
            raise BadPackage(f"{NOT_A_ZIP} (an entry has no name)")
        if name.startswith("/") or ".." in parts or "\0" in entry.orig_filename:
            raise BadPackage(f"{NOT_A_ZIP} (the entry {name!r} points outside the package)")
        if len(parts) > _MAX_DEPTH:
            raise BadPackage(f"{NOT_A_ZIP} (the entry {name[:40]!r}… lies in more than {_MAX_DEPTH} folders)")
        if entry.flag_bits & 0x1:
            raise BadPackage(f"{NOT_A_ZIP} (the entry {name!r} is encrypted)")
        path = posixpath.normpath(name)
        if path in seen and not entry.is_dir():
            raise BadPackage(f"{NOT_A_ZIP} (the entry {name!r} is in it twice)")
        seen.add(path)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
            raise BadPackage(f"{NOT_A_ZIP} (the entry {name!r} is neither a file, nor a folder, nor a link)")


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)


def _link_target(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    with opened.open(entry) as source:
        raw = source.read(_MAX_LINK + 1)
    if not 0 < len(raw) <= _MAX_LINK or b"\0" in raw:
        raise BadPackage(f"{NOT_A_ZIP} (the link {entry.filename!r} has no usable target)")
    return os.fsdecode(raw)


def _make_links(folder: Path, links: list[tuple[str, str]]) -> None:
    """Make the links (path in the package, target), if each names something inside the package.

    Lambda keeps the links of an archive made with ``zip -y``; what it does with one that points outside is not
    documented and was not tried: here it is refused.
    """
    for name, to in links:
        path = folder / name
        if any(parent.is_symlink() for parent in path.parents if parent.is_relative_to(folder)):
            raise BadPackage(f"{NOT_A_ZIP} (the link {name!r} lies below another link)")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(to)
    # Only now, since where a link leads may depend on others.
    inside = os.path.join(os.path.realpath(folder), "")
    for name, to in links:
        if to.startswith("/") or not os.path.join(os.path.realpath(folder / name), "").startswith(inside):
            raise BadPackage(f"{NOT_A_ZIP} (the link {name!r} points to {to!r}, outside the package)")


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Write one file, and stop when it passes `left` bytes, whatever its header says. Returns its size."""
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with opened.open(entry) as source, open(target, "xb") as sink:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size >= left:
                raise BadPackage(TOO_LARGE)
            sink.write(chunk)
    executable = (entry.external_attr >> 16) & 0o111
    target.chmod(0o555 if executable else 0o444)
    return size


def make_read_only(folder: Path) -> None:
    """Take the right to write from every folder in a tree. Its files have none already."""
    for path, _, _ in os.walk(folder, topdown=False):
        os.chmod(path, 0o555)
