"""OS-only runtimes: an executable `bootstrap` of the function's or of a layer's (Go, Rust, bash and curl, ...).

It speaks with the Runtime API itself; nothing of ours runs in its environment.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from lablib.environments.runtimes.base import Launch, on_the_host
from lablib.environments.spec import DataPlaneError, EnvironmentSpec

_PLACES = ("/var/task", "/opt")
_SH = re.compile(rb"#! ?/bin/sh[ \t]*\n")


class CustomRuntime:
    """`bootstrap` of the package, else of the layers (DG runtimes-custom, 2026).

    A dynamically linked program uses this machine's libraries, and a script this machine's
    shell and programs: on Lambda they are Amazon Linux's.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)

    def launch(self, spec: EnvironmentSpec, folders: dict[str, str]) -> Launch:
        """Raises DataPlaneError in the words of Lambda where there is none that could be started."""
        places = {"/var/task": spec.code, **({"/opt": spec.layers[0]} if spec.layers else {})}
        for name, real in places.items():
            if not (real / "bootstrap").is_file():
                continue
            if not os.access(real / "bootstrap", os.X_OK):
                raise DataPlaneError(f"fork/exec {name}/bootstrap: permission denied")
            argv = [*_shell(real / "bootstrap"), f"{folders.get(name, name)}/bootstrap"]
            return Launch(argv, environ=on_the_host(spec.environ, folders))
        raise DataPlaneError(f"Couldn't find valid bootstrap(s): [{' '.join(f'{place}/bootstrap' for place in _PLACES)}]")


def _shell(bootstrap: Path) -> list[str]:
    """What runs a script for ``/bin/sh``: on Amazon Linux that is bash, and AWS's own tutorial needs it (``set -o pipefail``)."""
    with bootstrap.open("rb") as file:
        if not _SH.match(file.read(64)):
            return []
    bash = shutil.which("bash", path="/bin:/usr/bin")
    return [bash, "--posix"] if bash else []
