"""The canvas of lab 04, of a function that ran: from CloudWatch Logs alone."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lablib.course.fleets import CROWDS, JUST_RUN, fleet
from lablib.course.pictures import picture as named
from lablib.course.timeline import NotYet
from lablib.course.unknown import UnknownName
from lablib.models import scaling
from tests.support import CloudUnderTest

HOLDS = "import time\ndef lambda_handler(event, context):\n    time.sleep(0.5)\n"


def test_a_live_fleet_and_its_simulation(cloud: CloudUnderTest) -> None:
    cloud.function(HOLDS, name="hold")
    began = time.time()
    client = cloud.client("lambda")
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: client.invoke(FunctionName="hold"), range(3)))
    run = scaling.simulate(scaling.Function(duration=0.5), scaling.Recorded([0.0] * 3), trace=True)
    drawn = named(cloud, "fleet", function="hold", since=began, simulated=run)
    assert drawn.state == {"traffic": JUST_RUN}
    assert "The live fleet grows to 3 environments" in drawn.sentence and "The simulation grows to 3" in drawn.sentence
    with pytest.raises(NotYet, match="hold has answered nothing yet"):
        fleet(cloud, function="hold", since=time.time() + 60)


def test_no_such_function_is_said(cloud: CloudUnderTest) -> None:
    with pytest.raises(UnknownName, match="There is no function 'hald'"):
        fleet(cloud, function="hald")


@pytest.mark.parametrize(
    ("given", "said"),
    [({"simulated": 3}, "simulated is what"), ({"since": "noon"}, "since is a"), ({"since": float("nan")}, "since is a")],
)
def test_what_is_no_time_and_no_run_is_refused(cloud: CloudUnderTest, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        fleet(cloud, **given)


def test_the_crowds_meet_the_limits_that_they_are_about(cloud: CloudUnderTest) -> None:
    drawn = fleet(cloud)
    crowd, limited = (drawn.scene(name).fleets["simulation"] for name in CROWDS)
    start = crowd.levels(drawn.scene(next(iter(CROWDS))).times)[0]
    seconds = drawn.scene(next(iter(CROWDS))).times
    assert start[seconds <= 1.0].max() > 900 and 1_000 < start[seconds <= 2.0].max() <= 1_200, "1,000 at once, then 100 a second"
    assert crowd.size > 2_000 and crowd.refused[1][-1] > 1_000
    assert limited.size == 500 and limited.refused[1][-1] > crowd.refused[1][-1]
