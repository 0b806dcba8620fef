"""The timeline of a function that ran: from CloudWatch Logs alone."""

from __future__ import annotations

import json

import pytest

from lablib.course.pictures import picture as named
from lablib.course.timeline import NotYet, log_events, timeline
from lablib.course.unknown import UnknownName
from lablib.models.timeline import environments
from tests.support import CloudUnderTest

CODE = "def lambda_handler(event, context):\n    return event\n"


def test_a_warm_answer_comes_from_the_first_environment(cloud: CloudUnderTest) -> None:
    cloud.function(CODE, name="echo")
    for number in range(3):
        cloud.client("lambda").invoke(FunctionName="echo", Payload=json.dumps(number))
    picture = named(cloud, "timeline", function="echo")
    picture.set(invocation=3)
    assert picture.sentence.startswith("Invocation 3 of 3 was answered by environment 1 of 1, which had answered 2 before")
    (one,) = environments(log_events(cloud, "echo"))
    cold, *warm = one.invocations
    assert cold.init_ms is not None and [call.init_ms for call in warm] == [None, None]


def test_only_its_own_streams_of_a_shared_group(cloud: CloudUnderTest) -> None:
    for name in ("echo", "echo-2"):
        cloud.function(CODE, name=name)
        cloud.client("lambda").update_function_configuration(FunctionName=name, LoggingConfig={"LogGroup": "/shared"})
        cloud.client("lambda").get_waiter("function_updated_v2").wait(FunctionName=name)
        cloud.client("lambda").invoke(FunctionName=name)
    (one,) = environments(log_events(cloud, "echo"))
    assert len(one.invocations) == 1 and "/echo[" in one.stream


def test_no_such_function_and_nothing_yet_are_said(cloud: CloudUnderTest) -> None:
    with pytest.raises(UnknownName, match="There is no function 'ecco'; there is none yet"):
        timeline(cloud, "ecco")
    cloud.function(CODE, name="echo")
    with pytest.raises(UnknownName, match="There is no function 'ecco'; there is echo"):
        timeline(cloud, "ecco")
    with pytest.raises(UnknownName, match="There is no function 3; there is echo"):
        timeline(cloud, 3)  # type: ignore[arg-type]
    with pytest.raises(NotYet, match="echo has answered nothing yet: invoke it"):
        timeline(cloud, "echo")
