"""Who signed a request: AWS's Signature Version 4, in headers and in presigned URLs.

Source of the algorithm: "Signature Version 4 signing process" in the AWS IAM User Guide. Signing always uses real time, whatever
the cloud's clock says: a client signs with its own.
"""

from __future__ import annotations

import asyncio
import calendar
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, quote

from lablib.cloud.authentication.refusals import Reason, Refused
from lablib.cloud.moto_seam import engine, keys
from lablib.cloud.moto_seam.keys import Secret
from lablib.cloud.web import Request

# AWS: a signature in a header is good for 5 minutes (S3: 15); a presigned URL for 7 days at most.
SKEW_SECONDS = 300
S3_SKEW_SECONDS = 900
LONGEST_PRESIGNED = 604800

# A larger body is hashed in a thread, so that the event loop goes on.
LARGE_BODY = 1 << 20

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Claim:
    """What a request says about who signed it, not yet verified."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: str
    signature: str
    timestamp: str
    token: str | None
    presigned_for: int | None = None


def claim_of(request: Request) -> Claim | None:
    """Read a request's signature; None when it has none.

    Raises
    ------
    Refused
        There is one, and it cannot be read.
    """
    header = request.headers.get("Authorization")
    if header is not None:
        return _from_header(header, request.headers)
    if "X-Amz-Signature=" in request.query:
        return _from_query(request.query)
    return None


def _from_header(header: str, headers: Mapping[str, str]) -> Claim:
    algorithm, _, rest = header.partition(" ")
    if algorithm != _ALGORITHM:
        raise Refused(Reason.INCOMPLETE, f"The authorization mechanism {algorithm!r} is not supported. Please use {_ALGORITHM}.")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    missing = [name for name in ("Credential", "SignedHeaders", "Signature") if not parts.get(name)]
    if missing:
        raise Refused(Reason.INCOMPLETE, f"Authorization header requires {' and '.join(map(repr, missing))} parameters.")
    timestamp = headers.get("X-Amz-Date")
    if timestamp is None:
        raise Refused(Reason.INCOMPLETE, "Authorization header requires existence of an 'X-Amz-Date' header.")
    scope = _scope(parts["Credential"])
    return Claim(*scope, parts["SignedHeaders"], parts["Signature"], timestamp, headers.get("X-Amz-Security-Token"))


def _from_query(query: str) -> Claim:
    values = dict(parse_qsl(query, keep_blank_values=True))
    missing = [name for name in ("Algorithm", "Credential", "Date", "SignedHeaders", "Expires") if f"X-Amz-{name}" not in values]
    if missing:
        raise Refused(Reason.INCOMPLETE, f"The query string lacks X-Amz-{missing[0]}.")
    seconds = values["X-Amz-Expires"]
    if not seconds.isdigit() or not 0 < int(seconds) <= LONGEST_PRESIGNED:
        raise Refused(Reason.INCOMPLETE, f"X-Amz-Expires must be between 1 and {LONGEST_PRESIGNED} seconds.")
    return Claim(
        *_scope(values["X-Amz-Credential"]), values["X-Amz-SignedHeaders"], values["X-Amz-Signature"], values["X-Amz-Date"],
        values.get("X-Amz-Security-Token"), int(seconds),
    )


def _scope(credential: str) -> tuple[str, str, str, str]:
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "aws4_request":
        raise Refused(Reason.INCOMPLETE, "Credential must have exactly 5 slash-delimited elements, ending in aws4_request.")
    return parts[0], parts[1], parts[2], parts[3]


class Authority:
    """Knows this cloud's credentials, and says whether one of them signed a request.

    Parameters
    ----------
    access_key_id, secret
        The cloud's own credentials.
    now
        The cloud's clock, for the end of a session; signatures go by real time.
    """

    def __init__(self, access_key_id: str, secret: Secret, now: Callable[[], float]) -> None:
        self.access_key_id = access_key_id
        self._own = secret
        self._now = now

    async def verify(self, request: Request, claim: Claim) -> None:
        """Make sure that a key of this cloud's signed this very request.

        Raises
        ------
        Refused
        """
        secret = await self.secret_of(claim.access_key_id, claim.token)
        _check_time(claim)
        if "host" not in claim.signed_headers.split(";"):
            raise Refused(Reason.INCOMPLETE, "'Host' must be a signed header.")
        payload = await _payload_hash(request, claim)
        text = canonical_request(request, claim, payload)
        if not hmac.compare_digest(signature(secret.secret_access_key, claim, text), claim.signature):
            raise Refused(Reason.WRONG_SIGNATURE)

    async def secret_of(self, access_key_id: str, token: str | None) -> Secret:
        """The secret of a key, if the session token that came with it is the key's own and has not expired."""
        secret: Secret | None = self._own if access_key_id == self.access_key_id else keys.known(access_key_id)
        if secret is None:
            secret = await engine.call(keys.secret_of, access_key_id)
        if secret is None or not _same(secret.session_token, token):
            raise Refused(Reason.UNKNOWN_KEY)
        if secret.expires is not None and secret.expires <= self._now():
            raise Refused(Reason.EXPIRED)
        return secret


