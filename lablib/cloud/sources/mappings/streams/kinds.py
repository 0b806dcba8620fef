"""What mappings of streams take of the API, and what is refused."""

from __future__ import annotations

from lablib.cloud.api.errors import LambdaError, invalid_parameter
from lablib.cloud.asynchronous.neighbours import Services
from lablib.cloud.asynchronous.targets import Target
from lablib.cloud.moto_seam import deliveries, engine, journals
from lablib.cloud.sources import patterns
from lablib.cloud.sources.context import SourceContext
from lablib.cloud.sources.mappings.kinds import Kind, Proposal
from lablib.cloud.sources.mappings.mapping import Mapping, Settings
from lablib.cloud.sources.mappings.streams.poller import StreamPoller, permissions
from lablib.models import mappings as limits

_MEMBERS = frozenset({
    "StartingPosition", "StartingPositionTimestamp", "ParallelizationFactor", "BisectBatchOnFunctionError", "DestinationConfig",
    "MaximumRetryAttempts", "MaximumRecordAgeInSeconds", "TumblingWindowInSeconds",
})  # fmt: skip

# What the function's role needs to read a stream: the two managed policies for it have it, 2026.
_ACTIONS = {
    "kinesis": ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"),
    "dynamodb": ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"),
}

# AWS's words, from captured answers (third parties, 2020 to 2025).
_EXISTS = (
    'The event source arn (" {source} ") and function (" {function} ") provided mapping already exists. '
    "Please update or delete the existing mapping with UUID {uuid}"
)
_NO_POSITION = (
    "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null."
)
_POSITION = "Unsupported starting position for arn type: {arn}"
_NO_STREAM = "Stream not found: {arn}"
_NO_ACCESS = (
    "Cannot access stream {arn}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, and "
    "ListStreams Actions on your stream in IAM."
)
_FILTER = "Invalid filter pattern definition."
# AWS refuses these too; its words could not be confirmed, but for the second.
_NO_TIMESTAMP = "StartingPositionTimestamp is required when StartingPosition is AT_TIMESTAMP."
_FUTURE = "StartingPositionTimestamp cannot be in the future."  # API reference of CreateEventSourceMapping, 2026
_A_TIMESTAMP = "Timestamp only valid with StartingPosition AT_TIMESTAMP"  # captured, third party, 2025
_AGE = "MaximumRecordAgeInSeconds must be -1 or between {lowest} and {highest}."
_DESTINATION = "The destination ARN {arn} is invalid."
_MAY_NOT_SEND = "The function's execution role does not have permissions to call {action} on {arn}"


def stream_kinds(context: SourceContext) -> list[Kind]:
    """Mappings of Kinesis streams and of DynamoDB tables' streams."""
    services, checks = Services(context.role_allows), _Checks(context)

    def poller(mapping: Mapping) -> StreamPoller:
        return StreamPoller(mapping, context, services)

    return [
        Kind(
            service, _MEMBERS, Settings(limits.STREAM_BATCH.default), "User action", "No records processed", _EXISTS,
            checks.check, poller,
        )
        for service in ("kinesis", "dynamodb")
    ]  # fmt: skip


class _Checks:
    """What is refused of a mapping of a stream, with ``InvalidParameterValueException``."""

    def __init__(self, context: SourceContext) -> None:
        self._allows, self._now = context.role_allows, context.clock.now

    async def check(self, proposal: Proposal) -> None:
        self._check_settings(proposal)
        if proposal.creating and journals.of(proposal.source_arn) is None:
            raise invalid_parameter(_NO_STREAM.format(arn=proposal.source_arn))
        await self._check_access(proposal)
        if "DestinationConfig" in proposal.given and proposal.settings.on_failure is not None:
            await self._check_destination(proposal, proposal.settings.on_failure)

    def _check_settings(self, proposal: Proposal) -> None:
        settings, arn = proposal.settings, proposal.source_arn
        position, moment = settings.starting_position, settings.starting_timestamp
        if position is None:
            raise invalid_parameter(_NO_POSITION)
        if position == "AT_TIMESTAMP" and _service(arn) == "dynamodb":
            raise invalid_parameter(_POSITION.format(arn=arn))
        if position == "AT_TIMESTAMP" and moment is None:
            raise invalid_parameter(_NO_TIMESTAMP)
        if position != "AT_TIMESTAMP" and moment is not None:
            raise invalid_parameter(_A_TIMESTAMP)
        if proposal.creating and moment is not None and moment > self._now():
            raise invalid_parameter(_FUTURE)
        age = settings.maximum_record_age_s
        if age != -1 and age not in limits.RECORD_AGE_S:
            bounds = limits.RECORD_AGE_S
            raise invalid_parameter(_AGE.format(lowest=bounds.lowest, highest=bounds.highest))
        for text in settings.filters:
            try:
                patterns.compile(text)
            except patterns.InvalidPattern as error:
                raise invalid_parameter(_FILTER) from error

    async def _check_access(self, proposal: Proposal) -> None:
        arn = proposal.source_arn
        stream, service = arn.partition("/consumer/")[0], _service(arn)
        for action in _ACTIONS[service]:
            # ListStreams has no resource. Service Authorization Reference, 2026.
            resource = "*" if action == "ListStreams" and service == "kinesis" else stream
            if not await self._allows(proposal.version.role, f"{service}:{action}", resource):
                raise invalid_parameter(_NO_ACCESS.format(arn=arn))

    async def _check_destination(self, proposal: Proposal, arn: str) -> None:
        target = Target.of(arn)
        known = target.service in ("sqs", "sns", "s3") and not target.fifo
        if not known or not await engine.call(deliveries.exists, arn):
            raise LambdaError("InvalidParameterValueException", _DESTINATION.format(arn=arn))
        # The objects' names begin with the mapping's UUID, which it has not yet.
        for action, resource in permissions(target, "*"):
            if not await self._allows(proposal.version.role, action, resource):
                raise invalid_parameter(_MAY_NOT_SEND.format(action=action.partition(":")[2], arn=arn))


def _service(arn: str) -> str:
    return arn.split(":")[2]
