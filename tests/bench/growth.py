"""What the cloud keeps of what it has done: of a thousand warm invocations, and of two hundred functions that were invoked once."""

from __future__ import annotations

import time

from lablib.aws.role import ensure_role
from lablib.deployment import this_runtime
from lablib.models.lifecycle import IDLE_S
from tests.bench.calls import PRINTING, SILENT, caller
from tests.bench.memory import pss_mb, tree
from tests.bench.targets import Target
from tests.support import make_zip


def of_invocations_mb(target: Target, calls: int, rounds: int = 4) -> float:
    """MB (PSS) by which cloud and supervisor grow in the last of `rounds` times `calls` warm invocations that print a line.

    The first ones fill what has a size of its own. Logs are kept on purpose, so each round's are deleted before it is weighed.
    """
    name = target.deploy("grows", PRINTING)
    call, logs = caller(target, name), target.client("logs")
    call()
    ours = [target.pid, *(pid for pid in tree(target.pid) if "supervisor" in _command(pid))]
    weights = []
    for _ in range(rounds):
        for _ in range(calls):
            call()
        logs.delete_log_group(logGroupName=f"/aws/lambda/{name}")
        weights.append(pss_mb(ours))
    return weights[-1] - weights[-2]


def of_functions_mb(target: Target, functions: int) -> float:
    """MB (PSS) by which the idle cloud's process is heavier after so many functions were created and invoked once.

    Weighed when their environments are reclaimed, and their logs are in CloudWatch.
    """
    lambda_, role = target.client("lambda"), ensure_role(target.client("iam"))
    code = make_zip({"lambda_function.py": SILENT})

    def once(name: str) -> None:
        lambda_.create_function(
            FunctionName=name, Runtime=this_runtime(), Role=role, Handler="lambda_function.lambda_handler", Code={"ZipFile": code}
        )
        lambda_.invoke(FunctionName=name, Payload=b"{}")["Payload"].read()

    once("first")
    rest(target)
    before = pss_mb([target.pid])
    for number in range(functions):
        once(f"once-{number}")
    rest(target)
    return pss_mb([target.pid]) - before


def rest(target: Target) -> None:
    """Until every idle environment is reclaimed, on the cloud's clock and then in fact.

    Raises `RuntimeError` when one stays for ten seconds.
    """
    answer = target.process.door("POST", f"/_lab/clock/advance?seconds={IDLE_S + 1}")
    if answer.status != 200:
        raise RuntimeError(f"the cloud did not come to rest: {answer.body}")
    target.client("logs").describe_log_groups()
    deadline = time.monotonic() + 10
    while any("bootstrap" in _command(pid) for pid in tree(target.pid)):
        if time.monotonic() > deadline:
            raise RuntimeError("environments that are idle were not reclaimed")
        time.sleep(0.05)


def _command(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
