"""One execution environment: its life from INIT to its end.

::

    create -> INIT -> frozen -> invoke -> frozen -> ... -> destroyed
                 \\-> failed      \\-> timed out, crashed, out of memory
                        \\____________/
                         INIT again, inside the next invocation

With SnapStart one environment goes through INIT as the version is published, and waits as a snapshot;
those that are restored from it run their after-restore hooks where others go through INIT.

After a failure Lambda resets the environment rather than replacing it: the processes
are killed, /tmp and the log stream stay, and the next invocation's duration contains
the new INIT (DG lambda-runtime-environment, "Failures during the invoke phase", 2026).
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from lablib.environments.chunked import MidstreamError
from lablib.environments.logpipe import Framed
from lablib.environments.machine import Machine
from lablib.environments.spec import (
    DataPlaneError,
    EnvironmentSpec,
    Initialized,
    Invocation,
    LogItem,
    Outcome,
    RestoreFailed,
    RestoreTimedOut,
    SnapshotLost,
    Status,
)
from lablib.environments.streams import Outflow
from lablib.models import limits


@dataclass(frozen=True)
class Fault:
    """Why an INIT or an invocation did not end well."""

    payload: bytes
    status: Status
    error_type: str


def _error(error_type: str, request_id: str, message: str) -> bytes:
    return _object(error_type, f"RequestId: {request_id} Error: {message}")


def _object(error_type: str, message: str) -> bytes:
    """The platform's error object; field order as captured from AWS (2026)."""
    return json.dumps({"errorType": error_type, "errorMessage": message}, separators=(",", ":")).encode()


def _known(error_type: str) -> str:
    """What REPORT calls an INIT error. AWS names its own types; one of the function's is ``Runtime.Unknown``.

    Source: aws-lambda-runtime-interface-emulator, GetValidRuntimeOrFunctionErrorType (2026-01-02); captured logs.
    """
    if re.search(r"(Runtime|Function)\.[A-Z][a-zA-Z]+", error_type):
        return error_type
    return "Function.Unknown" if error_type.startswith("Function.") else "Runtime.Unknown"


@dataclass(frozen=True)
class Streamed:
    """An answer that has gone out in pieces; `error` is what the runtime said of it at its end."""

    error: MidstreamError | None


Answer = bytes | Streamed | Fault
# The type is AWS's (aws-lambda-runtime-interface-emulator, 2026-01-02); the words with it are ours.
_TRUNCATED = "Runtime.TruncatedResponse"
_NOT_STARTED = "Runtime.InvalidEntrypoint"


# Node's status for a promise that nothing can settle any more. The type and the first sentence: DG troubleshooting-invocation,
# 2026; the second is quoted by others, its end is unconfirmed.
_UNSETTLED = "Runtime exited with error: exit status 13"
_NODE_EXIT = (
    "Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. "
    "For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes"
)


def _how_it_ended(runtime: str, words: str) -> tuple[str, str]:
    """The error type and the message of a runtime that ended."""
    if runtime.startswith("nodejs") and words == _UNSETTLED:
        return "Runtime.NodeJsExit", _NODE_EXIT
    return "Runtime.ExitError", words


def _not_restored(fault: Fault) -> DataPlaneError:
    """What an invocation gets whose environment could not be restored; words as in BOTO's SnapStart exceptions (2026-11-17)."""
    if fault.status == "timeout":
        return RestoreTimedOut("Lambda couldn't restore the snapshot within the timeout limit.")
    if fault.error_type == _NOT_STARTED:  # not the function's doing
        return SnapshotLost(json.loads(fault.payload)["errorMessage"])
    return RestoreFailed(
        "The afterRestore() runtime hook encountered an error. For more information, check the Amazon CloudWatch logs."
    )


@dataclass
class _Timing:
    """Real time, seconds on the loop's clock."""

    started: float
    deadline: float
    timeout_s: float

    @property
    def elapsed_ms(self) -> float:
        return (asyncio.get_running_loop().time() - self.started) * 1000


