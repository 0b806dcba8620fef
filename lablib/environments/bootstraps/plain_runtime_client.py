"""The C part of awslambdaric, in Python, for systems it has no wheel for (macOS).

The same names and answers as its ``runtime_client`` extension.
"""

from __future__ import annotations

import http.client
import os

TYPE_CHECKING = False  # typing itself would cost every cold start milliseconds
if TYPE_CHECKING:
    from typing import Any

_PREFIX = "/2018-06-01/runtime/invocation"
_connection: Any = None
_user_agent = ""


def initialize_client(user_agent: Any) -> None:
    global _user_agent
    _user_agent = user_agent


def _call(method: Any, path: Any, body: Any = None, headers: Any = None) -> Any:
    global _connection
    if _connection is None:
        _connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    _connection.request(method, path, body, {"User-Agent": _user_agent, **(headers or {})})
    answer = _connection.getresponse()
    return answer, answer.read()


def next() -> Any:
    """The next event and its headers; waits as long as it takes."""
    answer, body = _call("GET", f"{_PREFIX}/next")
    return body, dict(answer.getheaders())


def _post(path: Any, body: Any, headers: Any) -> None:
    answer, text = _call("POST", path, body, headers)
    if answer.status >= 400 and answer.status != 413:
        raise RuntimeError(f"Failed to post to the Runtime API: HTTP {answer.status} {text!r}")


def post_invocation_result(invoke_id: Any, data: Any, content_type: Any = "application/json", invocation_id: Any = None) -> None:
    _post(f"{_PREFIX}/{invoke_id}/response", data, {"Content-Type": content_type})


def post_error(invoke_id: Any, error_data: Any, xray_fault: Any, invocation_id: Any = None) -> None:
    headers = {"Content-Type": "application/json"}
    if xray_fault:
        headers["Lambda-Runtime-Function-XRay-Error-Cause"] = xray_fault
    _post(f"{_PREFIX}/{invoke_id}/error", error_data.encode(), headers)
