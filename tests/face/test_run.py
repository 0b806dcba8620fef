"""How an invocation is shown: in a terminal, in a notebook, when it failed, when it is hostile."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lablib.run import Run, _written

REPORT = "REPORT RequestId: 4d1c\tDuration: 1.52 ms\tBilled Duration: 97 ms\tMemory Size: 512 MB\tMax Memory Used: 38 MB"
COLD = REPORT + "\tInit Duration: 95.11 ms"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def response(payload: Any, tail: str = "", **more: Any) -> dict[str, Any]:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return {
        "StatusCode": 200,
        "Payload": io.BytesIO(raw),
        "LogResult": base64.b64encode(tail.encode()).decode(),
        "ExecutedVersion": "$LATEST",
        "ResponseMetadata": {"RequestId": "4d1c"},
    } | more


def log(*own: str, report: str = COLD) -> str:
    return "\n".join(["START RequestId: 4d1c Version: $LATEST", *own, "END RequestId: 4d1c", report, ""])


def test_it_says_result_log_and_report_as_a_person_reads_them() -> None:
    run = Run.from_response("hello", response({"greeting": "Hello, Ana"}, log("one event", "two")))
    assert str(run) == (
        'Result     {"greeting": "Hello, Ana"}\n'
        "Log        one event\n"
        "           two\n"
        "Report     cold start: 95.11 ms to initialise, then 1.52 ms to run; billed 97 ms\n"
        "           memory: 38 MB used at most, of 512 MB"
    )
    assert run.payload == {"greeting": "Hello, Ana"}
    assert run.logs == ["one event", "two"]
    assert run.report is not None and run.report.init_duration_ms == 95.11
    assert run.error is None and run.status_code == 200 and run.request_id == "4d1c"


def test_a_warm_one_says_so() -> None:
    assert "warm: 1.52 ms to run; billed 97 ms" in str(Run.from_response("f", response(1, log(report=REPORT))))


@pytest.mark.parametrize(
    ("phases", "ended", "said"),
    [
        ("init invoke", "error\tError Type: Runtime.Exit", "the environment failed to start: 1.52 ms; error (Runtime.Exit); billed"),
        ("invoke", "error\tError Type: Runtime.Unknown", "the environment failed to start: 1.52 ms; error (Runtime.Unknown); billed"),
        ("init invoke", "timeout", "the environment failed to start: 1.52 ms; timed out; billed"),
        ("init", "", "cold start at the second attempt: 1.52 ms to initialise and to run; billed"),
    ],
)  # fmt: skip
def test_an_environment_that_failed_to_start_is_not_called_warm(phases: str, ended: str, said: str) -> None:
    """Its REPORT line has no Init Duration either; INIT_REPORT, before START, says what happened."""
    status = ended or "timeout"
    before = "Traceback (most recent call last):".join(
        f"INIT_REPORT Init Duration: 55.20 ms\tPhase: {phase}\tStatus: {status}\n" for phase in phases.split()
    )
    tail = before + log(report=REPORT + (f"\tStatus: {ended}" if ended else ""))
    shown = str(Run.from_response("f", response({}, tail, FunctionError="Unhandled")))
    assert said in shown and "warm" not in shown


def test_what_the_handler_prints_says_nothing_of_its_start() -> None:
    fake = "INIT_REPORT Init Duration: 1.00 ms\tPhase: invoke\tStatus: error"
    assert "warm: 1.52 ms" in str(Run.from_response("f", response(1, log(fake, report=REPORT))))


def test_a_functions_error_shows_its_own_traceback_once() -> None:
    payload = {
        "errorMessage": "division by zero",
        "errorType": "ZeroDivisionError",
        "requestId": "4d1c",
        "stackTrace": ['  File "/var/task/lambda_function.py", line 2, in lambda_handler\n    return 1 / 0\n'],
    }
    tail = log("before", "[ERROR] ZeroDivisionError: division by zero\rTraceback (most recent call last):\r\u00a0\u00a0File …")
    run = Run.from_response("f", response(payload, tail, FunctionError="Unhandled"))
    shown = str(run)
    assert shown.count("division by zero") == 1
    assert "ZeroDivisionError: division by zero" in shown and "line 2, in lambda_handler" in shown and "return 1 / 0" in shown
    assert "before" in shown
    assert run.error is not None and run.error.type == "ZeroDivisionError"


AGAIN = {
    "nodejs": ("TypeError", '2026-11-23T12:03:40.456Z\t4d1c\tERROR\tInvoke Error \t{"errorType":"TypeError","errorMessage":"bad","stack":[]}'),
    "ruby": ("Function<ArgumentError>", 'Error raised from handler method\n{\n  "errorMessage": "bad"\n}'),
    "java": ("java.lang.Error", "bad: java.lang.Error\njava.lang.Error: bad\n\tat Boom.handleRequest(Boom.java:6)"),
    "dotnet": ("InvalidOperationException", "2026-11-23T12:07:46.948Z\t4d1c\tfail\tSystem.InvalidOperationException: bad\n   at X"),
    "go": ("errorString", '2026/11/23 12:05:04 {"errorMessage":"bad","errorType":"errorString"}'),
    "in JSON": ("TypeError", '{"timestamp":"2026-11-23T12:03:40.456Z","level":"ERROR","message":{"errorType":"TypeError"}}'),
}


@pytest.mark.parametrize(("type_", "logged"), AGAIN.values(), ids=AGAIN)
def test_the_error_that_a_runtime_logs_besides_is_shown_once(type_: str, logged: str) -> None:
    """As they were logged on 2026-11-23 by the runtimes at hand."""
    said = response({"errorType": type_, "errorMessage": "bad"}, log("before", *logged.split("\n")), FunctionError="Unhandled")
    shown = str(Run.from_response("f", said))
    assert f"Error      {type_}: bad\nLog        before\nReport " in shown


def test_what_the_handler_logs_of_another_error_stays() -> None:
    said = response({"errorType": "TypeError", "errorMessage": "bad"}, log("[ERROR] ValueError: other"), FunctionError="Unhandled")
    assert "Log        [ERROR] ValueError: other" in str(Run.from_response("f", said))


def test_gos_frames_are_lines() -> None:
    frame = {"path": "lab/main.go", "line": 4, "label": "h"}
    said = response({"errorType": "string", "errorMessage": "oh", "stackTrace": [frame]}, FunctionError="Unhandled")
    assert "Traceback  lab/main.go:4 h" in str(Run.from_response("f", said))


def test_a_last_line_that_was_not_ended_is_the_functions_own() -> None:
    tail = f"before INITSTART RequestId: 4d1c Version: $LATEST\nno line feedEND RequestId: 4d1c\n{COLD}\t\n"
    run = Run.from_response("hello", response(None, tail))
    assert run.logs == ["no line feed"] and run.report is not None


def test_a_timeout_says_so() -> None:
    payload = {"errorType": "Sandbox.Timedout", "errorMessage": "RequestId: 4d1c Error: Task timed out after 1.00 seconds"}
    tail = log(report=REPORT + "\tStatus: timeout")
    shown = str(Run.from_response("f", response(payload, tail, FunctionError="Unhandled")))
    assert "Task timed out after 1.00 seconds" in shown and "; timed out; billed" in shown


def test_an_event_invocation_says_that_it_was_accepted() -> None:
    run = Run.from_response("f", {"StatusCode": 202, "Payload": io.BytesIO(b"")})
    assert "accepted (202)" in str(run) and run.report is None and run.payload is None


@pytest.mark.parametrize("raw", [b"plain text", b"\xff\xfe", b"{"])
def test_a_result_that_is_no_json_is_shown_as_it_is(raw: bytes) -> None:
    assert Run.from_response("f", response(raw)).payload == raw.decode(errors="replace")


def test_what_a_function_says_is_never_markup() -> None:
    hostile = "<script>alert(1)</script>"
    page = Run.from_response(hostile, response({"x": hostile}, log(hostile)))._repr_html_()
    assert "<script" not in page and page.count("&lt;script&gt;") == 2


def test_no_colour_is_fixed() -> None:
    """Text takes the page's colour, so that both themes can be read; only the edge has one, and it is the theme's."""
    page = Run.from_response("f", response(1, log()))._repr_html_()
    assert "background: #" not in page and " color:" not in page and "var(--jp-" in page


def test_a_long_result_is_cut_and_says_where_all_of_it_is() -> None:
    shown = str(Run.from_response("f", response("x" * 100_000)))
    assert len(shown) < 2_200 and "run.payload has all of it" in shown


def test_a_log_over_four_kilobytes_says_where_all_of_it_is() -> None:
    tail = ("x" * 99 + "\n") * 40 + "END RequestId: 4d1c\n" + REPORT
    run = Run.from_response("chatty", response(1, tail[-4096:]))
    assert run.log_cut and 'lab.logs("chatty") has all of it' in str(run)


@given(JSON)
def test_a_result_is_shown_as_json(payload: object) -> None:
    """However it is broken into lines, it says the same."""
    assert json.loads(_written(payload)) == payload


def test_a_wide_result_breaks_where_it_must_and_no_further() -> None:
    assert _written({"name": "Ana", "numbers": list(range(9)), "text": "x" * 70}).splitlines() == [
        "{",
        '  "name": "Ana",',
        '  "numbers": [0, 1, 2, 3, 4, 5, 6, 7, 8],',
        f'  "text": "{"x" * 70}"',
        "}",
    ]
