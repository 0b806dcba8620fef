"""The spawner's messages, in their order."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# In a process of its own: the loop takes the signals of its children for itself.
PROGRAM = """
import os, socket, sys
from lablib.environments.spawner.main import _Loop
loop = _Loop(socket.socket(fileno=int(sys.argv[1])))
for known in (True, False):  # whether the loop had read who it is before it ended
    report, write = os.pipe()
    os.set_blocking(report, False)
    loop._reports[report] = ("name", b"")
    os.write(write, b'{"runtime": 7, "init": 1}\\n')
    if known:
        loop._read_report(report)
    os.write(write, b'{"failed": "fork/exec"}\\n')
    os.close(write)
    loop._tell_end(7, 127 << 8)
    while report in loop._reports:
        loop._read_report(report)
"""


def test_why_a_process_cannot_start_is_said_before_its_end() -> None:
    """The pipe and the signal are ready together: whoever looks at the signal first would say "exit status 127"."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            environ = {**os.environ, "PYTHONPATH": str(ROOT)}
            command = [sys.executable, "-c", PROGRAM, str(theirs.fileno())]
            subprocess.run(command, pass_fds=[theirs.fileno()], env=environ, check=True)
        said = [json.loads(line) for line in ours.makefile()]
    assert [next(key for key in message if key != "id") for message in said] == ["runtime", "failed", "exit"] * 2
