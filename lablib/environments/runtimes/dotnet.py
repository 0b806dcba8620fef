"""C#, with a bootstrap of ours: AWS's comes from a registry that the local cloud does not ask.

Measured (2 cores, CoreCLR 3.1, 2026-11-23): see tests/bench.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from lablib.environments.runtimes.base import LANG, RUNTIME, Launch, is_system
from lablib.environments.runtimes.csharp import BOOTSTRAP, FRAMEWORK, Dotnet, dotnet, lambda_libraries
from lablib.environments.spec import DataPlaneError, EnvironmentSpec

# Concurrent collection needs a thread of its own at start; ICU's tables of all languages are not everywhere.
_PROPERTIES = {
    "System.GC.Concurrent": False,
    "System.Globalization.Invariant": True,
    "System.Runtime.TieredCompilation.QuickJitForLoops": True,
}
# No sockets for debuggers in /tmp.
_ENVIRON = {"COMPlus_EnableDiagnostics": "0"}


class DotnetRuntime:
    """C# functions, on the .NET that is installed.

    Its version decides which assemblies it can load: one that was built for .NET 8 needs .NET 8.
    """

    def __init__(self, folder: Path) -> None:
        self._dotnet = dotnet()
        self.folder = Path(shutil.copytree(lambda_libraries(self._dotnet), folder))
        framework = {"name": FRAMEWORK, "version": ".".join(map(str, self._dotnet.version))}
        config = {"framework": framework, "configProperties": _PROPERTIES}
        (folder / f"{BOOTSTRAP}.runtimeconfig.json").write_text(json.dumps({"runtimeOptions": config}))

    def launch(self, spec: EnvironmentSpec, folders: dict[str, str]) -> Launch:
        """Raises DataPlaneError for an assembly that was built for a newer .NET than this machine has."""
        _check_framework(spec, self._dotnet)
        root, program = self._dotnet.root, str(self._dotnet.program)
        shown: dict[str, str] = {}
        if folders:
            shown = {str(root): str(root)}
        elif not is_system(root):
            shown, program = {LANG: str(root)}, f"{LANG}/{self._dotnet.program.name}"
        if not folders:
            shown[RUNTIME] = str(self.folder)
        bootstrap = f"{folders.get(RUNTIME, RUNTIME)}/{BOOTSTRAP}.dll"
        temporary = {"TMPDIR": folders["/tmp"]} if folders else {}
        return Launch([program, bootstrap, spec.handler], shown, _ENVIRON | temporary)


def _check_framework(spec: EnvironmentSpec, runs: Dotnet) -> None:
    """Says it before .NET does, whose own message is about files."""
    config = spec.code / f"{spec.handler.split('::')[0]}.runtimeconfig.json"
    if not config.is_file():
        return
    wanted = str(json.loads(config.read_text(encoding="utf-8-sig"))["runtimeOptions"].get("framework", {}).get("version", "0"))
    if int(wanted.split(".")[0]) > runs.version[0]:
        here = ".".join(map(str, runs.version))
        raise DataPlaneError(f"{spec.handler.split('::')[0]} was built for .NET {wanted}, and this machine has .NET {here}")
