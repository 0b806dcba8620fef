"""The access log of an HTTP API's stage: a line of the stage's own format for each request that found a route.

Sources: API Gateway Developer Guide, http-api-logging, http-api-logging-variables and http-api-troubleshooting-lambda, 2026; the
sentences: AWS's knowledge centre ("api-gateway-http-lambda-integrations", 2024) and lines that third parties published, 2021 to
2025. Unconfirmed: what stands there when a function was throttled (Lambda's own message, here) or took too long; whether a
request without a route is logged (here it is not). The streams' names are 32 hexadecimal digits; that there is one of a stage is
ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import md5
from typing import Any

from lablib.cloud.sources.http.api_call import ApiCall, Authorized
from lablib.cloud.sources.http.mapping import context_of, lookup
from lablib.cloud.sources.log_writer import LogWriter, group_of
from lablib.cloud.web import Answer

# What an integration or an authorizer came to when it could not do its work.
NOT_PERMITTED = (
    "The IAM role configured on the {} or API Gateway doesn't have permissions to call the {}. "
    "Check the permissions and try again."
)
FUNCTION_FAILED = "The Lambda function returned the following error: {}. Check your Lambda function code and try again."
MALFORMED = "The response from the Lambda function doesn't match the format that API Gateway expects: {}."
TOO_LONG = "Execution failed due to a timeout error"

_VARIABLE = re.compile(r"\$context((?:\.[A-Za-z0-9_-]+)+)")


def write(writer: LogWriter, call: ApiCall, answer: Answer, milliseconds: float) -> None:
    """A request was answered: write the stage's line, if it has an access log. What a request has not is a ``-``."""
    if call.stage.access_log is None:
        return
    arn, form = call.stage.access_log
    values = _values(call, answer, milliseconds)
    line = _VARIABLE.sub(lambda match: _shown(lookup(values, match[1][1:])), form)
    if group := group_of(arn):
        stream = md5(f"{call.api_id}/{call.stage.name}".encode(), usedforsecurity=False).hexdigest()
        writer.put(group, stream, [(round(call.incoming.moment * 1000), line)])


def _values(call: ApiCall, answer: Answer, milliseconds: float) -> Mapping[str, Any]:
    """What ``$context`` holds once a request is answered."""
    said = call.said
    error, latency = said.get("integration"), said.get("latency")
    return {
        **context_of(call, Authorized()), "status": answer.status, "responseLength": len(answer.body),
        "responseLatency": round(milliseconds), "integrationLatency": latency, "integrationErrorMessage": error,
        "integration": {"error": error, "latency": latency}, "authorizer": {"error": said.get("authorizer")},
    }  # fmt: skip


def _shown(value: Any) -> str:
    return "-" if value is None or isinstance(value, (Mapping, list)) else str(value)
