"""An order to the spawner, as both sides read it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

# The descriptor on which a runtime process gets a socket, when it is given one.
CONTROL = 4


@dataclass(frozen=True)
class Plan:
    """How to start an environment's runtime process.

    Attributes
    ----------
    id
        The environment's; every message about it carries it.
    argv, environ
        Of the runtime process.
    namespaces
        Make a root of its own (namespaces.py). Without, `folder`/tmp is the
        environment's ``/tmp``, and Landlock, where the kernel has it, shuts the rest.
    init
        With namespaces: process 1 of those to join (its pid on the host), after a
        reset; 0 to make new ones.
    folder
        The environment's own folder on the host.
    task, layers
        What appears at /var/task and /opt.
    shown
        What the runtime needs besides (the interpreter, its packages): host paths by the
        names they get in the new root. Without namespaces they keep their own.
    tmp_mb
        Size of /tmp in MB (namespaces only; without, the supervisor measures it).
    """

    id: str
    argv: list[str]
    environ: dict[str, str]
    namespaces: bool
    folder: str
    task: str
    layers: list[str] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)
    tmp_mb: int = 512
    init: int = 0

    def dumps(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def loads(cls, text: bytes) -> Plan:
        return cls(**json.loads(text))
