"""Whether a cloud that ended left anything: its processes, its port, its folders."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time
from pathlib import Path

from tests.bench.memory import tree


class Ending:
    """Made while the cloud runs; `wait` then says what is left of it.

    Parameters
    ----------
    pid : the cloud's process; everything below it is looked for.
    url : its address, or empty.
    folder : the TMPDIR that it and nobody else was given.
    """

    def __init__(self, pid: int, url: str = "", folder: Path | None = None):
        self.processes: dict[int, int] = {}
        for process in tree(pid):
            with contextlib.suppress(ProcessLookupError):  # short-lived, and gone by now
                self.processes[process] = os.pidfd_open(process)
        self.url = url
        self.folder = folder

    def wait(self, seconds: float) -> list[str]:
        """What is left after at most `seconds`, in words; returns as soon as every process has ended."""
        deadline = time.monotonic() + seconds
        left = []
        for process, handle in self.processes.items():
            if not select.select([handle], [], [], max(0.0, deadline - time.monotonic()))[0]:
                left.append(f"process {process}: {Path(f'/proc/{process}/cmdline').read_bytes()!r}")
            os.close(handle)
        if self.url and self._listens():
            left.append(f"a listener at {self.url}")
        if self.folder is not None:
            left += [str(path) for path in self.folder.iterdir()]
        return left

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(self.url.rsplit(":", 1)[1]))) == 0
