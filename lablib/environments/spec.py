"""What the control plane and the data plane tell each other.

Plain values only: they cross a process border as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

Status = Literal["success", "error", "timeout"]
LogKind = Literal["app", "init_start", "init_report", "restore_start", "restore_report", "start"]


@dataclass(frozen=True)
class EnvironmentSpec:
    """An execution environment to be made.

    Attributes
    ----------
    id
        Unique for ever; the last part of the environment's log stream name.
    memory_mb, ephemeral_mb
        Mebibytes, as everywhere in Lambda.
    timeout_s
        The function's timeout, in seconds.
    code
        The unpacked package. Shared by environments, never written to.
    layers
        Unpacked layers, lowest first.
    environ
        Every variable the function sees, except the ones only the data plane
        can know (the Runtime API's address).
    is_snapshot
        Its INIT makes a snapshot: it runs no invocation, but others are restored from it.
    restored_from
        The id of the snapshot that it is restored from, instead of an INIT of its own.
    """

    id: str
    function_name: str
    runtime: str
    handler: str
    memory_mb: int
    timeout_s: float
    ephemeral_mb: int
    code: Path
    environ: Mapping[str, str]
    layers: tuple[Path, ...] = ()
    initialization_type: str = "on-demand"
    is_snapshot: bool = False
    restored_from: str | None = None

    def to_wire(self) -> dict[str, Any]:
        wire = asdict(self)
        wire["code"] = str(self.code)
        wire["layers"] = [str(layer) for layer in self.layers]
        wire["environ"] = dict(self.environ)
        return wire

    @classmethod
    def from_wire(cls, wire: dict[str, Any]) -> EnvironmentSpec:
        wire = dict(wire)
        wire["code"] = Path(wire["code"])
        wire["layers"] = tuple(Path(layer) for layer in wire["layers"])
        return cls(**wire)


@dataclass(frozen=True)
class Invocation:
    """One event for one environment; ``payload`` is JSON as it came."""

    request_id: str
    payload: bytes
    invoked_function_arn: str
    trace_id: str | None = None
    client_context: str | None = None
    cognito_identity: str | None = None

    def to_wire(self) -> dict[str, Any]:
        """Without the payload, which travels beside the JSON, as bytes."""
        return {name: value for name, value in self.__dict__.items() if name != "payload"}


@dataclass(frozen=True)
class Outcome:
    """What became of an invocation.

    Attributes
    ----------
    payload
        The function's answer, or the error object as Lambda words it.
    function_error
        ``"Unhandled"`` when the function failed, else None.
    error_type
        For REPORT's ``Error Type`` (``Runtime.ExitError``, ...), where Lambda
        writes one.
    duration_ms
        Milliseconds of the invoke phase, with an INIT that was repeated in it.
    init_ms
        Milliseconds of the INIT that preceded this first invocation, or None.
    max_memory_mb
        The highest resident memory of the environment's processes so far.
    streamed
        The answer, or the beginning of it, has gone out in pieces: `payload` is what went wrong, if anything did.
    midstream_error
        The error's type as the runtime gave it after it had begun to stream; `payload` is the
        error's body. To Lambda such an invocation has succeeded (DG runtimes-custom, 2026).
    restore_ms, billed_restore_ms
        Milliseconds of the restore that preceded this first invocation, and of the part of it in
        which the function's process ran (its after-restore hooks); else None.
    """

    payload: bytes
    function_error: str | None
    status: Status
    error_type: str | None
    duration_ms: float
    init_ms: float | None
    max_memory_mb: int
    streamed: bool = False
    midstream_error: str | None = None
    restore_ms: float | None = None
    billed_restore_ms: float | None = None

    def to_wire(self) -> dict[str, Any]:
        """Without the payload, as above."""
        return {name: value for name, value in self.__dict__.items() if name != "payload"}

    @classmethod
    def from_wire(cls, wire: dict[str, Any], payload: bytes) -> Outcome:
        return cls(payload=payload, **wire)


@dataclass(frozen=True)
class Initialized:
    """How an environment's INIT phase went.

    Attributes
    ----------
    status
        ``"success"``, ``"error"`` or ``"timeout"``; after the last two the next invocation repeats INIT.
    ms
        Milliseconds that it took.
    error_type
        As INIT_REPORT names it (``Runtime.ExitError``, ...); None unless `status` is ``"error"``.
    """

    status: Status
    ms: float
    error_type: str | None = None

    def to_wire(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class LogItem:
    """Something an environment has to say, in the order it happened.

    ``app`` carries the function's own text, with its line's end if it has one; its field ``framed`` says that a runtime
    client's logger wrote it, with a level. The others are the platform's events, which the control plane words:
    ``init_start`` with ``initialization_type``; ``init_report`` with that, ``ms``, ``phase``, ``status`` and ``error_type``; ``start`` with
    ``request_id``. ``timestamp`` is real time, seconds since the epoch.
    """

    kind: LogKind
    timestamp: float
    text: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    request_id: str | None = None

    def to_wire(self) -> list[Any]:
        return [self.kind, self.timestamp, self.text, dict(self.fields), self.request_id]

    @classmethod
    def from_wire(cls, wire: list[Any]) -> LogItem:
        return cls(*wire)


class DataPlaneError(Exception):
    """The data plane could not do what it was asked; the text says why."""


class RuntimeUnavailable(DataPlaneError):
    """This machine cannot run the function's runtime; the text says what would help."""


class SnapshotLost(DataPlaneError):
    """There is no snapshot any more that the environment could be restored from."""


class RestoreFailed(DataPlaneError):
    """The after-restore hooks of the function failed, or its runtime ended while they ran."""


class RestoreTimedOut(RestoreFailed):
    """Restoring the snapshot, hooks and all, took more than 10 s."""


class SupervisorLost(DataPlaneError):
    """The supervisor died, and every environment with it."""
