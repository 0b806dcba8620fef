"""An hour of the cloud's clock with every event source at work: nothing is lost, nothing comes twice, nothing is left."""

from __future__ import annotations

from collections import Counter

from lablib.models.lifecycle import IDLE_S
from tests.bench.memory import pss_mb
from tests.faults.conftest import Cloud, wait_until
from tests.faults.every_source import EverySource
from tests.faults.test_many import alone, counts, settles

MINUTES = 60
WARM_UP = 15  # minutes after which nothing may grow any more
# The slowest retries: an asynchronous event's after one and two minutes, a message's after its visibility timeout.
LAST_S = 400
MB = 20  # what logs, metrics and executions of 45 minutes may take


def test_an_hour_of_all_sources_loses_nothing_and_leaves_nothing(cloud: Cloud) -> None:
    every = EverySource(cloud)
    expected: set[str] = set()
    for minute in range(MINUTES):
        if minute == WARM_UP:
            before, weight = counts(cloud), kept_mb(cloud)
        expected |= set(every.produce(minute))
        cloud.advance(60)
    cloud.advance(LAST_S)
    found = every.counts()
    produced = {id: count for id, count in found.items() if id.split("-")[1] not in ("rule", "schedule")}
    assert set(produced) == expected, set(produced) ^ expected
    assert {id: done for id, (_, done) in produced.items() if done != 1} == {}
    # An event that came with one that failed was tried again with it; what failed by itself, twice.
    assert [id for id, (attempts, _) in produced.items() if int(id.split("-")[2]) % 7 == 3 and attempts != 2] == []
    fired = Counter(id.split("-")[1] for id in found if id not in produced)
    total = MINUTES * 60 + LAST_S
    assert fired["rule"] in (total // 300, total // 300 + 1) and fired["schedule"] in (total // 600, total // 600 + 1), fired
    grown = kept_mb(cloud) - weight
    assert grown < MB, f"{grown:.0f} MB more than after {WARM_UP} minutes"
    cloud.advance(IDLE_S + 60)  # there may be one more warm environment than there was: what nobody needs goes
    settles(cloud, before, 20)
    cloud.reset()
    cloud.advance(3600)
    wait_until(lambda: not cloud.lab("GET", "/_lab/doctor").body["functions"], "a function is left")


def kept_mb(cloud: Cloud) -> float:
    """What the cloud and its supervisor weigh; how many environments are warm just now is another matter."""
    return pss_mb([alone(cloud, what) for what in ("-m lablib serve", "environments.supervisor")])
