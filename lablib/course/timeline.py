"""The timeline of a function's environments, as its log group tells it."""

from __future__ import annotations

from typing import Any

from lablib.course.bench import Clients
from lablib.course.unknown import UnknownName
from lablib.models.timeline import PATTERN, LogEvent, environments
from lablib.view.picture import Picture
from lablib.view.timeline import timeline as draw


class NotYet(LookupError):
    """The function has not answered yet. In a notebook it shows as its sentence alone, as `UnknownName` does."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


def timeline(lab: Clients, function: str) -> Picture:
    """Which environment answered which invocation of `function`, and when: from its log streams and REPORT lines alone.

    Raises UnknownName when there is no such function, NotYet when it has answered nothing.
    """
    events = log_events(lab, function)
    found = environments(events)
    if not found:
        raise NotYet(f"{function} has answered nothing yet: invoke it, then run this cell again.")
    return draw(function, found)


def log_events(lab: Clients, function: str) -> list[LogEvent]:
    """The events of the function's log group that tell of its environments. Raises UnknownName."""
    functions, logs = lab.client("lambda"), lab.client("logs")
    known = _names(functions)
    if function not in known:
        raise UnknownName("function", function, known or ["none yet"])
    group = functions.get_function_configuration(FunctionName=function)["LoggingConfig"]["LogGroup"]
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern=PATTERN)
    try:
        found: list[dict[str, Any]] = [event for page in pages for event in page["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []  # the group is made with the first line
    own = group == f"/aws/lambda/{function}"  # a group of one's own may hold other functions' streams too
    return [
        LogEvent(event["logStreamName"], event["timestamp"], event["message"])
        for event in found if own or f"/{function}[" in event["logStreamName"]
    ]


def _names(functions: Any) -> list[str]:
    return [one["FunctionName"] for page in functions.get_paginator("list_functions").paginate() for one in page["Functions"]]
