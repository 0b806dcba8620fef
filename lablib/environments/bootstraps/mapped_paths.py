"""Without namespaces: /tmp, /var/task, /opt and /var/runtime are folders of this environment.

Python's own calls that take a path are given the real folder's path, and give back the
name the function knows, also in errors. Elsewhere they write nothing: all but /tmp is
read-only on Lambda. What does not go through Python (C libraries, child processes) sees
the host's names; ``doctor`` says so.
"""

from __future__ import annotations

import _imp
import _io
import builtins
import errno
import importlib._bootstrap_external as _import_system
import io
import os
import posix
import types

TYPE_CHECKING = False  # typing itself would cost every cold start milliseconds
if TYPE_CHECKING:
    from typing import Any

_ONE_PATH = (
    "access chdir chmod chown getxattr lchown listdir listxattr lstat mkdir mkfifo mknod pathconf "
    "readlink remove removexattr rmdir setxattr stat statvfs truncate unlink utime"
).split()
_TWO_PATHS = ("link", "rename", "replace")
_CHANGES = frozenset("chmod chown lchown link mkdir mkfifo mknod remove removexattr rename replace "
                     "rmdir setxattr symlink truncate unlink utime".split())  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_WRITING_MODES = frozenset("wax+")
_ALWAYS_WRITABLE = ("/dev/", "/proc/")

_real_of: dict[str, str] = {}
_name_of: list[tuple[str, str]] = []


def _locate(path: Any, dir_fd: Any = None) -> Any:
    """(real path, may it be written, was it mapped); anything but a path passes through."""
    if isinstance(path, int) or path is None:
        return path, True, False
    text = os.fspath(path)
    as_bytes = isinstance(text, bytes)
    name = os.fsdecode(text) if as_bytes else text
    if name[:1] != "/":
        if dir_fd is not None or not name:
            return path, True, False
        name = f"{os.getcwd()}/{name}"
    if "/.." in name or "//" in name or "/./" in name:
        name = os.path.normpath(name)
    for virtual, real in _real_of.items():
        if name == virtual or name.startswith(virtual + "/"):
            found = real + name[len(virtual):]
            return (os.fsencode(found) if as_bytes else found), virtual == "/tmp", True
    return path, name.startswith(_ALWAYS_WRITABLE), False


def _named(path: Any) -> Any:
    """The name by which the function knows a real path."""
    as_bytes = isinstance(path, bytes)
    text = os.fsdecode(path) if as_bytes else path
    for real, virtual in _name_of:
        if text == real or text.startswith(real + "/"):
            text = virtual + text[len(real):]
            break
    return os.fsencode(text) if as_bytes else text


def _renamed(error: Any, pairs: Any) -> Any:
    """Put the names that were asked for into an OSError."""
    for asked, real in pairs:
        if error.filename == real:
            error.filename = os.fspath(asked)
        if error.filename2 == real:
            error.filename2 = os.fspath(asked)
    return error


def _refuse(path: Any) -> None:
    """As a read-only file system does; where there is no such folder, the call itself says so."""
    name = os.fspath(path)
    folder = os.path.dirname(name)
    if not folder or os.path.isdir(folder):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), name)


def _map_one(function: Any, changes: Any) -> Any:
    def call(path: Any = ".", *args: Any, **kwargs: Any) -> Any:
        real, writable, mapped = _locate(path, kwargs.get("dir_fd"))
        if changes and not writable:
            _refuse(path)
        if not mapped:
            return function(path, *args, **kwargs)
        try:
            return function(real, *args, **kwargs)
        except OSError as error:
            raise _renamed(error, [(path, real)]) from None

    call.__name__ = function.__name__
    return call


