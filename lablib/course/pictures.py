"""The pictures that labs show by name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from lablib.course.unknown import UnknownName

if TYPE_CHECKING:
    from lablib.course.bench import Clients

PICTURES: Final[dict[str, str]] = {
    "bill": "lablib.view.bill:monthly_bill",
    "events": "lablib.view.events:event_explorer",
    "power-tuning": "lablib.view.tuning:power_tuning",
    "runtimes": "lablib.view.runtimes:runtimes",
    "scaling": "lablib.view.scaling:scaling",
    "which-environment": "lablib.view.remembering:which_environment",
    "who-manages-what": "lablib.view.manages:who_manages_what",
    "will-it-fit": "lablib.view.fit:will_it_fit",
    "cold-starts": "lablib.view.coldstarts:cold_starts",
}
"""Drawn from what we know, and from what the notebook hands over: each is loaded when it is first asked for."""

LIVE: Final[dict[str, str]] = {
    "fleet": "lablib.course.fleets:fleet",
    "timeline": "lablib.course.timeline:timeline",
}
"""Drawn from what the cloud answers: these get the lab as their first argument, and ask through AWS's public API alone."""


def picture(lab: Clients, name: str, **data: Any) -> Any:
    """The picture called `name`, made of `data` where it takes any.

    Raises UnknownName with the names that exist, and TypeError for data that this picture does not take.
    """
    if name in LIVE:
        return _function(LIVE[name])(lab, **data)
    if name in PICTURES:
        return _function(PICTURES[name])(**data)
    raise UnknownName("picture", name, PICTURES | LIVE)


def _function(where: str) -> Any:
    module, _, function = where.partition(":")
    return getattr(import_module(module), function)
