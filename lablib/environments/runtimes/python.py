"""Python, on the interpreter that runs the local cloud."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
import sysconfig
from pathlib import Path

from lablib.environments.runtimes.base import LANG, RUNTIME, Launch, copy_bootstrap
from lablib.environments.spawner.plan import CONTROL
from lablib.environments.spec import EnvironmentSpec

# What Lambda's Python runtime has beside the standard library: AWS's runtime client
# and boto3, with what the two need.
_PYTHON_RUNTIME = (
    "awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py",
    "boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3",
)  # fmt: skip
_BOOTSTRAP_FILES = ("bootstrap.py", "lab_restore.py", "mapped_paths.py", "plain_runtime_client.py")


class PythonRuntime:
    """Python functions, on the interpreter that runs this process.

    Any of python3.10 to python3.14 runs on the version at hand; ``doctor`` says which.

    With namespaces the interpreter is /var/lang and the packages are in /var/runtime, as
    on Lambda; without, both are where the learner has them, and `folder` leads there.

    Parameters
    ----------
    folder
        Where /var/runtime is put together: links to the packages, and our bootstrap.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._executable = str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())
        self._packages: dict[str, str] = {}
        copy_bootstrap(folder, *_BOOTSTRAP_FILES)
        for name in _BOOTSTRAP_FILES:
            self._packages[name] = str(folder / name)
        for name in _PYTHON_RUNTIME:
            self._link(name)

    def _link(self, name: str) -> None:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            return  # runtime_client has no wheel for macOS; bootstrap.py knows
        found = Path(spec.origin)
        source = found.parent if spec.submodule_search_locations else found
        if source.is_relative_to("/tmp"):  # a function's /tmp is another one: installed below it, a link leads nowhere
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            source = Path(copy(source, self.folder / source.name))
        else:
            (self.folder / source.name).symlink_to(source)
        self._packages[source.name] = str(source)

    def launch(self, spec: EnvironmentSpec, folders: dict[str, str]) -> Launch:
        """`folders` maps /tmp and the others to real folders; empty in namespaces."""
        if folders:
            executable, script = self._executable, f"{folders[RUNTIME]}/bootstrap.py"
            own = [sys.base_prefix, str(self.folder), *self._packages.values()]
            shown = {path: path for path in own}
            libraries = str(sysconfig.get_config_var("LIBDIR"))
        else:
            executable, script = self._named(self._executable), f"{RUNTIME}/bootstrap.py"
            shown = {LANG: sys.base_prefix, **{f"{RUNTIME}/{name}": path for name, path in self._packages.items()}}
            libraries = self._named(str(sysconfig.get_config_var("LIBDIR")))
        search = {"LD_LIBRARY_PATH": libraries} if sysconfig.get_config_var("Py_ENABLE_SHARED") else {}
        argv = [executable, "-S", "-s", script, spec.handler, json.dumps(folders)]
        if spec.is_snapshot:
            argv.append(str(CONTROL))
        return Launch(argv, shown, search=search)

    @staticmethod
    def _named(path: str) -> str:
        """A path of the interpreter's by the name it has in namespaces."""
        found = Path(path)
        return f"{LANG}/{found.relative_to(sys.base_prefix)}" if found.is_relative_to(sys.base_prefix) else path