def _same(expected: str | None, token: str | None) -> bool:
    return hmac.compare_digest((expected or "").encode(), (token or "").encode())


@lru_cache(maxsize=64)
def _seconds(timestamp: str) -> int:
    """Kept, since a busy client signs many requests in one second, and strptime takes as long as the signature."""
    return calendar.timegm(time.strptime(timestamp, "%Y%m%dT%H%M%SZ"))


def _check_time(claim: Claim) -> None:
    try:
        signed = _seconds(claim.timestamp)
    except ValueError:
        raise Refused(Reason.INCOMPLETE, f"X-Amz-Date must be in the ISO8601 basic format, not {claim.timestamp!r}.") from None
    if not claim.timestamp.startswith(claim.date):
        sentence = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date"
        raise Refused(Reason.INCOMPLETE, f"{sentence}: {claim.date}")
    age = time.time() - signed
    if claim.presigned_for is not None:
        if age > claim.presigned_for:
            raise Refused(Reason.DENIED, "Request has expired")
        age = min(age, 0.0)
    if claim.service == "s3":
        if abs(age) > S3_SKEW_SECONDS:
            raise Refused(Reason.SKEWED)
    elif age > SKEW_SECONDS:
        raise Refused(Reason.SKEWED, f"Signature expired: {claim.timestamp} is too long ago")
    elif age < -SKEW_SECONDS:
        raise Refused(Reason.SKEWED, f"Signature not yet current: {claim.timestamp} is still to come")


async def _payload_hash(request: Request, claim: Claim) -> str:
    stated = request.headers.get("X-Amz-Content-Sha256")
    if claim.presigned_for is not None and claim.service == "s3":
        return stated or "UNSIGNED-PAYLOAD"
    if stated is not None and len(stated) != 64:
        # UNSIGNED-PAYLOAD or one of the STREAMING-… kinds, whose chunks carry signatures and checksums of their own.
        return stated
    if len(request.body) > LARGE_BODY:
        actual = await asyncio.to_thread(_sha256, request.body)
    else:
        actual = _sha256(request.body)
    if stated is not None and stated != actual:
        raise Refused(Reason.WRONG_SIGNATURE, "The provided 'x-amz-content-sha256' header does not match what was computed.")
    return actual


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def canonical_request(request: Request, claim: Claim, payload_hash: str) -> bytes:
    """The text whose hash is signed."""
    headers = request.headers
    lines = [request.method, _canonical_path(request.path, claim.service), _canonical_query(request.query)]
    for name in claim.signed_headers.split(";"):
        value = headers.get(name, "")
        # Header names are lower-case and sorted already in the claim; values lose their runs of spaces.
        lines.append(f"{name}:{' '.join(value.split())}")
    lines += ["", claim.signed_headers, payload_hash]
    return "\n".join(lines).encode("latin-1", "replace")


def _canonical_path(path: str, service: str) -> str:
    if service == "s3":
        return quote(path, safe="/~%")
    if "//" in path or "/." in path:
        path = _without_dots(path)
    return quote(path, safe="/~")


def _without_dots(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if kept and path.endswith("/") else "")


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    pairs = [pair.partition("=")[::2] for pair in query.split("&")]
    encoded = [(quote(name, safe="~%"), quote(value, safe="~%")) for name, value in pairs if name != "X-Amz-Signature"]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def signature(secret_access_key: str, claim: Claim, canonical: bytes) -> str:
    """The signature that a claim must carry for this canonical request."""
    scope = f"{claim.date}/{claim.region}/{claim.service}/aws4_request"
    text = f"{_ALGORITHM}\n{claim.timestamp}\n{scope}\n{hashlib.sha256(canonical).hexdigest()}"
    key = signing_key(secret_access_key, claim.date, claim.region, claim.service)
    return hmac.digest(key, text.encode("latin-1", "replace"), "sha256").hex()


@lru_cache(maxsize=1024)
def signing_key(secret_access_key: str, date: str, region: str, service: str) -> bytes:
    """The key for one day, region and service."""
    key = b"AWS4" + secret_access_key.encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode("latin-1", "replace"), "sha256")
    return key
