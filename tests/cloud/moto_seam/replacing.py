"""Prints what the seam adds to moto that moto has not: module, class and name, as JSON. A program: moto must be as it comes."""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from collections.abc import Callable
from typing import Any

from lablib.cloud.moto_seam import clockwork

_corrections: list[tuple[str, Callable[[Any], None]]] = []


def _names() -> set[tuple[str, str, str]]:
    """What there is in moto by now, with what its classes inherit."""
    there = set()
    for module in list(sys.modules.values()):
        if str(getattr(module, "__name__", "")).startswith("moto."):
            for name, value in list(vars(module).items()):
                there.add((module.__name__, "", name))
                if inspect.isclass(value) and value.__module__.startswith("moto."):
                    there |= {(value.__module__, value.__name__, inner) for inner in dir(value)}
    return there


def main() -> None:
    clockwork.when_loaded = lambda name, correct: _corrections.append((name, correct))
    from lablib.cloud.moto_seam import buckets, buses, engine, rest_api_faults, schedules, subscriptions, topics
    from lablib.cloud.moto_seam.stepfunctions import corrections

    engine.configure(region="us-east-1", port=1)
    engine._dispatcher()
    for seam in (buses, topics, schedules):
        seam.listen(seam._listener)  # type: ignore[attr-defined]
    rest_api_faults.install()
    corrections.install()
    assert buckets and subscriptions  # these two ask as soon as they are imported
    for name, _ in _corrections:
        importlib.import_module(name)
    before, loaded = _names(), set(sys.modules)
    for name, correct in _corrections:
        correct(sys.modules[name])
    added = {one for one in _names() - before if one[0] in loaded}
    print(json.dumps({"corrected": sorted({name for name, _ in _corrections}), "added": sorted(added)}))


if __name__ == "__main__":
    main()
