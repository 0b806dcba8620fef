"""Node.js, on the node of this machine or of the PyPI wheel."""

from __future__ import annotations

import json
from pathlib import Path

from lablib.environments.runtimes.base import LANG, RUNTIME, Launch, copy_bootstrap, is_system
from lablib.environments.runtimes.toolchains import need
from lablib.environments.spec import EnvironmentSpec

_BOOTSTRAP_FILES = ("index.mjs", "console.mjs", "handler.mjs", "responses.mjs", "mapped_paths.mjs")


class NodeRuntime:
    """Node.js functions: any of nodejs18.x and later, on the version at hand.

    What a handler may do follows its identifier all the same: from nodejs24.x on it takes no callback.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._node = need("node")
        copy_bootstrap(folder, *_BOOTSTRAP_FILES)

    def launch(self, spec: EnvironmentSpec, folders: dict[str, str]) -> Launch:
        shown = self._shown(on_the_host=bool(folders))
        executable, runtime = (str(self._node), folders[RUNTIME]) if folders else (f"{LANG}/bin/node", RUNTIME)
        argv = [executable, *_flags(spec.memory_mb), f"{runtime}/index.mjs", spec.handler, json.dumps(folders)]
        return Launch(argv, shown)

    def _shown(self, *, on_the_host: bool) -> dict[str, str]:
        """node itself; of one that is not the system's (conda's, a wheel's) also the libraries beside it."""
        libraries = self._node.parent.parent / "lib"
        needed = {f"{LANG}/bin/node": self._node, RUNTIME: self.folder}
        if libraries.is_dir() and not is_system(self._node):
            needed[f"{LANG}/lib"] = libraries
        return {str(path) if on_the_host else name: str(path) for name, path in needed.items()}


def _flags(memory_mb: int) -> list[str]:
    """As the start script of AWS's own runtime computes them (its base image for nodejs18.x, 2023)."""
    young = memory_mb // 10
    return [
        "--expose-gc", "--max-http-header-size", "81920",
        f"--max-semi-space-size={young // 2}", f"--max-old-space-size={memory_mb - young}",
    ]  # fmt: skip
