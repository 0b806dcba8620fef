"""The canvas of lab 04: a live fleet as its logs tell it, its simulation laid over it, and crowds that no laptop could serve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lablib.course.bench import Clients
from lablib.course.timeline import NotYet, log_events
from lablib.models import scaling
from lablib.models.timeline import environments
from lablib.view.canvas import FleetCanvas, Scene
from lablib.view.fleet import Fleet, live, simulated as simulated_fleet

_CROWD_S: Final = 20.0
_CROWD: Final = (scaling.Function(duration=2.0, init=0.3), scaling.Poisson(1_000))
"""1,000 calls a second, which work for 2 s each, need 2,000 environments: more than a function may grow by at once."""
_ACCOUNT, _RESERVED = 5_000, 500

JUST_RUN: Final = "What you just ran"
CROWDS: Final[dict[str, scaling.Limits]] = {
    "A crowd: 1,000 calls a second, 2 s each": scaling.Limits(account=_ACCOUNT),
    f"The crowd, with a limit of {_RESERVED}": scaling.Limits(account=_ACCOUNT, reserved=_RESERVED),
}


def fleet(
    lab: Clients, *, function: str | None = None, since: float = 0.0, simulated: scaling.Result | None = None
) -> FleetCanvas:
    """The fleet of `function` from its log streams and REPORT lines, with its simulation over it; and two crowds, simulated.

    Parameters
    ----------
    since
        Of its invocations those from then on: seconds since 1970, as `time.time()` has it.
    simulated
        A run of `lablib.models.scaling.simulate`, with ``trace=True``.

    Raises UnknownName when there is no such function, NotYet when it has answered nothing, ValueError for what is no time or run.
    """
    if simulated is not None and not isinstance(simulated, scaling.Result):
        raise ValueError(f"simulated is what scaling.simulate(..., trace=True) returned, and not {simulated!r}")
    if isinstance(since, bool) or not isinstance(since, (int, float)) or not since >= 0:
        raise ValueError(f"since is a time in seconds since 1970, such as time.time(), and not {since!r}")
    scenes: dict[str, Callable[[], Scene]] = {}
    fleets: dict[str, Fleet] = {}
    if function is not None:
        fleets["live fleet"] = live(environments(log_events(lab, function)), since * 1000)
        if not fleets["live fleet"].size:
            raise NotYet(f"{function} has answered nothing yet: invoke it, then run this cell again.")
    if simulated is not None:
        fleets["simulation"] = simulated_fleet(simulated)
    if fleets:
        seconds = max(float(one.ended.max(initial=1.0)) for one in fleets.values())
        scenes[JUST_RUN] = lambda: Scene(JUST_RUN, seconds, fleets)
    for name, limits in CROWDS.items():
        scenes[name] = lambda name=name, limits=limits: _crowd(name, limits)  # type: ignore[misc]
    kinds = " and ".join(word for word, name in (("live", "live fleet"), ("simulated", "simulation")) if name in fleets)
    return FleetCanvas(scenes, still=f"Picture: a function's environments over time, {kinds or 'simulated'}. A square is an environment.")


def _crowd(name: str, limits: scaling.Limits) -> Scene:
    run = scaling.simulate(*_CROWD, _CROWD_S, limits=limits, trace=True)
    return Scene(name, _CROWD_S, {"simulation": simulated_fleet(run)})
