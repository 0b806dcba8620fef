"""State machines, their versions and aliases: moto's own, as far as executions and versions need them.

Touches: `moto.stepfunctions.responses.get_backend`; `StepFunctionBackend.state_machines`, `.activities`; of `StateMachine`:
`.arn`, `.name`, `.type`, `.definition`, `.roleArn`, `.loggingConfiguration`, `.creation_date`, `.update_date`, `.versions`
(number: version), `.aliases`, `.latest_version`, `.latest_version_number`, `.publish`; `StateMachineVersion.version`,
`.description`; `StateMachineAlias.routing_configuration`, `.arn`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lablib.cloud.moto_seam import engine, utc
from lablib.cloud.moto_seam.stepfunctions import journal
from lablib.cloud.moto_seam.stepfunctions.executions import Machine


@dataclass(frozen=True)
class Version:
    """A published version."""

    arn: str
    number: int
    created: datetime


class InUse(Exception):
    """A version that an alias routes to. The text is the aliases."""


def _backend(arn: str) -> Any:
    from moto.stepfunctions.responses import get_backend

    region, account = arn.split(":")[3:5]
    return get_backend(account, region)


def _machine(arn: str) -> Any | None:
    """moto's state machine, by its ARN or that of one of its versions or aliases."""
    base = ":".join(arn.split(":")[:7])
    return next((machine for machine in _backend(arn).state_machines if machine.arn == base), None)


def find(arn: str) -> Machine | None:
    """The state machine of an ARN; of an alias, one of the versions that it routes to, by their weights."""
    with engine.lock:
        machine = _machine(arn)
        if machine is None:
            return None
        qualifier = arn.split(":")[7] if arn.count(":") > 6 else None
        if qualifier is None:
            return _as_it_is(machine, machine)
        if qualifier.isdigit():
            version = machine.versions.get(int(qualifier))
            return _as_it_is(machine, version, version_arn=arn) if version is not None else None
        alias = machine.aliases.get(qualifier)
        if alias is None:
            return None
        routes = alias.routing_configuration
        [route] = random.choices(routes, [route["weight"] for route in routes])
        version_arn = route["stateMachineVersionArn"]
        version = machine.versions.get(int(version_arn.rpartition(":")[2]))
        return _as_it_is(machine, version, version_arn=version_arn, alias_arn=arn) if version is not None else None


def _as_it_is(machine: Any, revision: Any, **more: str) -> Machine:
    logging = journal.configured(revision.loggingConfiguration)
    return Machine(machine.arn, machine.name, machine.type, revision.definition, revision.roleArn, logging=logging, **more)


def logging_of(arn: str) -> dict[str, Any]:
    """A state machine's loggingConfiguration."""
    with engine.lock:
        machine = _machine(arn)
        return dict(machine.loggingConfiguration) if machine is not None else {}


def publish(arn: str, description: str | None) -> Version | None:
    """Publish what a state machine is now; the newest version, if it is that already. None if there is no such machine."""
    with engine.lock:
        machine = _machine(arn)
        if machine is None:
            return None
        latest = machine.versions.get(machine.latest_version_number)
        same = latest is not None and (latest.definition, latest.roleArn) == (machine.definition, machine.roleArn)
        if not same:
            machine.publish(description=description)
            latest = machine.latest_version
        return _version(latest)


def versions(arn: str) -> list[Version] | None:
    """A state machine's versions, the newest first. None if there is no such machine."""
    with engine.lock:
        machine = _machine(arn)
        if machine is None:
            return None
        return [_version(version) for _, version in sorted(machine.versions.items(), reverse=True)]


def _version(version: Any) -> Version:
    return Version(version.arn, version.version, datetime.fromtimestamp(utc.seconds(version.creation_date), UTC))


def delete_version(arn: str) -> None:
    """Delete a version, if there is one. Raises `InUse`."""
    with engine.lock:
        machine = _machine(arn)
        if machine is None:
            return
        routing = [
            alias.arn for alias in machine.aliases.values()
            if any(route["stateMachineVersionArn"] == arn for route in alias.routing_configuration)
        ]  # fmt: skip
        if routing:
            raise InUse(", ".join(routing))
        gone = machine.versions.pop(int(arn.rpartition(":")[2]), None)
        if gone is not None and gone is machine.latest_version:
            machine.latest_version = None


def has_activity(arn: str) -> bool:
    """Whether there is such an activity."""
    with engine.lock:
        return arn in _backend(arn).activities
