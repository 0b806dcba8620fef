"""Step Functions' quotas: each number once, with its source and date.

Source, where none stands beside it: "Service quotas", AWS Step Functions Developer Guide, read 2026-11-23.
"""

from __future__ import annotations

from collections.abc import Iterable

# One state's input or output, and an execution's.
DATA_BYTES = 262_144
# Of a standard workflow; with the last of them it fails.
HISTORY_EVENTS = 25_000
# Of real time on AWS, of the cloud's here.
EXPRESS_SECONDS = 300
# At a time. Developer Guide, "Using Map state in Inline mode".
INLINE_MAP_CONCURRENCY = 40
# How long GetActivityTask waits. API Reference, GetActivityTask.
ACTIVITY_POLL_SECONDS = 60
NAME_CHARACTERS = 80
# Express workflows are billed for time in steps of 100 ms and of 64 MB: https://aws.amazon.com/step-functions/pricing (2026).
BILLED_STEP_MS = 100
BILLED_STEP_MB = 64

# The States Language: https://states-language.net, and the Developer Guide's pages of each state (2026-11-23).
_FLOW = ("Next", "End")
_PATHS = ("InputPath", "OutputPath")
_DATA = (*_PATHS, "Output", "Assign")
_RESULT = ("Parameters", "Arguments", "ResultPath", "ResultSelector", "Retry", "Catch")
EVERYWHERE = ("Type", "Comment", "QueryLanguage")
# Type: its fields, besides those of `EVERYWHERE`. In the order in which AWS lists the types.
FIELDS: dict[str, frozenset[str]] = {
    "Task": frozenset({
        *_DATA, *_FLOW, *_RESULT, "Resource", "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath",
        "Credentials",
    }),
    "Wait": frozenset({*_DATA, *_FLOW, "Seconds", "SecondsPath", "Timestamp", "TimestampPath"}),
    "Pass": frozenset({*_DATA, *_FLOW, "Result", "ResultPath", "Parameters"}),
    "Succeed": frozenset({*_PATHS, "Output"}),
    "Fail": frozenset({"Error", "ErrorPath", "Cause", "CausePath"}),
    "Choice": frozenset({*_DATA, "Choices", "Default"}),
    "Parallel": frozenset({*_DATA, *_FLOW, *_RESULT, "Branches"}),
    "Map": frozenset({
        *_DATA, *_FLOW, *_RESULT, "ItemProcessor", "Iterator", "ItemsPath", "Items", "ItemSelector", "ItemReader", "ItemBatcher",
        "ResultWriter", "MaxConcurrency", "MaxConcurrencyPath", "ToleratedFailureCount", "ToleratedFailureCountPath",
        "ToleratedFailurePercentage", "ToleratedFailurePercentagePath", "Label",
    }),
}  # fmt: skip
REQUIRED: dict[str, tuple[str, ...]] = {"Task": ("Resource",), "Choice": ("Choices",), "Parallel": ("Branches",)}
JSONPATH_ONLY = frozenset({
    *_PATHS, "ResultPath", "ResultSelector", "Parameters", "ItemsPath", "SecondsPath", "TimestampPath", "TimeoutSecondsPath",
    "HeartbeatSecondsPath", "ErrorPath", "CausePath", "MaxConcurrencyPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath",
})  # fmt: skip
JSONATA_ONLY = frozenset({"Arguments", "Output", "Items"})

_ENDS_ALL = ("States.DataLimitExceeded", "States.Runtime")


def matches(listed: Iterable[str], error: str | None) -> bool:
    """Whether a retrier or a catcher that lists these errors matches one.

    ``States.TaskFailed`` is every error but ``States.Timeout``. ``States.ALL`` is every error but ``States.DataLimitExceeded``
    and ``States.Runtime``, which end an execution unless they are named.
    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html (2026-11-23)
    """
    names = set(listed)
    if error in names:
        return True
    if error in _ENDS_ALL:
        return False
    return "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")
