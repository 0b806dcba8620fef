"""One run of a schedule: attempts until its target takes it, and the dead-letter queue if it never does."""

from __future__ import annotations

import json
import logging
import secrets
from typing import Any

from lablib.cloud.clock import Clock
from lablib.cloud.moto_seam.schedules import Schedule
from lablib.cloud.sources.acting import Acting, Failed
from lablib.cloud.sources.scheduler import targets
from lablib.cloud.sources.scheduler.targets import NoTarget, Run
from lablib.cloud.sources.underway import UnderWay
from lablib.cloud.telemetry.metrics import Metrics
from lablib.models import buses

log = logging.getLogger("lablib.cloud")

NAMESPACE = "AWS/Scheduler"  # of the metrics: EventBridge Scheduler User Guide, "Monitoring with Amazon CloudWatch", 2026


class Delivery:
    """Makes the runs of schedules.

    Every failure is tried again until the retry policy is exhausted: the User Guide's own example of a dead letter is of a queue
    that does not exist, with ``EXHAUSTED_RETRY_CONDITION``. That AWS tells errors apart here, as rules do, is unconfirmed.
    """

    def __init__(self, acting: Acting, clock: Clock, metrics: Metrics, account: str) -> None:
        self._acting, self._clock, self._metrics, self._account = acting, clock, metrics, account
        self._under_way = UnderWay(clock)

    async def run(self, schedule: Schedule, scheduled: float) -> None:
        """Run a schedule that was due at `scheduled`; returns after the first attempt. The clock has the others."""
        await self._attempt(Run(schedule, scheduled, secrets.token_hex(8)), 1, self._clock.now())

    async def _attempt(self, run: Run, attempt: int, began: float) -> None:
        target = run.schedule.target
        text = run.input(attempt, self._account)
        self._count("InvocationAttemptCount", run)
        try:
            wanted = targets.call(target, text)
            answer = await self._acting.call(
                target["RoleArn"], run.schedule.region, wanted.service, wanted.operation, wanted.parameters
            )
            _check(wanted.operation, answer)
        except (NoTarget, ValueError) as error:
            await self._failed(run, attempt, began, Failed("ValidationException", str(error)))
        except Failed as failed:
            await self._failed(run, attempt, began, failed)

    async def _failed(self, run: Run, attempt: int, began: float, failed: Failed) -> None:
        self._count("TargetErrorCount", run)
        policy = run.schedule.target.get("RetryPolicy", {})
        most = policy.get("MaximumRetryAttempts", buses.DELIVERY_RETRIES)
        age = policy.get("MaximumEventAgeInSeconds", buses.DELIVERY_AGE_S)
        again = self._clock.now() + buses.delivery_backoff(attempt)
        if attempt > most:
            await self._dead(run, attempt, failed, "MaximumRetryAttempts")
        elif again > began + age:
            await self._dead(run, attempt, failed, "MaximumEventAgeInSeconds")
        else:
            what = f"a retry of the schedule {run.schedule.name}"
            self._under_way.later(again, lambda: self._attempt(run, attempt + 1, began), what)

    async def _dead(self, run: Run, attempt: int, failed: Failed, condition: str) -> None:
        target = run.schedule.target
        self._count("InvocationDroppedCount", run)
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if queue is None:
            log.info("the schedule %s gave up: %s", run.schedule.name, failed)
            return
        attributes = {
            "ERROR_CODE": failed.code, "ERROR_MESSAGE": failed.message, "EXECUTION_ID": run.execution_id,
            "EXHAUSTED_RETRY_CONDITION": condition, "IS_PAYLOAD_TRUNCATED": "false", "RETRY_ATTEMPTS": str(attempt - 1),
            "SCHEDULED_TIME": run.scheduled_time, "SCHEDULE_ARN": run.schedule.arn, "TARGET_ARN": target["Arn"],
        }  # fmt: skip
        body = _dead_body(target, run.input(attempt, self._account))
        wanted = targets.call({"Arn": queue}, body)
        given = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value}
        try:
            await self._acting.call(
                target["RoleArn"], run.schedule.region, "sqs", "SendMessage", {**wanted.parameters, "MessageAttributes": given}
            )
            self._count("InvocationsSentToDeadLetterCount", run)
        except Failed as error:
            log.warning("the dead letter of the schedule %s is lost: %s", run.schedule.name, error)
            self._count("InvocationsFailedToBeSentToDeadLetterCount", run)

    def _count(self, metric: str, run: Run) -> None:
        for dimensions in ((), (("ScheduleGroup", run.schedule.group),)):
            self._metrics.add(metric, dimensions, 1.0, namespace=NAMESPACE)

    async def reset(self) -> None:
        """Nothing is tried again."""
        await self._under_way.reset()


def _check(operation: str, answer: Any) -> None:
    """Raise `Failed` where the answer is good and says that it is not."""
    if operation == "PutEvents" and answer.get("FailedEntryCount"):
        [entry] = answer["Entries"]
        raise Failed(entry.get("ErrorCode", "InternalFailure"), entry.get("ErrorMessage", ""))


def _dead_body(target: Any, text: str) -> str:
    """A dead letter is the request that failed, as JSON: of a queue ``{"MessageBody": …}``; of a universal target its input.

    As in the User Guide's example; of the other templated targets it shows none, and theirs are alike here.
    """
    try:
        wanted = targets.call(target, text)
    except (NoTarget, ValueError):
        return text
    shown = {name: value.decode() if isinstance(value, bytes) else value for name, value in wanted.parameters.items()}
    return json.dumps(shown)
