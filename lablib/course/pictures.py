"""The pictures that labs show by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lablib.course.unknown import UnknownName
from lablib.view.manages import who_manages_what
from lablib.view.picture import Picture

PICTURES: Final[dict[str, Callable[[], Picture]]] = {"who-manages-what": who_manages_what}


def picture(name: str) -> Picture:
    """The picture called `name`. Raises UnknownName with the names that exist."""
    if name not in PICTURES:
        raise UnknownName("picture", name, PICTURES)
    return PICTURES[name]()
