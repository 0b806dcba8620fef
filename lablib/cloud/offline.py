"""No request of the cloud leaves this machine, whatever moto or a library of its would fetch or deliver.

SNS would post to any address that subscribed, EventBridge to any API destination. An audit hook sees every connection that this
process is about to make and every name that it looks up; it lets loopback through.
"""

from __future__ import annotations

import ipaddress
import sys
from typing import Any


class Offline(ConnectionRefusedError):
    """The cloud was about to reach another machine."""

    def __init__(self, host: object) -> None:
        super().__init__(f"the local cloud reaches nothing but this machine, and {host!r} is another")


def stay_offline() -> None:
    """From here on this process connects to loopback alone. It cannot be taken back."""
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
        if host not in (None, "", b"") and not _is_here(host) and not _is_number(host):
            raise Offline(host)
    elif event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        # Addresses of Unix sockets are paths.
        if isinstance(address, tuple) and not _is_here(address[0]):
            raise Offline(address[0])


def _is_here(host: object) -> bool:
    text = host.decode("latin-1") if isinstance(host, bytes) else str(host)
    if text == "localhost" or text.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _is_number(host: object) -> bool:
    """Looking up an address that is one already asks nobody."""
    try:
        ipaddress.ip_address(host.decode("latin-1") if isinstance(host, bytes) else str(host))
    except ValueError:
        return False
    return True
