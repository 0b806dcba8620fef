"""The cloud reaches this machine alone. In a process of its own, since an audit hook stays for good."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import socket, sys
from lablib.cloud.offline import stay_offline
stay_offline()
{}
"""


def run(line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", PROGRAM.format(line)], capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize(
    "line",
    [
        "socket.create_connection(('example.com', 80))",
        "socket.create_connection(('192.0.2.1', 80), 1)",
        "socket.create_connection(('2001:db8::1', 80), 1)",
        "socket.getaddrinfo('example.com', 80)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "import urllib.request; urllib.request.urlopen('http://example.com')",
        "import urllib3; urllib3.request('GET', 'http://192.0.2.1/', retries=False, timeout=1)",
    ],
)
def test_other_machines_are_out_of_reach(line: str) -> None:
    ended = run(line)
    assert ended.returncode == 1
    assert "reaches nothing but this machine" in ended.stderr


@pytest.mark.parametrize(
    "line",
    [
        "s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname())",
        "s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(('localhost', s.getsockname()[1]))",
        "a, b = socket.socketpair(); a.send(b'x')",
        "socket.getaddrinfo(None, 80); socket.getaddrinfo('127.0.0.1', 80)",
    ],
)
def test_this_machine_is_not(line: str) -> None:
    assert run(line).returncode == 0, run(line).stderr
