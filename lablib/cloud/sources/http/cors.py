"""Cross-origin resource sharing, as far as function URLs and HTTP APIs do the same.

Sources: DG urls-configuration and API Gateway's http-api-cors, 2026; RFC 6454 and the Fetch standard for what a browser sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lablib.cloud.web import Request

Lines = list[tuple[str, str]]


@dataclass(frozen=True)
class Cors:
    """A configuration; an empty one does nothing."""

    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age: int | None = None
    credentials: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Cors:
        """Read the API's form: Lambda's ``AllowOrigins``, or API Gateway's ``allowOrigins``."""
        known = {name[0].upper() + name[1:]: value for name, value in given.items()}

        def listed(name: str) -> tuple[str, ...]:
            return tuple(known.get(name) or ())

        return cls(
            listed("AllowOrigins"), listed("AllowMethods"), listed("AllowHeaders"), listed("ExposeHeaders"),
            known.get("MaxAge"), bool(known.get("AllowCredentials")),
        )  # fmt: skip

    def __bool__(self) -> bool:
        return self != Cors()

    def lets(self, origin: str) -> bool:
        """Whether an origin is among those allowed: by its name, as any (``*``), or as any of its scheme (``https://*``)."""
        origin = origin.lower()
        return any(
            allowed in ("*", origin) or (allowed.endswith("://*") and origin.startswith(allowed[:-1]))
            for allowed in (entry.lower() for entry in self.origins)
        )

    @property
    def same_for_all(self) -> Lines:
        """The headers that do not depend on who asks."""
        lines = [("Access-Control-Allow-Credentials", "true")] if self.credentials else []
        return [*lines, ("Access-Control-Expose-Headers", ",".join(self.exposed))] if self.exposed else lines


def is_preflight(request: Request) -> bool:
    """Whether a browser asks what it may ask."""
    headers = request.headers
    return request.method == "OPTIONS" and "Origin" in headers and "Access-Control-Request-Method" in headers
