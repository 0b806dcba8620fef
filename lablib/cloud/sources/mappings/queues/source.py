"""Mappings of SQS queues: what AWS refuses of them, and what polls them.

The sentences are AWS's, from captured answers (third parties, 2020 to 2026), where nothing else is said.
"""

from __future__ import annotations

from lablib.cloud.api.errors import invalid_parameter
from lablib.cloud.moto_seam import engine, receiving
from lablib.cloud.sources.context import SourceContext
from lablib.cloud.sources.mappings.kinds import Kind, Proposal
from lablib.cloud.sources.mappings.mapping import Mapping, Settings
from lablib.cloud.sources.mappings.queues.poller import ACTIONS, QueuePoller
from lablib.models import mappings as limits

_EXISTS = (
    'An event source mapping with SQS arn (" {source} ") and function (" {function} ") already exists. Please update or delete '
    "the existing mapping with UUID {uuid}"
)
_NO_POSITION = "StartingPosition is not valid for SQS event sources."
_NEEDS_WINDOW = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
_NO_WINDOW = "Batching window is not supported for FIFO queues"
# Not captured: that AWS refuses it is in the API reference.
_TOO_MANY_FOR_FIFO = f"Batch size must not exceed {limits.FIFO_BATCH.highest} for FIFO queues"
_NO_PERMISSION = "The function execution role does not have permissions to call {action} on SQS"
_NO_QUEUE = (
    "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The "
    "specified queue does not exist for this wsdl version."
)
_HIDDEN_TOO_SHORT = "Queue visibility timeout: {visible} seconds is less than Function timeout: {timeout} seconds"
_POLLERS = "MinimumPollers should be between [2, 200] and MaximumPollers should be between [MinimumPollers, 10000]"
_EITHER = (
    "Provisioned mode for SQS ESM does not support maximum concurrency feature. Use MaximumPollers as the control mechanism and "
    "remove maximum concurrency."
)

# The last two are taken to be refused with their own words.
_MEMBERS = frozenset({"ScalingConfig", "ProvisionedPollerConfig", "StartingPosition", "StartingPositionTimestamp"})


def queue_kind(context: SourceContext) -> Kind:
    """SQS queues as sources of mappings."""

    async def check(proposal: Proposal) -> None:
        await _check(proposal, context)

    def poller(mapping: Mapping) -> QueuePoller:
        return QueuePoller(mapping, context)

    defaults = Settings(batch_size=limits.SQS_BATCH.default)
    return Kind("sqs", _MEMBERS, defaults, "USER_INITIATED", None, _EXISTS, check, poller)


async def _check(proposal: Proposal, context: SourceContext) -> None:
    """Raise ``InvalidParameterValueException`` for what may not be."""
    _check_settings(proposal)
    for action in ACTIONS:
        if not await context.role_allows(proposal.version.role, action, proposal.source_arn):
            raise invalid_parameter(_NO_PERMISSION.format(action=action.partition(":")[2]))
    facts = await engine.call(receiving.facts, proposal.source_arn)
    if facts is None:
        raise invalid_parameter(_NO_QUEUE)
    visible, timeout = facts.visibility_timeout, proposal.version.timeout
    if visible < timeout and (proposal.creating or "FunctionName" in proposal.given):
        raise invalid_parameter(_HIDDEN_TOO_SHORT.format(visible=visible, timeout=timeout))


def _check_settings(proposal: Proposal) -> None:
    settings, fifo = proposal.settings, proposal.source_arn.endswith(".fifo")
    if proposal.given & {"StartingPosition", "StartingPositionTimestamp"}:
        raise invalid_parameter(_NO_POSITION)
    if fifo and settings.window_s:
        raise invalid_parameter(_NO_WINDOW)
    if fifo and settings.batch_size > limits.FIFO_BATCH.highest:
        raise invalid_parameter(_TOO_MANY_FOR_FIFO)
    if settings.batch_size > limits.BATCH_WITHOUT_WINDOW and not settings.window_s:
        raise invalid_parameter(_NEEDS_WINDOW)
    if settings.pollers is None:
        return
    fewest, most = settings.pollers
    if fewest not in limits.MINIMUM_POLLERS or most not in limits.MAXIMUM_POLLERS or most < fewest:
        raise invalid_parameter(_POLLERS)
    if settings.maximum_concurrency is not None:
        raise invalid_parameter(_EITHER)
