"""Why a request is refused, in the words and the protocol of the AWS service that it was for.

The words are those of AWS's "Common errors" pages and of S3's "Error responses"; the HTTP status is 403, as `lablib` promises for
every request that this cloud's credentials did not sign, even where DynamoDB or SQS would say 400.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from uuid import uuid4
from xml.sax.saxutils import escape

from lablib.cloud.web import Answer


class Reason(Enum):
    """What is wrong with a request's credentials."""

    UNSIGNED = "unsigned"
    UNKNOWN_KEY = "unknown key"
    WRONG_SIGNATURE = "wrong signature"
    EXPIRED = "expired"
    SKEWED = "skewed"
    INCOMPLETE = "incomplete"
    DENIED = "denied"


class Refused(Exception):
    """A request that is not answered. `detail` replaces AWS's standing sentence where AWS's own names values."""

    def __init__(self, reason: Reason, detail: str | None = None) -> None:
        super().__init__(detail or reason.value)
        self.reason = reason
        self.detail = detail


class Style(Enum):
    """How a service writes its errors."""

    S3 = "s3"
    QUERY = "query"
    EC2 = "ec2"
    JSON = "json"


_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing "
    "method. Consult the service documentation for details."
)
_INVALID = "The security token included in the request is invalid."
_WORDS: dict[Style, dict[Reason, tuple[str, str]]] = {
    Style.S3: {
        Reason.UNSIGNED: ("AccessDenied", "Access Denied"),
        Reason.UNKNOWN_KEY: ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
        Reason.WRONG_SIGNATURE: (
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
        ),
        Reason.EXPIRED: ("ExpiredToken", "The provided token has expired."),
        Reason.SKEWED: ("RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
        Reason.INCOMPLETE: ("AuthorizationHeaderMalformed", "The authorization header that you provided is not valid."),
        Reason.DENIED: ("AccessDenied", "Access Denied"),
    },
    Style.QUERY: {
        Reason.UNSIGNED: ("MissingAuthenticationToken", "Request is missing Authentication Token"),
        Reason.UNKNOWN_KEY: ("InvalidClientTokenId", _INVALID),
        Reason.WRONG_SIGNATURE: ("SignatureDoesNotMatch", _MISMATCH),
        Reason.EXPIRED: ("ExpiredToken", "The security token included in the request is expired"),
        Reason.SKEWED: ("SignatureDoesNotMatch", "Signature expired."),
        Reason.INCOMPLETE: ("IncompleteSignature", "Authorization header is incomplete."),
        Reason.DENIED: ("AccessDenied", "Access denied."),
    },
    Style.JSON: {
        Reason.UNSIGNED: ("MissingAuthenticationTokenException", "Missing Authentication Token"),
        Reason.UNKNOWN_KEY: ("UnrecognizedClientException", _INVALID),
        Reason.WRONG_SIGNATURE: ("InvalidSignatureException", _MISMATCH),
        Reason.EXPIRED: ("ExpiredTokenException", "The security token included in the request is expired"),
        Reason.SKEWED: ("InvalidSignatureException", "Signature expired."),
        Reason.INCOMPLETE: ("IncompleteSignatureException", "Authorization header is incomplete."),
        Reason.DENIED: ("AccessDeniedException", "Access denied."),
    },
}
_WORDS[Style.EC2] = _WORDS[Style.QUERY] | {
    Reason.UNKNOWN_KEY: ("AuthFailure", "AWS was not able to validate the provided access credentials"),
    Reason.WRONG_SIGNATURE: ("AuthFailure", "AWS was not able to validate the provided access credentials"),
}

_XML_OVER_REST = ("cloudfront", "route53", "s3-control")


def style_of(service: str | None, headers: Mapping[str, str], query: str) -> Style:
    """How the service that a request is for writes its errors; what is for none known counts as S3's, as moto takes it."""
    if "X-Amz-Target" in headers:
        return Style.JSON
    form = headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded") or "Action=" in query
    if service == "ec2":
        return Style.EC2
    if service in _XML_OVER_REST or (form and service != "s3"):
        return Style.QUERY
    return Style.S3 if service in ("s3", None) else Style.JSON


def refusal(refused: Refused, style: Style) -> Answer:
    """The answer to a refused request."""
    code, message = _WORDS[style][refused.reason]
    return error(style, 403, code, refused.detail or message)


def denied(sentence: str, service: str, style: Style, headers: Mapping[str, str]) -> Answer:
    """The answer to a principal whose policies do not allow what it asks for; `headers` are the request's.

    Codes and statuses as captured from each service, 2022 to 2025: services of the JSON protocols say 400, the others 403.
    That SQS and CloudWatch, where they speak JSON or CBOR, say 403 with ``x-amzn-query-error`` is unconfirmed.
    """
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        body = b"\xa2" + b"".join(map(_cbor_text, ("__type", "AccessDeniedException", "message", sentence)))
        said = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", "x-amzn-query-error": "AccessDenied;Sender"}
        return Answer(403, said, body)
    if style is Style.JSON:
        from_query = service in ("sqs", "monitoring")  # which spoke the query protocol first, and keep its codes
        answer = error(style, 400 if "X-Amz-Target" in headers and not from_query else 403, "AccessDeniedException", sentence)
        if from_query:
            answer.headers["x-amzn-query-error"] = "AccessDenied;Sender"
        return answer
    codes = {"sns": "AuthorizationError", "ec2": "UnauthorizedOperation"}
    return error(style, 403, codes.get(service, "AccessDenied"), sentence)


def _cbor_text(text: str) -> bytes:
    """A text of RFC 8949: major type 3, with its length in two bytes."""
    encoded = text.encode()
    return b"\x79" + len(encoded).to_bytes(2, "big") + encoded


def error(style: Style, status: int, code: str, message: str) -> Answer:
    """An error in a service's style."""
    request_id = str(uuid4())
    headers = {"x-amzn-RequestId": request_id}
    if style is Style.JSON:
        headers |= {"Content-Type": "application/json", "X-Amzn-ErrorType": code}
        return Answer(status, headers, json.dumps({"__type": code, "message": message}).encode())
    headers |= {"Content-Type": "text/xml" if style is not Style.S3 else "application/xml"}
    inner = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    if style is Style.S3:
        text = f"<Error>{inner}<RequestId>{request_id}</RequestId></Error>"
    elif style is Style.EC2:
        text = f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    else:
        fault = "Sender" if status < 500 else "Receiver"
        text = f"<ErrorResponse><Error><Type>{fault}</Type>{inner}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    return Answer(status, headers, b'<?xml version="1.0" encoding="UTF-8"?>\n' + text.encode())
