"""Which resource of an API a path leads to.

At each segment a name wins over ``{name}`` or the greedy ``{name+}``, of which a resource may have one below it.
That a path which fails further down is tried again with the next best, and that a resource without the method leaves it to none
other, is unconfirmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lablib.cloud.moto_seam.rest_apis import Method, Resource


@dataclass(frozen=True)
class Match:
    """Where a path leads. `parameters` are as they stand in the path, percent-encoding and all."""

    resource: Resource
    parameters: dict[str, str]

    def method(self, name: str) -> Method | None:
        """The method of this name, or ANY."""
        return self.resource.methods.get(name) or self.resource.methods.get("ANY")


@dataclass
class _Node:
    """A segment: what is there, and what may follow. A resource without methods is only a part of others' paths."""

    resource: Resource | None = None
    named: dict[str, _Node] = field(default_factory=dict)
    parameter: tuple[str, _Node] | None = None
    greedy: tuple[str, Resource] | None = None


class Routes:
    """The resources of an API, compiled."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._root = _Node()
        for resource in resources:
            if resource.methods:
                self._add(resource)

    def match(self, path: str) -> Match | None:
        """The resource of a path without its stage; None if it leads nowhere.

        Slashes at its end, and several at its beginning, say nothing.
        """
        inner = path.strip("/")
        segments = inner.split("/") if inner else []
        return next(_search(self._root, segments, 0, {}), None)

    def _add(self, resource: Resource) -> None:
        node = self._root
        for segment in resource.path.strip("/").split("/") if resource.path != "/" else ():
            if segment.startswith("{") and segment.endswith("+}"):
                node.greedy = (segment[1:-2], resource)
                return
            if segment.startswith("{") and segment.endswith("}"):
                # Of two parameters beside each other AWS accepts one alone.
                if node.parameter is None:
                    node.parameter = (segment[1:-1], _Node())
                node = node.parameter[1]
            else:
                node = node.named.setdefault(segment, _Node())
        node.resource = resource


def _search(node: _Node, segments: Sequence[str], at: int, found: dict[str, str]) -> Iterator[Match]:
    """Every resource of the rest of a path, the best first."""
    if at == len(segments):
        if node.resource is not None:
            yield Match(node.resource, found)
        return
    segment = segments[at]
    if segment in node.named:
        yield from _search(node.named[segment], segments, at + 1, found)
    if node.parameter is not None and segment:
        name, below = node.parameter
        yield from _search(below, segments, at + 1, {**found, name: segment})
    if node.greedy is not None:
        name, resource = node.greedy
        yield Match(resource, {**found, name: "/".join(segments[at:])})
