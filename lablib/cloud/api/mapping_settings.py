"""A request's members as a mapping's settings, and what AWS refuses of any kind of source."""

from __future__ import annotations

from collections.abc import Mapping as Members
from dataclasses import replace
from typing import Any

from lablib.cloud.api.errors import LambdaError, invalid_parameter
from lablib.cloud.sources import patterns
from lablib.cloud.sources.mappings.kinds import Kind
from lablib.cloud.sources.mappings.mapping import Settings
from lablib.models import mappings as limits

# What mappings of every kind take.
COMMON = frozenset({
    "UUID", "EventSourceArn", "FunctionName", "Enabled", "BatchSize", "MaximumBatchingWindowInSeconds", "FilterCriteria",
    "FunctionResponseTypes", "KMSKeyArn", "MetricsConfig", "Tags",
})  # fmt: skip

# Members that are taken as they are, by the setting.
_PLAIN = {
    "BatchSize": "batch_size", "MaximumBatchingWindowInSeconds": "window_s", "ParallelizationFactor": "parallelization",
    "BisectBatchOnFunctionError": "bisect", "MaximumRetryAttempts": "maximum_retries", "StartingPosition": "starting_position",
    "MaximumRecordAgeInSeconds": "maximum_record_age_s", "TumblingWindowInSeconds": "tumbling_window_s",
}  # fmt: skip

# The five refusals' words are AWS's, where captured answers of third parties (2023 to 2026) have them: all but the fourth.
_UNSUPPORTED = "Unsupported {member} parameter for given event source mapping type."
_PATTERN = "Invalid filter pattern definition."
_METRICS = "Only EventCount metrics are supported for event source mappings."
_TOO_MANY_FILTERS = "The number of filters exceeds the limit of {most}."
_POLLERS_MISSING = "Either MinimumPollers or MaximumPollers are required if ProvisionedPollerConfig is provided."


def merged(kind: Kind, given: Members[str, Any], base: Settings) -> Settings:
    """The settings `base` with what a request says.

    Raises
    ------
    LambdaError
        ``InvalidParameterValueException``: a member that this kind of source does not have, too many filters or a wrong one.
    """
    for member in given:
        if member not in COMMON | kind.members:
            raise unsupported(member)
    changes: dict[str, Any] = {name: given[member] for member, name in _PLAIN.items() if member in given}
    if "StartingPositionTimestamp" in given:
        changes["starting_timestamp"] = _seconds(given["StartingPositionTimestamp"])
    if "FunctionResponseTypes" in given:
        changes["response_types"] = tuple(given["FunctionResponseTypes"])
    if "FilterCriteria" in given:
        changes["filters"] = _filters(given["FilterCriteria"])
    if "KMSKeyArn" in given:
        changes["kms_key"] = given["KMSKeyArn"] or None
    if "MetricsConfig" in given:
        changes["metrics"] = _metrics(given["MetricsConfig"])
    if "ScalingConfig" in given:
        changes["maximum_concurrency"] = given["ScalingConfig"].get("MaximumConcurrency")
    if "ProvisionedPollerConfig" in given:
        changes["pollers"] = _pollers(given["ProvisionedPollerConfig"], base.pollers, "UUID" in given)
    if "DestinationConfig" in given:
        changes["on_failure"] = _on_failure(given["DestinationConfig"])
    return replace(base, **changes)


def unsupported(member: str) -> LambdaError:
    """The refusal of a member that a kind of source does not have."""
    return invalid_parameter(_UNSUPPORTED.format(member=member))


def _filters(criteria: Members[str, Any]) -> tuple[str, ...]:
    given = tuple(each.get("Pattern") for each in criteria.get("Filters") or ())
    if len(given) > limits.FILTERS:
        raise invalid_parameter(_TOO_MANY_FILTERS.format(most=limits.FILTERS))
    for text in given:
        try:
            patterns.compile(text or "")
        except patterns.InvalidPattern:
            raise invalid_parameter(_PATTERN) from None
    return given


def _metrics(config: Members[str, Any]) -> tuple[str, ...]:
    metrics = tuple(config.get("Metrics") or ())
    if set(metrics) - {"EventCount"}:
        raise invalid_parameter(_METRICS)
    return metrics[:1]


def _pollers(config: Members[str, Any], before: tuple[int, int] | None, updating: bool) -> tuple[int, int] | None:
    if "PollerGroupName" in config:
        raise unsupported("PollerGroupName")
    if not config:
        if updating:
            return None  # back from provisioned mode
        raise invalid_parameter(_POLLERS_MISSING)
    lowest, highest = before or (limits.MINIMUM_POLLERS.default, limits.MAXIMUM_POLLERS.default)
    return config.get("MinimumPollers", lowest), config.get("MaximumPollers", highest)


def _on_failure(config: Members[str, Any]) -> str | None:
    if "OnSuccess" in config:
        raise unsupported("DestinationConfig")
    return (config.get("OnFailure") or {}).get("Destination") or None


def _seconds(moment: Any) -> float:
    return float(moment.timestamp()) if hasattr(moment, "timestamp") else float(moment)
