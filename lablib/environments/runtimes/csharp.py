"""The C# compilers that can be had, and the .NET that runs what they make.

A .NET SDK brings both. Without one: CoreCLR 3.1 from PyPI (dotnetcore2) and Mono's compiler, which knows C# 7.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lablib.environments.runtimes.base import BOOTSTRAPS
from lablib.environments.runtimes.prepared import identity, prepared
from lablib.environments.runtimes.toolchains import find, missing, need
from lablib.environments.spec import RuntimeUnavailable

FRAMEWORK = "Microsoft.NETCore.App"
CORE = "Amazon.Lambda.Core"
SERIALIZATION = "Amazon.Lambda.Serialization.SystemTextJson"
BOOTSTRAP = "LambdaLab"
_BOOTSTRAP_SOURCES = ("Bootstrap.cs", "Handler.cs", "Binding.cs", "Context.cs", "Log.cs")
_SUPPORTED_MAJOR = 8  # the oldest .NET of a runtime that is not retired
_COMPILE_S = 120.0


@dataclass(frozen=True)
class Dotnet:
    """An installation: `program` is its `dotnet`, `version` as (3, 1, 23)."""

    program: Path
    version: tuple[int, ...]

    @property
    def root(self) -> Path:
        return self.program.parent

    @property
    def libraries(self) -> Path:
        """The folder of the framework's assemblies."""
        return self.root / "shared" / FRAMEWORK / ".".join(map(str, self.version))


@dataclass(frozen=True)
class Compiler:
    """How to call a C# compiler: `command` without sources, references and output."""

    command: tuple[str, ...]
    name: str
    identity: str


def dotnet() -> Dotnet:
    """The newest .NET of an installed SDK or runtime from version 8 on, else the one from PyPI.

    Raises RuntimeUnavailable with the line that installs one.
    """
    on_path = shutil.which("dotnet")
    for program in ([Path(on_path).resolve()] if on_path else []):
        found = _newest(program)
        if found is not None and found.version[0] >= _SUPPORTED_MAJOR:
            return found
    found = _newest(need("dotnet"))
    if found is None:
        raise missing("dotnet", "the .NET that is installed has no runtime")
    return found


def _newest(program: Path) -> Dotnet | None:
    folders = (program.parent / "shared" / FRAMEWORK).glob("[0-9]*")
    versions = [tuple(map(int, folder.name.split("."))) for folder in folders if folder.name.replace(".", "").isdigit()]
    return Dotnet(program, max(versions)) if versions else None


def compiler(runs: Dotnet) -> Compiler:
    """The SDK's, else Mono's. Raises RuntimeUnavailable with the line that installs one."""
    of_sdk = sorted(runs.root.glob("sdk/*/Roslyn/bincore/csc.dll"), key=lambda path: path.stat().st_mtime)
    if of_sdk:
        return Compiler((str(runs.program), str(of_sdk[-1])), "csc", identity(of_sdk[-1]))
    if find("mcs") is None:
        raise missing("mcs", "There is no C# compiler: neither a .NET SDK nor Mono's mcs is installed")
    mcs = need("mcs")
    return Compiler((str(mcs),), "mcs", identity(mcs))


def arguments(runs: Dotnet, target: str, out: Path, sources: list[str], references: list[Path]) -> list[str]:
    """What both compilers understand. `target` is ``library`` or ``exe``."""
    not_referred_to = ("SOS", "Microsoft.DiaSymReader")
    framework = sorted(path for path in runs.libraries.glob("*.dll") if not path.name.startswith(not_referred_to))
    return [
        "-nologo", "-nostdlib", "-noconfig", "-langversion:latest", "-optimize", "-nowarn:1702,1701",
        f"-target:{target}", f"-out:{out}",
        *(f"-r:{path}" for path in [*framework, *references]), *sources,
    ]  # fmt: skip


def lambda_libraries(runs: Dotnet) -> Path:
    """A folder with our bootstrap and the libraries that handlers are compiled against; compiled once per machine.

    Raises RuntimeUnavailable when there is no compiler, or when it refuses.
    """
    uses = compiler(runs)
    sources = BOOTSTRAPS / "dotnet"
    inputs = [uses.identity, str(runs.libraries), *(path.read_text(encoding="utf-8") for path in sorted(sources.glob("*.cs")))]

    def make(into: Path) -> None:
        core, serialization = into / f"{CORE}.dll", into / f"{SERIALIZATION}.dll"
        _compile(uses, arguments(runs, "library", core, [str(sources / "AmazonLambdaCore.cs")], []))
        _compile(uses, arguments(runs, "library", serialization, [str(sources / "AmazonLambdaSerialization.cs")], [core]))
        own = [str(sources / name) for name in _BOOTSTRAP_SOURCES]
        _compile(uses, arguments(runs, "exe", into / f"{BOOTSTRAP}.dll", own, [core]))

    return prepared("dotnet-bootstrap", inputs, make)


def _compile(uses: Compiler, command: list[str]) -> None:
    ran = subprocess.run(
        [*uses.command, *command], capture_output=True, text=True, timeout=_COMPILE_S, stdin=subprocess.DEVNULL, check=False
    )
    if ran.returncode:
        said = (ran.stdout or ran.stderr).strip()[:500]
        raise RuntimeUnavailable(f"{uses.name} could not compile the runtime of C# functions: {said}")
