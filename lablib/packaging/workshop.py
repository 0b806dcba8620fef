"""What compiling needs of a machine. Who deploys brings it: this room finds no programs and fetches nothing itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lablib.packaging.archive import Files, NotPackageable, walk, zipped
from lablib.packaging.cache import BuildCache, key_of

_PATIENCE_S = 600.0
_SILENT_S = 4.0
# What a learner is told who has waited that long.
STILL_COMPILING = "Still compiling. The first time takes longest: what is fetched and built now is kept."


@dataclass(frozen=True)
class CSharp:
    """A C# compiler with the libraries of .NET and Lambda.

    Attributes
    ----------
    name : `mcs` or `csc`
    identity : changes with the compiler and with what is compiled against
    command : how to compile sources to a library; takes its path, and theirs
    """

    name: str
    identity: str
    command: Callable[[Path, Sequence[str]], list[str]]


@dataclass(frozen=True)
class JavaCompiler:
    """javac, or Eclipse's compiler, which understands the same arguments but one.

    Attributes
    ----------
    command : how it is started
    identity : changes with the compiler
    newest : the newest version of Java that it and the machine's Java both know
    takes_release : whether it has ``--release``; else ``-source`` and ``-target``
    """

    command: tuple[str, ...]
    identity: str
    newest: int
    takes_release: bool = True

    def for_version(self, version: int) -> list[str]:
        """The arguments that compile for this version of Java, or for the newest it knows."""
        number = str(min(version, self.newest))
        return ["--release", number] if self.takes_release else ["-source", number, "-target", number, "-proc:none"]


@dataclass(frozen=True)
class Workshop:
    """The tools of one deployment.

    Attributes
    ----------
    cache : packages that were compiled before
    need : a program's path by its name (`mvn`, `go`); raises `NotPackageable` naming the line that installs it
    java_libraries : the jars of `core` or `events`, AWS's libraries for Java functions
    java : the Java compiler
    csharp : the C# compiler
    runtime, architecture : what the function shall have, None where the learner did not say
    """

    cache: BuildCache
    need: Callable[[str], Path]
    java_libraries: Callable[[str], list[Path]]
    java: Callable[[], JavaCompiler]
    csharp: Callable[[], CSharp]
    runtime: str | None = None
    architecture: str | None = None

    def built(self, parts: Sequence[str | bytes], build: Callable[[], Files]) -> bytes:
        """The zip of these parts: from the cache, else built now."""
        key = key_of(parts)
        content = self.cache.get(key)
        if content is None:
            content = zipped(build())
            self.cache.put(key, content)
        return content


def identity(program: Path) -> str:
    """Changes when the program is another one, without running it."""
    found = program.stat()
    return f"{program} {found.st_size} {found.st_mtime_ns}"


def source_parts(files: Mapping[str, Path]) -> list[str | bytes]:
    """Names and contents, for a cache's key."""
    return [part for name, path in sorted(files.items()) for part in (name, path.read_bytes())]


def compile_with(
    command: Sequence[str | Path],
    what: str,
    *,
    cwd: Path,
    environ: Mapping[str, str] | None = None,
    shown: Callable[[str], str] = str.strip,
    failed: str = "does not compile",
) -> None:
    """Run a compiler; raises `NotPackageable` with what it said when it refuses, or with what `shown` makes of that.

    One that takes long is announced (Go compiles its own library the first time: a minute on two cores).
    """
    with subprocess.Popen(
        [str(part) for part in command], cwd=cwd, env={**os.environ, **(environ or {})}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    ) as process:  # fmt: skip
        try:
            said = _patiently(process)
        except subprocess.TimeoutExpired:
            raise NotPackageable(f"{what} was not compiled within {_PATIENCE_S / 60:.0f} minutes.") from None
        finally:
            process.kill()  # interrupted, or too slow; nothing happens to one that has ended
    if process.returncode:
        raise NotPackageable(f"{what} {failed}:\n\n{shown(said)}")


def _patiently(process: subprocess.Popen[str]) -> str:
    """All that it says, once it has ended. Raises TimeoutExpired."""
    try:
        return process.communicate(timeout=_SILENT_S)[0]
    except subprocess.TimeoutExpired:
        print(STILL_COMPILING, flush=True)
    return process.communicate(timeout=_PATIENCE_S)[0]


def tree(folder: Path) -> Files:
    """All files of a folder, as a zip has them."""
    return {name: (path.read_bytes(), os.access(path, os.X_OK)) for name, path in walk(folder)}
