"""What EventBridge hears of executions.

Touches: `moto.events.models.events_backends`, `EventsBackend.event_buses`, `EventBus.rules`.
"""

from __future__ import annotations

import json
import sys

from lablib.cloud.moto_seam import deliveries, engine
from lablib.cloud.moto_seam.stepfunctions import executions
from lablib.cloud.moto_seam.stepfunctions.executions import Held

DETAIL_TYPE = "Step Functions Execution Status Change"


def tell(held: Held, status: str) -> None:
    """Put an execution's status on the default bus, if any rule is there. The caller need not hold the lock.

    The fields are those of the Developer Guide, "Automating Step Functions event delivery with EventBridge" (2026-11-23).
    """
    _, _, _, region, account = held.arn.split(":")[:5]
    with engine.lock:
        if "moto.events.models" not in sys.modules:  # nobody has made a rule
            return
        from moto.events.models import events_backends

        if region not in events_backends[account] or not events_backends[account][region].event_buses["default"].rules:
            return
        bus = f"arn:aws:events:{region}:{account}:event-bus/default"
        deliveries.put_event(bus, DETAIL_TYPE, json.dumps(_detail(held, status)), [held.arn], held.trace, "aws.states")


def _detail(held: Held, status: str) -> dict[str, object]:
    over = status != executions.RUNNING
    failed = status in (executions.FAILED, executions.TIMED_OUT, executions.ABORTED)
    output = held.output if over else None
    return {
        "executionArn": held.arn, "stateMachineArn": held.machine.arn, "stateMachineVersionArn": held.machine.version_arn,
        "stateMachineAliasArn": held.machine.alias_arn, "name": held.name, "status": status,
        "startDate": int(held.started.timestamp() * 1000),
        "stopDate": int(held.stopped.timestamp() * 1000) if over and held.stopped is not None else None,
        "input": held.input, "inputDetails": {"included": True}, "output": output,
        "outputDetails": {"included": True} if output is not None else None,
        "error": held.error if over else None, "cause": held.cause if over else None,
        "redriveCount": 0, "redriveDate": None, "redriveStatus": "REDRIVABLE" if failed else "NOT_REDRIVABLE",
        "redriveStatusReason": None if failed else f"Execution is {status} and cannot be redriven",
    }  # fmt: skip