@dataclass
class Environment:
    """An environment, held by the supervisor.

    Parameters
    ----------
    machine
        Its processes and meters.
    emit
        Takes log items, in order.
    """

    spec: EnvironmentSpec
    machine: Machine
    emit: Callable[[list[LogItem]], None]
    _request_id: str | None = None
    _initialized: asyncio.Event = field(default_factory=asyncio.Event)
    _first_init: Initialized | None = None
    _init_ms: float | None = None
    _restored: tuple[float, float] | None = None
    _not_restored: DataPlaneError | None = None
    _ready: bool = False

    # --- INIT -------------------------------------------------------------------

    async def initialize(self) -> None:
        """The INIT phase, or the restore phase."""
        try:
            if self.spec.restored_from is None:
                await self._initialize()
            else:
                await self._restore()
        finally:
            self._initialized.set()

    async def _initialize(self) -> None:
        """At most 10 s, unless it is ahead of use; a failure is kept for the first invocation to repeat."""
        self._say("init_start", {"initialization_type": self.spec.initialization_type})
        ahead = self.spec.initialization_type != "on-demand"
        timing = self._timing(max(limits.INIT_AHEAD_TIMEOUT_S, self.spec.timeout_s) if ahead else limits.INIT_TIMEOUT_S)
        fault = await self._init(timing)
        if fault is None:
            self._init_ms = timing.elapsed_ms
            self._first_init = Initialized("success", self._init_ms)
            self._report_init(self._init_ms, "init", None)
            if self.spec.is_snapshot:
                self.machine.leave_alone()
                return
            self.machine.freeze()
            self.machine.peak_mb()
        else:
            self._first_init = Initialized(fault.status, timing.elapsed_ms, fault.error_type or None)
            self._report_init(timing.elapsed_ms, "init", fault)

    async def _restore(self) -> None:
        """Snapshot and after-restore hooks: at most 10 s. A failure is the invocation's that waits for it."""
        self._say("restore_start")
        timing = self._timing(limits.RESTORE_TIMEOUT_S)
        fault = await self._init(timing)
        ms = timing.elapsed_ms
        self._first_init = Initialized("success" if fault is None else fault.status, ms, fault and fault.error_type or None)
        self._restored = (ms, (asyncio.get_running_loop().time() - self.machine.began_at) * 1000)
        fields: dict[str, object] = {"ms": ms, "status": self._first_init.status}
        if fault is None:
            self.machine.freeze()
            self.machine.peak_mb()
        else:
            self._not_restored = _not_restored(fault)
            if fault.status == "error":
                fields["error_type"] = fault.error_type
        self._say("restore_report", fields)

    async def initialized(self) -> Initialized:
        """Wait for the end of the INIT phase."""
        await self._initialized.wait()
        if self._first_init is None:
            raise DataPlaneError("the environment was ended while it initialised")
        return self._first_init

    def _timing(self, timeout_s: float) -> _Timing:
        now = asyncio.get_running_loop().time()
        return _Timing(now, now + timeout_s, timeout_s)

    async def _init(self, timing: _Timing) -> Fault | None:
        """Start the runtime and wait for its first /next; at full speed, as INIT is on Lambda."""
        self.machine.start()
        fault: Fault | None = None
        while True:
            kind, detail = await self.machine.event(timing.deadline)
            if kind in ("next", "snapshot"):
                self._ready = kind == "next"
                return None
            if kind in ("init_error", "restore_error"):
                fault = Fault(detail[0], "error", _known(detail[1]))
                continue  # the client exits next
            fault = fault or self._fault(kind, detail, timing.timeout_s)
            if fault is not None:
                await self._reset()
                return fault

    def _report_init(self, ms: float, phase: str, fault: Fault | None) -> None:
        status = "success" if fault is None else fault.status
        how = self.spec.initialization_type
        fields: dict[str, object] = {"ms": ms, "phase": phase, "status": status, "initialization_type": how}
        if fault is not None and status == "error":
            fields["error_type"] = fault.error_type
        self._say("init_report", fields)

    # --- invoke -----------------------------------------------------------------

    async def invoke(self, invocation: Invocation, outflow: Outflow | None = None) -> Outcome:
        """Run one event; the caller sees to it that there is one at a time. What is streamed goes into `outflow`."""
        await self._initialized.wait()
        if self._not_restored is not None:
            raise self._not_restored
        self._request_id = invocation.request_id
        # The first invocation reports INIT, also where it was made ahead of use. For provisioned concurrency this rests on what
        # people write (a forum's thread, a comment), not on AWS's pages or a captured log: unconfirmed.
        init_ms, self._init_ms = self._init_ms, None
        restored, self._restored = self._restored, None
        if self._ready and self.machine.died_while_frozen():
            await self._reset()
        timing = self._timing(self.spec.timeout_s)
        try:
            fault = None if self._ready else await self._init_in_invocation(timing)
            self._say("start", {"request_id": invocation.request_id})
            answer = fault or await self._run(invocation, timing, outflow)
            outcome = self._outcome(answer, timing, init_ms, streamed=outflow is not None and outflow.begun)
            return outcome if restored is None else replace(outcome, restore_ms=restored[0], billed_restore_ms=restored[1])
        finally:
            self._request_id = None

    async def _init_in_invocation(self, timing: _Timing) -> Fault | None:
        fault = await self._init(timing)
        if fault is not None and fault.error_type == _NOT_STARTED and self.spec.restored_from is not None:
            raise _not_restored(fault)
        if fault is not None:
            self._report_init(timing.elapsed_ms, "invoke", fault)
        return fault

    async def _run(self, invocation: Invocation, timing: _Timing, outflow: Outflow | None) -> Answer:
        """Until the runtime asks for the next event: the response, or what went wrong.

        The answer waits for /next although Lambda may send it a little earlier, so that
        the log's tail in it is complete.
        """
        self.machine.thaw()
        deadline_ms = int((time.time() + timing.deadline - asyncio.get_running_loop().time()) * 1000)
        self.machine.api.deliver(invocation, deadline_ms, outflow)
        answer: Answer | None = None
        while True:
            kind, detail = await self.machine.event(timing.deadline)
            if kind == "next":
                assert answer is not None, "the Runtime API lets /next through only after an answer"
                return answer
            if (fault := self._fault(kind, detail, timing.timeout_s)) is not None:
                if kind == "exit":
                    await self.machine.api.settle()
                await self._reset()
                # Unconfirmed on AWS: a runtime that dies after it answered has answered.
                truncated = isinstance(answer, Fault) and answer.error_type == _TRUNCATED
                return answer if answer is not None and kind == "exit" and not truncated else fault
            said = self._answer(kind, detail)
            answer = answer if said is None else said

    def _answer(self, kind: str, detail: Any) -> Answer | None:
        """What the runtime said of its invocation."""
        if kind == "response":
            return bytes(detail)
        if kind == "streamed":
            return Streamed(detail)
        if kind == "error":
            return Fault(detail, "success", "")
        if kind == "too_large":
            error = _object("Function.ResponseSizeTooLarge", limits.RESPONSE_TOO_LARGE)
            return Fault(error, "error", "Function.ResponseSizeTooLarge")
        if kind == "truncated":
            text = "The runtime's connection ended in the middle of its streamed response"
            return Fault(_error(_TRUNCATED, self._request_id or "", text), "error", _TRUNCATED)
        return None

    def _outcome(self, answer: Answer, timing: _Timing, init_ms: float | None, *, streamed: bool) -> Outcome:
        elapsed = timing.elapsed_ms
        self.machine.log.drain(over=False)
        peak_mb = self.machine.peak_mb()
        if isinstance(answer, bytes):
            return Outcome(answer, None, "success", None, elapsed, init_ms, peak_mb)
        if isinstance(answer, Streamed):
            body = answer.error.body.encode() if answer.error else b""
            error_type = answer.error.type if answer.error else None
            return Outcome(
                body, None, "success", None, elapsed, init_ms, peak_mb, streamed=True, midstream_error=error_type
            )  # fmt: skip
        if answer.status == "timeout":
            # Lambda reports the timeout itself, not when the kill was through (captured logs, 2026).
            elapsed = min(elapsed, timing.timeout_s * 1000)
        return Outcome(
            answer.payload, "Unhandled", answer.status, answer.error_type or None, elapsed, init_ms, peak_mb,
            streamed=streamed,
        )  # fmt: skip

    def rest(self) -> None:
        """Freeze until the next invocation; called when the answer of the last one is on its way."""
        if self._ready:
            self.machine.freeze()

    def _fault(self, kind: str, detail: object, timeout_s: float) -> Fault | None:
        """What an event means when it ends things; None for one that does not."""
        request_id = self._request_id or ""
        if kind == "deadline":
            text = f"Task timed out after {timeout_s:.2f} seconds"
            return Fault(_error("Sandbox.Timedout", request_id, text), "timeout", "")
        if kind == "memory":
            text = "Runtime exited with error: signal: killed"
            return Fault(_error("Runtime.ExitError", request_id, text), "error", "Runtime.OutOfMemory")
        if kind == "disk":
            # Ours: with namespaces a full /tmp is ENOSPC, as on Lambda; here it can only be noticed.
            text = f"/tmp holds more than its {self.spec.ephemeral_mb} MB (EphemeralStorage), so the environment was stopped"
            return Fault(_error("Runtime.ExitError", request_id, text), "error", "Runtime.ExitError")
        if kind == "exit":
            name, text = _how_it_ended(self.spec.runtime, str(detail))
            return Fault(_error(name, request_id, text), "error", name)
        if kind == "failed":
            return Fault(_error(_NOT_STARTED, request_id, str(detail)), "error", _NOT_STARTED)
        return None

    # --- its end ------------------------------------------------------------------

    async def _reset(self) -> None:
        self._ready = False
        await self.machine.kill()

    async def destroy(self) -> None:
        self._initialized.set()
        await self.machine.close()

    # --- its log ------------------------------------------------------------------

    def on_log(self, events: list[str]) -> None:
        now = time.time()
        self.emit([
            LogItem("app", now, text, {"framed": True} if isinstance(text, Framed) else {}, self._request_id)
            for text in events
        ])  # fmt: skip

    def _say(self, kind: str, fields: dict[str, object] | None = None) -> None:
        self.machine.log.drain(over=False)
        self.emit([LogItem(kind, time.time(), "", fields or {}, self._request_id)])  # type: ignore[arg-type]