def _map_two(function: Any) -> Any:
    def call(source: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
        real_source, source_writable, _ = _locate(source, kwargs.get("src_dir_fd"))
        real_target, target_writable, _ = _locate(target, kwargs.get("dst_dir_fd"))
        if not target_writable or (not source_writable and function.__name__ != "link"):
            _refuse(target if not target_writable else source)
        try:
            return function(real_source, real_target, *args, **kwargs)
        except OSError as error:
            raise _renamed(error, [(source, real_source), (target, real_target)]) from None

    call.__name__ = function.__name__
    return call


def _map_open(function: Any) -> Any:
    """builtins.open: the mode says whether it writes."""

    def open(file: Any, mode: Any = "r", *args: Any, **kwargs: Any) -> Any:
        real, writable, mapped = _locate(file)
        if not writable and _WRITING_MODES & set(mode):
            _refuse(file)
        if not mapped:
            return function(file, mode, *args, **kwargs)
        try:
            return function(real, mode, *args, **kwargs)
        except OSError as error:
            raise _renamed(error, [(file, real)]) from None

    return open


def _map_os_open(function: Any) -> Any:
    def open(path: Any, flags: Any, *args: Any, **kwargs: Any) -> Any:
        real, writable, _ = _locate(path, kwargs.get("dir_fd"))
        if not writable and flags & _WRITING:
            _refuse(path)
        try:
            return function(real, flags, *args, **kwargs)
        except OSError as error:
            raise _renamed(error, [(path, real)]) from None

    return open


class _Entry:
    """An os.DirEntry whose path is the function's name for it."""

    def __init__(self, entry: Any, folder: Any) -> None:
        self._entry = entry
        self.name = entry.name
        self.path = os.path.join(folder, entry.name)

    def __fspath__(self) -> Any:
        return self.path

    def __getattr__(self, name: Any) -> Any:
        return getattr(self._entry, name)

    def __repr__(self) -> Any:
        return f"<DirEntry {self.name!r}>"


class _Scan:
    def __init__(self, entries: Any, folder: Any) -> None:
        self._entries, self._folder = entries, folder

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        return _Entry(next(self._entries), self._folder)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        self._entries.close()


def _map_scandir(function: Any) -> Any:
    def scandir(path: Any = ".") -> Any:
        real, _, mapped = _locate(path)
        if not mapped:
            return function(path)
        try:
            return _Scan(function(real), os.fspath(path))
        except OSError as error:
            raise _renamed(error, [(path, real)]) from None

    return scandir


def _map_answer(function: Any) -> Any:
    """getcwd and readlink: what they answer is a path."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return _named(function(*args, **kwargs))

    call.__name__ = function.__name__
    return call


def _map_symlink(function: Any) -> Any:
    def symlink(source: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
        real_source = _locate(source)[0] if os.path.isabs(source) else source  # what a link says is not looked up
        real_target, writable, _ = _locate(target, kwargs.get("dir_fd"))
        if not writable:
            _refuse(target)
        return function(real_source, real_target, *args, **kwargs)

    return symlink


def _patch(name: Any, function: Any) -> None:
    for module in (os, posix):
        if hasattr(module, name):
            setattr(module, name, function)


def _install_in_os() -> None:
    for name in _ONE_PATH:
        if hasattr(os, name):
            _patch(name, _map_one(getattr(os, name), name in _CHANGES))
    for name in _TWO_PATHS:
        _patch(name, _map_two(getattr(os, name)))
    _patch("symlink", _map_symlink(os.symlink))
    _patch("open", _map_os_open(os.open))
    _patch("scandir", _map_scandir(os.scandir))
    for name in ("getcwd", "getcwdb", "readlink"):
        _patch(name, _map_answer(getattr(os, name)))
    # os says which calls take a descriptor or dir_fd by their identity.
    for capability in (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks):
        names = {function.__name__ for function in capability}
        capability.update(getattr(os, name) for name in names if hasattr(os, name))


class _FileIO(_io.FileIO):
    def __init__(self, file: Any, mode: Any = "r", *args: Any, **kwargs: Any) -> None:
        real, writable, _ = _locate(file)
        if not writable and _WRITING_MODES & set(mode):
            _refuse(file)
        super().__init__(real, mode, *args, **kwargs)


def _install_in_imports() -> None:
    """The import system reads files by its own handles on _io and _imp."""
    own_io = types.ModuleType("_io")
    own_io.__dict__.update(_io.__dict__)
    own_io.FileIO = _FileIO  # type: ignore[attr-defined]
    own_io.open_code = lambda path: _io.open_code(_locate(path)[0])  # type: ignore[attr-defined]
    _import_system._io = own_io  # type: ignore[attr-defined]
    create = _imp.create_dynamic

    def create_dynamic(spec: Any, *args: Any) -> Any:
        real, _, mapped = _locate(spec.origin)
        if mapped:
            spec = type(spec)(spec.name, spec.loader, origin=real)
        return create(spec, *args)

    _imp.create_dynamic = create_dynamic


def _install_in_sqlite() -> None:
    """sqlite3 opens files in C; the function it is reached by takes the path."""
    import sys

    class Finder:
        def find_spec(self, name: Any, path: Any = None, target: Any = None) -> Any:
            if name != "sqlite3":
                return None
            sys.meta_path.remove(self)
            import sqlite3

            connect = sqlite3.connect

            def mapped_connect(database: Any, *args: Any, **kwargs: Any) -> Any:
                return connect(_locate(database)[0], *args, **kwargs)

            sqlite3.connect = sqlite3.dbapi2.connect = mapped_connect
            return sqlite3.__spec__

    sys.meta_path.insert(0, Finder())


def _install_account() -> None:
    """Whoever runs this cloud, the function's home is Lambda's: boto3 does not find a learner's ~/.aws in it."""
    import pwd

    own, look_up = os.getuid(), pwd.getpwuid
    account = pwd.struct_passwd(("sbx_user1051", "x", own, os.getgid(), "", "/home/sbx_user1051", "/sbin/nologin"))
    pwd.getpwuid = lambda uid: account if uid == own else look_up(uid)


def without_own_frames(extract: Any) -> Any:
    """awslambdaric's stack traces, without the frames of this file."""

    def extract_traceback(trace: Any) -> Any:
        return [frame for frame in extract(trace) if not frame[0].endswith("/mapped_paths.py")]

    return extract_traceback


def move(name: Any, folder: Any) -> None:
    """Map `name` to another folder from now on."""
    _name_of[:] = [(folder if virtual == name else real, virtual) for real, virtual in _name_of]
    _real_of[name] = folder


def install(folders: Any) -> None:
    """Map each name in `folders` ({"/tmp": "/real/folder", ...}) from now on."""
    _real_of.update(folders)
    _name_of.extend((real, virtual) for virtual, real in folders.items())
    _install_in_os()
    builtins.open = io.open = _map_open(builtins.open)
    io.FileIO = _FileIO  # type: ignore[misc]
    _install_in_imports()
    _install_in_sqlite()
    _install_account()
