"""Event source mappings: which queue or stream calls which function. What polls them is in `lablib.cloud.sources.mappings`.

Codes and words are AWS's, from captured answers (third parties, 2019 to 2026), where nothing else is said.
"""

from __future__ import annotations

from collections.abc import Mapping as Members
from typing import Any

from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import conflict, invalid_parameter, not_implemented
from lablib.cloud.api.lookup import PATIENCE, settled
from lablib.cloud.api.mapping_settings import merged
from lablib.cloud.api.names import resolve
from lablib.cloud.api.operations.lists import page_of
from lablib.cloud.api.operations.tags import check_tags
from lablib.cloud.functions import FunctionVersion, NoSuchFunction
from lablib.cloud.sources.mappings.kinds import Kind, Proposal
from lablib.cloud.sources.mappings.mapping import Mapping, Settings
from lablib.cloud.sources.mappings.registry import NOT_POLLED
from lablib.models import mappings as limits

_NO_FUNCTION = "Function does not exist"
_NO_SOURCE = "Unrecognized event source."


async def create_event_source_mapping(call: Call) -> Members[str, Any]:
    """Have a function called with what is in a queue or a stream."""
    given = call.parameters
    if given.get("SelfManagedEventSource"):
        raise not_implemented(NOT_POLLED.format(what="a Kafka cluster"))
    if not given.get("EventSourceArn"):
        raise invalid_parameter(_NO_SOURCE)
    source: str = given["EventSourceArn"]
    kind = call.mappings.kind(source)
    settings = merged(kind, given, kind.defaults)
    tags: dict[str, str] = given.get("Tags", {})
    check_tags(tags)
    arn, version = await _function(call, given["FunctionName"])
    await kind.check(Proposal(source, version, settings, True, frozenset(given)))
    _check_only_one(call, kind, source, arn, version.name)
    mapping = call.mappings.create(kind, source, arn, settings, enabled=given.get("Enabled", True), tags=tags)
    return described(mapping)


async def get_event_source_mapping(call: Call) -> Members[str, Any]:
    """One mapping."""
    return described(await call.mappings.settled(call.parameters["UUID"], PATIENCE))


async def list_event_source_mappings(call: Call) -> Members[str, Any]:
    """Mappings: all, those of a source, those of a function, or those of both. A function that is gone may still have some."""
    given = call.parameters
    reference = resolve(call.functions, given["FunctionName"]) if given.get("FunctionName") else None
    arn = call.functions.arn(reference.name, reference.qualifier) if reference is not None else None
    found = [
        mapping for mapping in call.mappings
        if arn in (None, mapping.function_arn) and given.get("EventSourceArn") in (None, mapping.source_arn)
    ]  # fmt: skip
    for mapping in found:
        await call.mappings.settle(mapping, PATIENCE)
    found = sorted((mapping for mapping in found if mapping in call.mappings), key=lambda mapping: mapping.uuid)
    page, marker = page_of(given, found, lambda mapping: (mapping.uuid, 0), limits.LIST_ITEMS)
    return {"EventSourceMappings": [described(mapping) for mapping in page], "NextMarker": marker}


async def update_event_source_mapping(call: Call) -> Members[str, Any]:
    """Change what the request names in a mapping, or pause it, or have it go on."""
    given = call.parameters
    mapping = await call.mappings.settled(given["UUID"], PATIENCE)
    call.mappings.check_free(mapping, "update")
    settings = merged(mapping.kind, given, mapping.settings)
    arn, version = await _function(call, given.get("FunctionName", mapping.function_arn))
    await mapping.kind.check(Proposal(mapping.source_arn, version, settings, False, frozenset(given)))
    mapping = call.mappings.get(given["UUID"])  # others may have been at it meanwhile
    call.mappings.check_free(mapping, "update")
    if arn != mapping.function_arn:
        _check_only_one(call, mapping.kind, mapping.source_arn, arn, version.name)
    call.mappings.update(mapping, merged(mapping.kind, given, mapping.settings), arn, enabled=given.get("Enabled"))
    return described(mapping)


async def delete_event_source_mapping(call: Call) -> Members[str, Any]:
    """End a mapping. What it runs goes on to its end; it reads nothing more."""
    mapping = await call.mappings.settled(call.parameters["UUID"], PATIENCE)
    call.mappings.check_free(mapping, "delete")
    call.mappings.delete(mapping)
    return described(mapping)


async def _function(call: Call, name: str) -> tuple[str, FunctionVersion]:
    """The ARN by which a mapping calls a function, and the version that it is now."""
    reference = resolve(call.functions, name)
    await settled(call, reference.name)
    try:
        version = call.functions.get(reference.name, reference.qualifier)
    except NoSuchFunction:
        raise invalid_parameter(_NO_FUNCTION) from None
    return call.functions.arn(reference.name, reference.qualifier), version


def _check_only_one(call: Call, kind: Kind, source: str, function_arn: str, name: str) -> None:
    for mapping in call.mappings:
        if (mapping.source_arn, mapping.function_arn) == (source, function_arn):
            raise conflict(kind.exists.format(source=source, function=name, uuid=mapping.uuid))


def described(mapping: Mapping) -> dict[str, Any]:
    """A mapping as the API shows it: the members that its kind has."""
    settings, kind = mapping.settings, mapping.kind
    shown: dict[str, Any] = {
        "UUID": mapping.uuid, "EventSourceMappingArn": mapping.arn, "EventSourceArn": mapping.source_arn,
        "FunctionArn": mapping.function_arn, "State": mapping.state, "StateTransitionReason": mapping.reason,
        "LastModified": mapping.last_modified, "BatchSize": settings.batch_size,
        "MaximumBatchingWindowInSeconds": settings.window_s, "FunctionResponseTypes": list(settings.response_types),
    }  # fmt: skip
    if mapping.last_result is not None:
        shown["LastProcessingResult"] = mapping.last_result
    if settings.filters:
        shown["FilterCriteria"] = {"Filters": [{"Pattern": pattern} for pattern in settings.filters]}
    if settings.kms_key:
        shown["KMSKeyArn"] = settings.kms_key
    if settings.metrics:
        shown["MetricsConfig"] = {"Metrics": list(settings.metrics)}
    own = _of_stream(settings) if "ParallelizationFactor" in kind.members else _of_queue(settings)
    return shown | own


def _of_queue(settings: Settings) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if settings.maximum_concurrency is not None:
        shown["ScalingConfig"] = {"MaximumConcurrency": settings.maximum_concurrency}
    if settings.pollers is not None:
        shown["ProvisionedPollerConfig"] = {"MinimumPollers": settings.pollers[0], "MaximumPollers": settings.pollers[1]}
    return shown


def _of_stream(settings: Settings) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "StartingPosition": settings.starting_position, "ParallelizationFactor": settings.parallelization,
        "BisectBatchOnFunctionError": settings.bisect, "MaximumRetryAttempts": settings.maximum_retries,
        "MaximumRecordAgeInSeconds": settings.maximum_record_age_s, "TumblingWindowInSeconds": settings.tumbling_window_s,
        "DestinationConfig": {"OnFailure": {"Destination": settings.on_failure} if settings.on_failure else {}},
    }  # fmt: skip
    if settings.starting_timestamp is not None:
        shown["StartingPositionTimestamp"] = settings.starting_timestamp
    return shown
