"""TestState: one state, run by itself.

Touches, below `moto.stepfunctions.parser`: `backend.test_state.execution.TestStateExecution` (its constructor,
`_get_start_execution_worker`), `TestStateExecutionWorker.env`, `._execution_logic`, `TestStateEnvironment.inspection_data`,
`.program_state`, `.next_state_name`, `.states`; `asl.static_analyser.test_state.test_state_analyser.TestStateStaticAnalyser`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lablib.cloud.moto_seam import clockwork
from lablib.cloud.moto_seam.stepfunctions import threads
from lablib.cloud.moto_seam.stepfunctions.executions import Activities, Machine, MotoMachine


@dataclass(frozen=True)
class Trial:
    """What a state came to.

    Attributes
    ----------
    output, next_state
        If it succeeded.
    error, cause
        If it failed.
    inspected
        What became of its input on the way, step by step.
    """

    output: str | None
    next_state: str | None
    error: str | None
    cause: str | None
    inspected: dict[str, Any]


def check(definition: str) -> None:
    """Raise whatever moto raises for a state that cannot be tried."""
    from moto.stepfunctions.parser.asl.static_analyser.test_state.test_state_analyser import TestStateStaticAnalyser

    TestStateStaticAnalyser().analyse(definition)


def run(machine: Machine, arn: str, text: str, tell: Callable[[Trial], None]) -> threads.Run:
    """Run a state, and tell in its thread what it came to."""
    from moto.stepfunctions.parser.backend.test_state.execution import TestStateExecution

    region, account = arn.split(":")[3:5]
    execution = TestStateExecution(
        name=machine.name, role_arn=machine.role_arn, exec_arn=arn, account_id=account, region_name=region,
        state_machine=MotoMachine(machine), start_date=datetime.fromtimestamp(clockwork.now(), UTC), activity_store=Activities(),
        input_data=text,
    )  # fmt: skip
    execution.exec_worker = execution._get_start_execution_worker()
    trying = threads.Run("a test of a state", machine.definition)

    def work() -> None:
        told = Trial(None, None, "States.Runtime", "The state could not be run.", {})
        try:
            execution.exec_worker._execution_logic()
            told = _result(execution.exec_worker.env)
        finally:
            tell(told)

    trying.start(work)
    return trying


def _result(env: Any) -> Trial:
    state = env.program_state()
    inspected = {name: value if isinstance(value, str) else json.dumps(value) for name, value in env.inspection_data.items()}
    if type(state).__name__ == "ProgramError":
        told = state.error or {}
        return Trial(None, None, told.get("error"), told.get("cause"), inspected)
    output = json.dumps(env.states.get_input(), separators=(",", ":"), ensure_ascii=False)
    return Trial(output, getattr(state, "next_state_name", None), None, None, inspected)
