"""Exercise 07.2: provisioned concurrency that is ready when the function returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from lablib.course.bench import Bench
from lablib.course.exercise import DEFINED, EXAMPLE, RUNS, TYPE, Layer
from lablib.course.matchers import NO_RETURN, Test, call, callable_named, own_error
from lablib.course.verdict import HOLDS, Answer, fails, written

_SOURCE: Final = '''import os, time

time.sleep(0.5)

def lambda_handler(event, context):
    return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
'''
"""INIT takes a while, so that whoever does not wait is seen."""


@dataclass(frozen=True)
class _Asked:
    """One call of the learner's `ready`.

    Attributes
    ----------
    name, given : str
        The check's function, and the call as it is written.
    environments : int
    got : Any
    error : str or None
    config : dict or None
        What GetProvisionedConcurrencyConfig says, right afterwards, of the version that was returned; None when there is none.
    """

    name: str
    given: str
    environments: int
    got: Any
    error: str | None
    config: dict[str, Any] | None

    @property
    def wanted(self) -> str:
        many = "1 environment" if self.environments == 1 else f"{self.environments} environments"
        return f"a version's number, as text, with {many} provisioned and READY"

    def fails(self, got: str, likely: str) -> Answer:
        return fails(input=self.given, expected=self.wanted, got=got, likely=likely)


_CALLS: Final[WeakKeyDictionary[Bench, dict[int, _Asked]]] = WeakKeyDictionary()
"""A call takes minutes on AWS: the layers of one check look at the same one."""


def _asked(bench: Bench, environments: int) -> _Asked:
    calls = _CALLS.setdefault(bench, {})
    if environments not in calls:
        name = bench.make(f"check-07-2-{environments}", _SOURCE)
        got, error = call(bench, "ready", name, environments)
        config = None if error else _config(bench, name, got)
        calls[environments] = _Asked(name, f'ready("{name}", {environments})', environments, got, error, config)
    return calls[environments]


def _config(bench: Bench, name: str, version: Any) -> dict[str, Any] | None:
    if not isinstance(version, str) or not version.isdigit():
        return None
    missing = bench.client.exceptions
    try:
        found: dict[str, Any] = bench.client.get_provisioned_concurrency_config(FunctionName=name, Qualifier=version)
    except (missing.ProvisionedConcurrencyConfigNotFoundException, missing.ResourceNotFoundException):
        return None
    return found


def _runs(bench: Bench) -> Answer:
    asked = _asked(bench, 1)
    if not asked.error:
        return HOLDS
    return asked.fails(f"an error, {asked.error}", _cause(asked.error))


def _cause(error: str) -> str:
    if "unpublished" in error or "$LATEST" in error:
        return "$LATEST cannot have provisioned concurrency: publish a version, and ask for it there."
    if "when calling the" in error or error.startswith("ParamValidationError"):
        return "the text of the error says which argument AWS refuses."
    return own_error("ready")


def _right_type(bench: Bench) -> Answer:
    asked = _asked(bench, 1)
    if isinstance(asked.got, str) and asked.got.isdigit():
        return HOLDS
    likely = 'publish_version answers a dictionary; return its "Version", which is text.'
    if asked.got is None:
        likely = NO_RETURN
    return asked.fails(written(asked.got), likely)


def _provisions(environments: int) -> Test:
    """The version that is returned has so many environments, ready, and one of them answers."""

    def test(bench: Bench) -> Answer:
        asked = _asked(bench, environments)
        if asked.error:
            return asked.fails(f"an error, {asked.error}", _cause(asked.error))
        if asked.config is None:
            likely = "ask for it with put_provisioned_concurrency_config, for the version that you return."
            return asked.fails(f"nothing provisioned for {written(asked.got)}", likely)
        has, status = asked.config["RequestedProvisionedConcurrentExecutions"], asked.config["Status"]
        if has != environments:
            return asked.fails(f"{has} asked for", "hand the second argument on as ProvisionedConcurrentExecutions.")
        if status != "READY":
            likely = 'it takes time: ask get_provisioned_concurrency_config until its "Status" is READY.'
            return asked.fails(f"its Status is {status}", likely)
        how = bench.invoke(asked.name, {}, asked.got).payload
        if how == "provisioned-concurrency":
            return HOLDS
        return asked.fails(f"it starts {how}", "what was provisioned was taken away again: leave it there.")

    return test


READY_LAYERS: Final = (
    Layer(DEFINED, callable_named("ready")),
    Layer(RUNS, _runs),
    Layer(TYPE, _right_type),
    Layer(EXAMPLE, _provisions(1)),
    Layer("right on a number you have not seen", _provisions(3)),
)
