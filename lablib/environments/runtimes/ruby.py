"""Ruby, on the ruby of this machine."""

from __future__ import annotations

import json
from pathlib import Path

from lablib.environments.runtimes.base import RUNTIME, Launch, copy_bootstrap, is_system, on_the_host
from lablib.environments.runtimes.toolchains import need
from lablib.environments.spec import EnvironmentSpec

_BOOTSTRAP_FILES = ("bootstrap.rb", "lambda_logging.rb", "mapped_paths.rb")
# They add to an exception's message what Ruby 3.2 and later, Lambda's, keep apart from it.
_WITHOUT = "--disable=did_you_mean,error_highlight"


class RubyRuntime:
    """Ruby functions: any of ruby3.2 and later, on the version at hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ruby = need("ruby")
        copy_bootstrap(folder, *_BOOTSTRAP_FILES)

    def launch(self, spec: EnvironmentSpec, folders: dict[str, str]) -> Launch:
        runtime = folders.get(RUNTIME, RUNTIME)
        shown = {runtime: str(self.folder)}
        if not is_system(self._ruby):  # its libraries are where it was built for, so it keeps its place
            prefix = str(self._ruby.parent.parent)
            shown[prefix] = prefix
        argv = [str(self._ruby), _WITHOUT, f"{runtime}/bootstrap.rb", spec.handler, json.dumps(folders)]
        return Launch(argv, shown, on_the_host(spec.environ, folders))
