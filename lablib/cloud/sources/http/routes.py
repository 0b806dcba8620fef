"""Which route of an HTTP API a request takes.

API Gateway takes the most specific: a full match of method and path, then a greedy variable, then ``$default``; text before a
variable, and a method's own route before ``ANY``. Source: API Gateway's http-api-develop-routes, 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from lablib.cloud.moto_seam.httpapis import Route

DEFAULT = "$default"
_VARIABLE = re.compile(r"\{([^}+]+)(\+?)\}")


@dataclass(frozen=True)
class Taken:
    """A route, and the values of its path's variables, decoded."""

    route: Route
    variables: Mapping[str, str]

    @property
    def path(self) -> str:
        """The path of the route's key: ``/pets/{id}``; empty for ``$default``."""
        return self.route.key.partition(" ")[2]


@dataclass(frozen=True)
class _Pattern:
    route: Route
    method: str
    path: re.Pattern[str]
    names: tuple[str, ...]
    order: tuple[bool, tuple[int, ...], bool]


class Table:
    """The routes of a stage, most specific first."""

    def __init__(self, routes: Iterable[Route]) -> None:
        listed = list(routes)
        self._patterns = sorted((_pattern(route) for route in listed if route.key != DEFAULT), key=lambda found: found.order)
        self._default = next((Taken(route, {}) for route in listed if route.key == DEFAULT), None)

    def find(self, method: str, path: str) -> Taken | None:
        """The route that a request takes; None if there is none. The path is without its stage, and percent-encoded."""
        for pattern in self._patterns:
            if pattern.method in (method, "ANY") and (match := pattern.path.fullmatch(path)) is not None:
                return Taken(pattern.route, dict(zip(pattern.names, map(unquote, match.groups()), strict=True)))
        return self._default


def _pattern(route: Route) -> _Pattern:
    method, _, path = route.key.partition(" ")
    segments = [_VARIABLE.fullmatch(segment) for segment in path.split("/")]
    names = tuple(match[1] for match in segments if match is not None)
    text = "/".join(
        re.escape(segment) if match is None else "(.+)" if match[2] else "([^/]+)"
        for segment, match in zip(path.split("/"), segments, strict=True)
    )
    weights = tuple(0 if match is None else 2 if match[2] else 1 for match in segments)
    return _Pattern(route, method, re.compile(text, re.DOTALL), names, (2 in weights, weights, method == "ANY"))
