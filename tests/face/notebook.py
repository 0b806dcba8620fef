"""A notebook without a browser: one kernel, and what its cells show."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import start_new_kernel


@dataclass
class Shown:
    """What a cell showed: its stdout and stderr as one text, each display's mime bundle, the traceback's lines."""

    text: str = ""
    displays: list[Mapping[str, Any]] = field(default_factory=list)
    traceback: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def value(self) -> str:
        """The plain text of the last display."""
        return str(self.displays[-1]["text/plain"])


class Notebook:
    """A kernel of this environment, in a folder of its own.

    Parameters
    ----------
    environ : the kernel's environment; this process's, less AWS's variables, unless given.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str] | None = None):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.folder = folder
        self.manager, self.client = start_new_kernel(
            kernel_name="python3", cwd=str(folder), env=dict(clean if environ is None else environ)
        )

    @property
    def pid(self) -> int:
        return int(self.manager.provisioner.pid)

    def run(self, code: str, seconds: float = 60) -> Shown:
        """Run one cell; fails when it takes longer than `seconds`."""
        shown, began = Shown(), time.perf_counter()

        def on_output(message: Mapping[str, Any]) -> None:
            content, kind = message["content"], message["header"]["msg_type"]
            if kind == "stream":
                shown.text += content["text"]
            elif kind in ("display_data", "execute_result"):
                shown.displays.append(content["data"])
            elif kind == "error":
                shown.traceback = content["traceback"]

        self.client.execute_interactive(code, timeout=seconds, output_hook=on_output, allow_stdin=False)
        shown.seconds = time.perf_counter() - began
        return shown

    def value(self, expression: str) -> str:
        """The plain text of an expression; fails when evaluating it failed."""
        shown = self.run(expression)
        assert not shown.traceback, "\n".join(shown.traceback)
        return shown.value

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=not self.manager.is_alive())
