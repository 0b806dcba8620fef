"""Loading moto's interpreter, and connecting it with this cloud.

It costs a second or two and a hundred megabytes, so it is loaded by the first request that needs it: in a thread, without the
lock, so that everything else goes on.

Touches: `moto.core.config.default_user_config`, `moto.stepfunctions.responses`, `moto.stepfunctions.parser.models`,
`moto.stepfunctions.parser.backend.test_state.execution`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from lablib.cloud.moto_seam.stepfunctions import clients, corrections, executions, journal, threads

_installed = False
_loaded: asyncio.Future[None] | None = None


def connect(
    *, time: threads.Time, soon: Callable[[Callable[[], None]], None], url: str, may_be_assumed: Callable[[str], bool],
    on_end: Callable[[executions.Held], None], on_activity_task: Callable[[str], None],
    on_line: Callable[[str, str, int, str], None],
) -> None:  # fmt: skip
    """Give the interpreter this cloud. Loads nothing.

    Parameters
    ----------
    time, soon
        The cloud's clock, and what has a function called on its event loop.
    url
        Where the cloud answers.
    may_be_assumed
        Whether a role exists and trusts Step Functions; called in the interpreter's threads.
    on_end, on_activity_task, on_line
        Told, in any thread, of an execution's end, of the ARN of an activity that has a task, and of a line for CloudWatch Logs.
    """
    global _installed
    if not _installed:
        corrections.install()
        _installed = True
    threads.follow(time, soon)
    clients.follow(url, may_be_assumed)
    corrections.ended = executions.wait_for
    # Not in the thread that waits, which belongs to an execution that is over.
    corrections.stop = lambda arn: soon(lambda: executions.stop(arn))
    executions.on_end, executions.on_activity_task = on_end, on_activity_task
    journal.on_line = on_line


async def load() -> None:
    """Have the interpreter loaded. Only the first call takes long."""
    global _loaded
    if _loaded is None or (_loaded.done() and (_loaded.cancelled() or _loaded.exception() is not None)):
        _loaded = asyncio.ensure_future(asyncio.to_thread(_load))
    await asyncio.shield(_loaded)


def _load() -> None:
    import moto.stepfunctions.parser.backend.test_state.execution
    import moto.stepfunctions.parser.models
    import moto.stepfunctions.responses  # noqa: F401
    from moto.core.config import default_user_config

    # It writes every failed state to the log of the cloud, which is no news for whoever made it fail.
    logging.getLogger(corrections.PARSER).setLevel(logging.CRITICAL)
    default_user_config["stepfunctions"] = {"execute_state_machine": True}


def end_all() -> None:
    """End every execution and forget all that they were given. The cloud is being emptied, or ends."""
    executions.end_all()
    clients.forget()
