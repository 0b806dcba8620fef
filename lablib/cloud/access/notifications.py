"""A bucket that is to send events to a function: S3 asks the function's policy first, when the notification is configured.

Source: "Granting permissions to publish event notification messages to a destination", S3 User Guide, 2026.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from lablib.cloud.access.s3 import bucket_of
from lablib.cloud.functions import Functions, NoSuchFunction
from lablib.cloud.functions import resource_policy
from lablib.cloud.web import Request

_FUNCTION = re.compile(r"<(?:CloudFunction|LambdaFunctionArn|LambdaFunction)>\s*(arn:[^<\s]+)\s*<")
_ARN = re.compile(r"arn:[^:]+:lambda:[^:]+:(?P<account>\d+):function:(?P<name>[^:]+)(?::(?P<qualifier>.+))?")

# AWS's words for S3's InvalidArgument.
UNABLE = "Unable to validate the following destination configurations"


def refused(request: Request, functions: Functions) -> list[str]:
    """The functions that a PutBucketNotificationConfiguration names and that S3 may not invoke, or that are not there."""
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    if request.method != "PUT" or "notification" not in query:
        return []
    skips = {name.lower(): value for name, value in request.headers.items()}.get("x-amz-skip-destination-validation", "")
    if skips.lower() == "true":
        return []
    arns = _FUNCTION.findall(request.body.decode("utf-8", "replace"))
    return [arn for arn in arns if not _may_invoke(arn, bucket_of(request), functions)]


def _may_invoke(arn: str, bucket: str, functions: Functions) -> bool:
    match = _ARN.fullmatch(arn)
    if match is None or match["account"] != functions.account_id:
        return False
    try:
        function = functions.function(match["name"])
    except NoSuchFunction:
        return False
    source = f"arn:aws:s3:::{bucket}"
    return resource_policy.allows(function, match["qualifier"], "s3.amazonaws.com", source, functions.account_id)
