"""One invocation as a person reads it: what came back, what the function said, and what its REPORT line means."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lablib.models.report import Report, parse_report

_PLATFORM = (
    "INIT_START ", "START RequestId: ", "END RequestId: ", "REPORT RequestId: ", "INIT_REPORT ", "EXTENSION\t", "XRAY TraceId: ",
)  # fmt: skip
"""How the lines begin that Lambda writes itself."""

_SHOWN = 2_000
"""Characters of a result, and of a log, that are shown; the rest is a click (`run.payload`, `lab.logs`) away."""

_TAIL_BYTES = 4_096
"""How much of a log an Invoke response carries (LogResult; botocore's Lambda model, InvocationResponse, 2026-11)."""


_AGAIN = (
    r"\[ERROR\].*{type}",  # Python
    r'{{"timestamp":.*{type}',  # every runtime in JSON
    r"[\w:.-]+\t[\w-]+\tERROR\t[\w ]+\t\{{\"errorType\":\"{type}\"",  # Node.js
    r"(Error raised|Critical exception) from handler",  # Ruby, over several lines
    r"[\w:.-]+\t[\w-]+\tfail\t.*{type}",  # C#
    r"{message}: {type}$",  # Java, and a stack trace below it
    r'\d{{4}}/\d\d/\d\d \d\d:\d\d:\d\d \{{"errorMessage":.*"errorType":"{type}"',  # Go
)
"""How the line begins in which a language's runtime logs the error that the response says already."""


def _says_again(line: str, error: FunctionError) -> bool:
    message = re.escape(error.message.split("\n")[0])
    return any(re.match(pattern.format(type=re.escape(error.type), message=message), line) for pattern in _AGAIN)


def _frame(line: Any) -> str:
    """One line of a stack trace; Go's are objects (aws-lambda-go, messages.InvokeResponse_Error_StackFrame)."""
    if isinstance(line, Mapping) and {"path", "line", "label"} <= set(line):
        return f"{line['path']}:{line['line']} {line['label']}"
    return str(line)


@dataclass(frozen=True)
class FunctionError:
    """What the function's own failure says of itself, in AWS's fields."""

    type: str
    message: str
    trace: tuple[str, ...] = ()

    @classmethod
    def of(cls, payload: Any) -> FunctionError:
        if not isinstance(payload, Mapping):
            return cls("Unhandled", str(payload))
        trace = payload.get("stackTrace") or payload.get("trace") or ()
        return cls(
            str(payload.get("errorType", "Unhandled")),
            str(payload.get("errorMessage", "")),
            tuple(_frame(line) for line in trace) if isinstance(trace, list | tuple) else (str(trace),),
        )


@dataclass(frozen=True)
class Run:
    """What one Invoke returned, from the public response alone.

    Attributes
    ----------
    payload : the result, parsed from JSON; the text itself when it is none; None when there is none
    report : the figures of the REPORT line, or None when the response carried none (an Event invocation)
    logs : the function's own lines of this invocation, without Lambda's; the last 4 KB at most
    error : what the function failed with, or None
    status_code : HTTP status; 200 also when the function failed
    version : the version that ran, `$LATEST` or a number
    init : what INIT_REPORT said besides, and REPORT does not: INIT failed and the handler never ran ("failed"), or it
        failed at first and began again within this invocation ("repeated"); else empty
    """

    function_name: str
    payload: Any
    report: Report | None
    logs: list[str]
    error: FunctionError | None
    status_code: int
    version: str
    request_id: str
    log_cut: bool = False
    init: str = ""

    @classmethod
    def from_response(cls, name: str, response: Mapping[str, Any]) -> Run:
        """From the response of boto3's `invoke` with ``LogType="Tail"``; reads its payload stream to the end."""
        raw = response["Payload"].read() if "Payload" in response else b""
        payload = _parsed(raw)
        tail = base64.b64decode(response.get("LogResult", "")).decode(errors="replace")
        request_id = str(response.get("ResponseMetadata", {}).get("RequestId", ""))
        if request_id:  # what a function did not end with a line feed stands before the platform's line
            tail = re.sub(rf"(?<=[^\n])(?=(?:START|END|REPORT) RequestId: {re.escape(request_id)}\b)", "\n", tail)
        lines = tail.replace("\r", "\n").replace("\u00a0", " ").split("\n")
        return cls(
            function_name=name,
            payload=payload,
            report=next((report for line in lines if (report := parse_report(line))), None),
            logs=_own_lines(lines),
            error=FunctionError.of(payload) if response.get("FunctionError") else None,
            status_code=int(response["StatusCode"]),
            version=str(response.get("ExecutedVersion", "$LATEST")),
            request_id=request_id,
            log_cut=bool(tail) and len(tail.encode()) >= _TAIL_BYTES - 3 and not any(map(_is_start, lines)),
            init=_init_of(lines[: next((i for i, line in enumerate(lines) if _is_start(line)), 0)]),
        )

    def __str__(self) -> str:
        return "\n".join(_labelled(label, text) for label, text in self._parts())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """A table in the page's own colours, so that it reads in the light and in the dark theme."""
        edge = "var(--jp-error-color1, #d32f2f)" if self.error else "var(--jp-brand-color1, #1976d2)"
        rows = "".join(
            '<tr style="background: none"><th scope="row" style="text-align: left; vertical-align: top; padding: 2px 16px 2px 0">'
            f'{html.escape(label)}</th><td style="text-align: left; padding: 2px 0"><pre style="margin: 0; white-space: pre-wrap">'
            f"{html.escape(text)}</pre></td></tr>"
            for label, text in self._parts()
        )
        # The edge is a block's own: JupyterLab collapses a table's borders, and with them its padding.
        return (
            f'<div style="border-left: 4px solid {edge}; padding-left: 12px; margin: 4px 0">'
            f'<table style="border: none; margin: 0">{rows}</table></div>'
        )

    def _parts(self) -> list[tuple[str, str]]:
        """What is shown, in order: (label, text)."""
        parts = []
        if self.error:
            parts.append(("Error", f"{self.error.type}: {self.error.message}"))
            if self.error.trace:
                trace = "".join(line if line.endswith("\n") else line + "\n" for line in self.error.trace)
                parts.append(("Traceback", trace.rstrip("\n")))
        elif self.status_code == 204:
            parts.append(("Result", "allowed (204): a dry run asks whether you may invoke it, and runs nothing"))
        elif self.status_code == 202:
            parts.append(("Result", "accepted (202): Lambda runs it later; its result goes to the function's destinations, if any"))
        else:
            parts.append(("Result", _shortened(_written(self.payload), "run.payload has all of it")))
        if said := self._said():
            parts.append(("Log", said))
        if self.report:
            parts.append(("Report", describe(self.report, self.init)))
        return parts

    def _said(self) -> str:
        """The function's lines, without the error that the runtime logs once more."""
        lines = self.logs
        if self.error:
            again = [i for i, line in enumerate(lines) if _says_again(line, self.error)]
            lines = lines[: again[-1]] if again else lines
        text = _shortened("\n".join(lines), f'lab.logs("{self.function_name}") has all of it')
        cut = f'(the last 4 KB; lab.logs("{self.function_name}") has all of it)\n' if self.log_cut else ""
        return cut + text


def describe(report: Report, init: str = "") -> str:
    """A REPORT line in words, on two lines; `init` as in `Run`.

    >>> from lablib.models.report import parse_report
    >>> line = "REPORT RequestId: 1\\tDuration: 1.52 ms\\tBilled Duration: 97 ms\\tMemory Size: 512 MB\\tMax Memory Used: 38 MB\\tInit Duration: 95.11 ms"
    >>> print(describe(parse_report(line)))
    cold start: 95.11 ms to initialise, then 1.52 ms to run; billed 97 ms
    memory: 38 MB used at most, of 512 MB
    """
    took = f"{report.duration_ms:.2f} ms"
    if report.init_duration_ms is not None:
        ran = f"cold start: {report.init_duration_ms:.2f} ms to initialise, then {took} to run"
    elif report.restore_duration_ms is not None:
        ran = f"restored from a snapshot: {report.restore_duration_ms:.2f} ms, then {took} to run"
    elif init == "failed":
        ran = f"the environment failed to start: {took}"
    elif init == "repeated":
        ran = f"cold start at the second attempt: {took} to initialise and to run"
    else:
        ran = f"warm: {took} to run"
    if report.status:
        ended = "timed out" if report.status == "timeout" else report.status
        ran += f"; {ended}" + (f" ({report.error_type})" if report.error_type else "")
    memory = f"{report.max_memory_used_mb} MB used at most, of {report.memory_size_mb} MB"
    return f"{ran}; billed {report.billed_duration_ms} ms\nmemory: {memory}"


_INIT_FAILED = re.compile(
    r'INIT_REPORT Init Duration: [\d.]+ ms\tPhase: (\w+)\tStatus: (?:error|timeout)\b'
    r'|"type":"platform.initReport".*"phase":"(\w+)","status":"(?:error|timeout)"'
)
"""Lambda writes it when INIT failed: in its own phase, and again when it was repeated for the invocation (AWS Lambda
Developer Guide, "Lambda runtime environment", read 2026-11-23). A log line need not have ended before it."""


def _init_of(before_start: list[str]) -> str:
    """From the log before an invocation's START: whether INIT failed for good, or in its own phase alone."""
    phases = [text or json_ for text, json_ in _INIT_FAILED.findall("\n".join(before_start))]
    return "failed" if "invoke" in phases else "repeated" if phases else ""


def _is_start(line: str) -> bool:
    return line.startswith("START RequestId: ") or (line.startswith('{"time":"') and '"type":"platform.start"' in line)


def _is_platforms(line: str) -> bool:
    return line.startswith(_PLATFORM) or (line.startswith('{"time":"') and '"type":"platform.' in line)


def _parsed(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")


def _own_lines(lines: list[str]) -> list[str]:
    """The lines after START (all, when the tail begins later) that are not Lambda's own."""
    starts = [i for i, line in enumerate(lines) if _is_start(line)]
    kept = lines[starts[-1] + 1 :] if starts else lines
    own = [line for line in kept if not _is_platforms(line)]
    while own and not own[-1].strip():
        own.pop()
    return own


def _written(payload: Any, width: int = 80, indent: str = "") -> str:
    """As JSON: on one line where that fits, else one item a line."""
    line = json.dumps(payload, ensure_ascii=False)
    if len(line) <= width or not isinstance(payload, dict | list) or not payload:
        return line
    inner = indent + "  "
    if isinstance(payload, dict):
        names = [json.dumps(name, ensure_ascii=False) + ": " for name in payload]
        values = list(payload.values())
    else:
        names, values = [""] * len(payload), payload
    items = [inner + name + _written(value, width - len(inner) - len(name), inner) for name, value in zip(names, values)]
    opening, closing = ("{", "}") if isinstance(payload, dict) else ("[", "]")
    return opening + "\n" + ",\n".join(items) + f"\n{indent}{closing}"


def _shortened(text: str, where: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} … ({len(text):,} characters; {where})"


def _labelled(label: str, text: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join([f"{label:<11}{first}", *(" " * 11 + line for line in rest)])
