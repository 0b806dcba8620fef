"""TestState."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from lablib.cloud.moto_seam import engine
from lablib.cloud.moto_seam.stepfunctions import executions, threads, trials
from lablib.cloud.sources.stepfunctions.errors import StatesError, emptied
from lablib.models import states


class Trials:
    """States that are tried by themselves. `soon` has a function called on the event loop."""

    def __init__(self, soon: Callable[[Callable[[], None]], None]) -> None:
        self._soon = soon
        self._under_way: dict[threads.Run, asyncio.Future[trials.Trial]] = {}

    async def test(self, given: dict[str, Any]) -> Mapping[str, Any]:
        """TestState: a state runs once; a retrier or a catcher for its error is told, and not followed."""
        try:
            state = json.loads(given["definition"])
            await asyncio.to_thread(trials.check, given["definition"])
        except Exception as error:  # the interpreter raises whatever it meets
            raise StatesError("InvalidDefinition", f"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: {error}'") from error
        text = given.get("input", "{}")
        try:
            json.loads(text)
        except ValueError as error:
            raise StatesError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'") from error
        once = {name: value for name, value in state.items() if name not in ("Retry", "Catch", "Next")}
        if "Next" in state:
            once["End"] = True
        trial = await self._run(json.dumps(once), given.get("roleArn", ""), text)
        answer: dict[str, Any] = {"status": "SUCCEEDED", "output": trial.output, "nextState": trial.next_state or state.get("Next")}
        if trial.error is not None or trial.output is None:
            answer = _failed(state, trial)
        if given.get("inspectionLevel", "INFO") != "INFO":
            answer["inspectionData"] = trial.inspected
        return answer

    async def _run(self, definition: str, role: str, text: str) -> trials.Trial:
        name = f"TestState-{uuid.uuid4().hex[:8]}"
        arn = f"arn:aws:states:{engine.place.region}:{engine.place.account}"
        machine = executions.Machine(f"{arn}:stateMachine:{name}", name, "STANDARD", definition, role)
        told: asyncio.Future[trials.Trial] = asyncio.get_running_loop().create_future()

        def end(trial: trials.Trial) -> None:
            if not told.done():
                told.set_result(trial)

        def tell(trial: trials.Trial) -> None:
            self._soon(lambda: end(trial))

        run = trials.run(machine, f"{arn}:execution:{name}:{name}", text, tell)
        self._under_way[run] = told
        try:
            return await told
        finally:
            del self._under_way[run]

    def reset(self) -> None:
        """End every one."""
        for run, told in list(self._under_way.items()):
            run.end()
            if not told.done():
                told.set_exception(emptied())


def _failed(state: dict[str, Any], trial: trials.Trial) -> dict[str, Any]:
    answer: dict[str, Any] = {"status": "FAILED", "error": trial.error, "cause": trial.cause}
    if any(states.matches(rule["ErrorEquals"], trial.error) for rule in state.get("Retry", ())):
        return answer | {"status": "RETRIABLE"}
    for rule in state.get("Catch", ()):
        if states.matches(rule["ErrorEquals"], trial.error):
            return answer | {"status": "CAUGHT_ERROR", "nextState": rule["Next"]}
    return answer
