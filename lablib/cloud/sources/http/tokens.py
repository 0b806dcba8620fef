"""JSON Web Tokens of HTTP APIs: signed by one of the issuer's keys, for this audience, and not expired on the cloud's clock.

joserfc checks the signatures: it is what moto signs Cognito's tokens with, so it is there. Source: API Gateway's
http-api-jwt-authorizer, 2026: RSA alone.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from lablib.cloud.clock import Clock
from lablib.cloud.moto_seam import engine
from lablib.cloud.sources.http.outward import fetch
from lablib.cloud.web import Request
from lablib.models import http_apis

log = logging.getLogger("lablib.cloud")

ALGORITHMS = ("RS256", "RS384", "RS512")


class BadToken(Exception):
    """A token that is not good. The text is for the answer's WWW-Authenticate; which AWS has for each: partly unconfirmed."""


class Tokens:
    """Verifies tokens, with the keys of their issuers."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._keys: dict[str, tuple[float, Any]] = {}

    def reset(self) -> None:
        """Forget the keys."""
        self._keys.clear()

    async def claims(self, given: str, issuer: str, audience: Sequence[str]) -> Mapping[str, Any]:
        """The claims of a token, with or without ``Bearer`` before it. Raises `BadToken`."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        scheme, _, rest = given.partition(" ")
        text = rest.strip() if scheme.lower() == "bearer" else given
        keys = await self._keys_of(issuer)
        try:
            claims: Mapping[str, Any] = jwt.decode(text, keys, algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError, KeyError, TypeError):
            raise BadToken("the token is malformed or its signature is not the issuer's") from None
        self._check(claims, issuer, audience)
        return claims

    def _check(self, claims: Mapping[str, Any], issuer: str, audience: Sequence[str]) -> None:
        now, given = self._clock.now(), claims.get("aud", claims.get("client_id"))
        if claims.get("iss") != issuer:
            raise BadToken("the token does not have a valid issuer")
        if not set(given if isinstance(given, list) else [given]) & set(audience):
            raise BadToken("the token does not have a valid audience")
        if not isinstance(claims.get("exp"), (int, float)) or claims["exp"] <= now:
            raise BadToken("the token has expired")
        for name in ("nbf", "iat"):
            # A token is issued by another clock, which may be a second ahead.
            if isinstance(claims.get(name), (int, float)) and claims[name] > now + 1:
                raise BadToken("the token is not valid yet")

    async def _keys_of(self, issuer: str) -> Any:
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        until, keys = self._keys.get(issuer, (0.0, None))
        if keys is None or until <= self._clock.now():
            try:
                described = json.loads(await _fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration"))
                keys = KeySet.import_key_set(json.loads(await _fetch(described["jwks_uri"])))
            except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
                log.warning("the keys of the token issuer %s cannot be read: %s", issuer, error)
                raise BadToken("the issuer's keys cannot be read") from None
            self._keys[issuer] = (self._clock.now() + http_apis.ISSUER_KEYS_KEPT_S, keys)
        return keys


async def _fetch(url: str) -> bytes:
    """What is at a URL: of Cognito moto has it, anything else has to be on this machine. Raises `OSError`."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host.startswith("cognito-idp.") and host.endswith(".amazonaws.com"):
        answer = await engine.answer(Request("GET", parts.path, parts.query, {"Host": host}, b""))
        status, body = answer.status, answer.body
    else:
        found = await fetch(url, seconds=http_apis.ISSUER_TIMEOUT_S)
        status, body = found.status, found.body
    if status != 200:
        raise OSError(f"{url} answered {status}")
    return body
