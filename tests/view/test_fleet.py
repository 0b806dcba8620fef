"""The fleet and its canvas, by their data. (What the browser draws of it, tests/browser/test_fleet.py moves.)"""

from __future__ import annotations

import base64

import numpy as np
import pytest

from lablib.models import scaling
from lablib.models.report import Report
from lablib.models.timeline import Environment, Invocation
from lablib.view.canvas import FleetCanvas, Scene
from lablib.view.fleet import Fleet, live, simulated


def call(began: float, ms: float, init: float | None = None) -> Invocation:
    return Invocation(began, began + ms, Report("r", ms, round(ms) + 1, 512, 40, init_duration_ms=init), init and began - init)


LOGGED = (
    Environment("s/[$LATEST]aaaa", (call(5_100, 400, 100.0), call(6_000, 500))),
    Environment("s/[$LATEST]bbbb", (call(5_300, 400, 100.0),)),
)


def test_a_live_fleet_begins_with_its_first_init() -> None:
    fleet = live(LOGGED)
    assert fleet.environment.tolist() == [0, 0, 1] and fleet.size == 2
    np.testing.assert_allclose([fleet.began, fleet.ready, fleet.ended], [[0, 1.0, 0.2], [0.1, 1.0, 0.3], [0.5, 1.5, 0.7]])
    existing, working = fleet.levels(np.array([0.0, 0.3, 0.6, 0.8, 1.2, 2.0]))
    assert existing.tolist() == [1, 2, 2, 2, 2, 2] and working.tolist() == [1, 2, 1, 0, 1, 0]


def test_a_live_fleet_from_then_on() -> None:
    fleet = live(LOGGED, since_ms=5_150)
    assert fleet.environment.tolist() == [0, 1], "numbered in the order in which they begin now"
    assert fleet.began.tolist() == [0.0, 0.8]
    assert live(LOGGED, since_ms=9_000).size == 0


def run(limits: scaling.Limits | None = None, *, trace: bool = True) -> scaling.Result:
    work = scaling.Function(duration=0.5, init=0.1)
    return scaling.simulate(work, scaling.Recorded([0.0, 0.1, 0.55, 0.65]), 1.0, limits=limits, trace=trace)


def test_a_simulated_fleet_is_the_run_it_was_made_of() -> None:
    result = run()
    fleet = simulated(result)
    assert fleet.size == result.most_environments == 3
    assert fleet.environment.tolist() == [0, 0, 1, 2] and fleet.began.tolist() == [0.0, 0.65, 0.1, 0.55]
    np.testing.assert_allclose(fleet.ready - fleet.began, [0.1, 0.0, 0.1, 0.1])
    assert fleet.refused[1][-1] == 0
    few = simulated(run(scaling.Limits(reserved=1)))
    assert few.size == 1 and few.refused[1][-1] == pytest.approx(2)


def test_a_run_without_its_invocations_is_refused() -> None:
    with pytest.raises(ValueError, match="did not keep its invocations; simulate again, with trace=True"):
        simulated(run(trace=False))


def canvas(asked: list[str]) -> FleetCanvas:
    def scene(name: str, fleets: dict[str, Fleet]) -> Scene:
        asked.append(name)
        return Scene(name, 2.0, fleets)

    both = {"live fleet": live(LOGGED), "simulation": simulated(run())}
    scenes = {"both": lambda: scene("both", both), "one": lambda: scene("one", {"simulation": simulated(run(scaling.Limits(reserved=1)))})}
    return FleetCanvas(scenes, still="Picture: a fleet.")


def test_a_scene_is_made_when_it_is_chosen_and_then_kept() -> None:
    asked: list[str] = []
    drawn = canvas(asked)
    (widget,) = drawn.widget().children
    assert asked == ["both"] and widget.traffics == ["both", "one"] and widget.traffic == "both"
    drawn.set(traffic="one")
    assert widget.traffic == "one" and [one["name"] for one in widget.scene["fleets"]] == ["simulation"]
    drawn.set(traffic="both")
    assert asked == ["both", "one"] and drawn.state == {"traffic": "both"}


def test_what_the_browser_gets() -> None:
    (widget,) = canvas([]).widget().children
    sent = widget.scene
    assert sent["title"] == "both" and sent["seconds"] == 2.0
    first, second = sent["fleets"]
    assert np.frombuffer(first["environment"], np.int32).tolist() == [0, 0, 1]
    np.testing.assert_allclose(np.frombuffer(first["ended"], np.float64), [0.5, 1.5, 0.7])
    assert len(first["times"]) == len(first["busy"]) == len(first["existing"]) <= 300
    assert max(first["existing"]) == 2 and max(second["existing"]) == 3


def test_its_words_say_how_large_each_fleet_becomes() -> None:
    drawn = canvas([])
    assert drawn.sentence.startswith("The live fleet grows to 2 environments") and "The simulation grows to 3" in drawn.sentence
    drawn.set(traffic="one")
    assert drawn.sentence.startswith("The simulation grows to 1 environment, with") and drawn.sentence.endswith("and 2 calls refused.")


def test_without_a_kernel() -> None:
    bundle = canvas([])._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert bundle["text/plain"] == "Picture: a fleet." and "application/vnd.jupyter.widget-view+json" in bundle
