"""What the data plane knows of a runtime."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from lablib.environments.spec import EnvironmentSpec

LANG = "/var/lang"
RUNTIME = "/var/runtime"
BOOTSTRAPS = Path(__file__).parents[1] / "bootstraps"

# Every environment's root has these (spawner/namespaces.py): what is below them keeps its name.
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix", "/gnu")
# Variables that hold paths, as cloud/variables.py sets them.
_PATHS = (
    "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "PWD", "PATH", "LD_LIBRARY_PATH", "NODE_PATH", "GEM_HOME", "GEM_PATH", "RUBYLIB",
    "CLASSPATH",
)  # fmt: skip


@dataclass(frozen=True)
class Launch:
    """How to start a runtime.

    Attributes
    ----------
    argv
        Its command: with namespaces by the names it has there, else by the host's.
    shown
        The host paths that it needs, by the names that it knows. Without namespaces the
        host's own are the names (and Landlock opens these paths).
    environ
        Variables of its own, whatever the function has by these names.
    search
        Search paths of its own (LD_LIBRARY_PATH): each goes before the function's of that name.
    """

    argv: list[str]
    shown: dict[str, str] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)
    search: dict[str, str] = field(default_factory=dict)


class Runtime(Protocol):
    """A runtime that runs on this machine. Made once, by the first function that needs it.

    Its constructor takes `folder`, not yet there, and raises RuntimeUnavailable where this
    machine lacks what it needs. It may take its time: it is not called in the supervisor's loop.
    """

    folder: Path
    """What is /var/runtime, on the host."""

    def launch(self, spec: EnvironmentSpec, folders: dict[str, str]) -> Launch:
        """How to start it for one environment; at once, since the supervisor waits.

        `folders` is empty with namespaces. Without, it maps /tmp, /var/task, /opt and
        /var/runtime to the real folders behind these names. Raises DataPlaneError with a text
        for the function's author where the package cannot be started (``Runtime.InvalidEntrypoint``).
        """
        ...


def is_system(path: str | Path) -> bool:
    """Whether an environment with namespaces sees a host path by its own name."""
    return any(Path(path).is_relative_to(folder) for folder in _SYSTEM)


def on_the_host(environ: Mapping[str, str], folders: Mapping[str, str]) -> dict[str, str]:
    """What to change in a function's variables without namespaces, for a language whose calls nobody maps.

    Paths lead to the real folders, and TMPDIR names the /tmp that is its own. Nothing with namespaces.
    """
    if not folders:
        return {}

    def real(part: str) -> str:
        found = next((name for name in folders if part == name or part.startswith(f"{name}/")), None)
        return part if found is None else folders[found] + part[len(found) :]

    changed = {name: ":".join(map(real, environ[name].split(":"))) for name in _PATHS if name in environ}
    return {**changed, "TMPDIR": folders["/tmp"]}


def copy_bootstrap(folder: Path, *names: str) -> None:
    """Make `folder` and put our bootstrap's files into it."""
    folder.mkdir(parents=True)
    for name in names:
        shutil.copy(BOOTSTRAPS / name, folder / name)
