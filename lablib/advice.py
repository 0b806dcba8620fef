"""What to do about a refusal of AWS's: a sentence that follows AWS's own words."""

from __future__ import annotations

import re
from typing import Any

from lablib.errors import RejectedByAWS, aws_errors

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""A function's name (botocore's Lambda model, FunctionName, 2026-11); an ARN is none."""

_LISTED = 10
"""How many of a cloud's functions, or of a function's versions, an error message names."""

_THROTTLED = {
    "ReservedFunctionConcurrentInvocationLimitExceeded": "All of its reserved concurrency is in use, or that is 0: call again "
    "when a call has ended, or raise it (put_function_concurrency)",
    "ReservedFunctionInvocationRateLimitExceeded": "Ten calls a second for each unit of its reserved concurrency is the most: "
    "call more slowly, or raise it (put_function_concurrency)",
    "ConcurrentInvocationLimitExceeded": "As many functions run as the account may at a time: call again when one has ended",
    "FunctionInvocationRateLimitExceeded": "Ten calls a second for each unit of concurrency is the most: call more slowly",
}
"""By the Reason of a TooManyRequestsException."""


def advice(lambda_: Any, name: Any, refused: RejectedByAWS, qualifier: str | None = None) -> str:
    """The sentence for what was refused about this function; empty when AWS's own words are enough."""
    if "functionname" in str(refused).lower() and not (isinstance(name, str) and _NAME.fullmatch(name)):
        return "A function's name has letters, digits, - and _, at most 64 of them."
    match refused.code:
        case "TooManyRequestsException" if refused.reason:
            return f"{_THROTTLED.get(refused.reason, 'Call again later')}. (Reason: {refused.reason}.)"
        case "SnapStartNotReadyException":
            return 'Wait for its snapshot: client.get_waiter("published_version_active").wait(FunctionName=…, Qualifier=…).'
        case "ResourceNotFoundException" if ":" not in name:  # neither an ARN nor with a qualifier in it
            with aws_errors():
                return _missing(lambda_, name, qualifier)
    return ""


def _missing(lambda_: Any, name: str, qualifier: str | None) -> str:
    pages = lambda_.get_paginator("list_functions").paginate()
    names = sorted(function["FunctionName"] for page in pages for function in page["Functions"])
    if name not in names:
        return f"Run the cell that deploys it; this cloud has{_listed(names) or ' no functions'}."
    if qualifier is None:  # something else of it is missing: a layer
        return ""
    versions = [one["Version"] for one in lambda_.list_versions_by_function(FunctionName=name)["Versions"]]
    aliases = [one["Name"] for one in lambda_.list_aliases(FunctionName=name)["Aliases"]]
    return f"{name} has no version or alias {qualifier}; it has{_listed(versions + aliases)}."


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f": {', '.join(names[:_LISTED])}{more}" if names else ""
