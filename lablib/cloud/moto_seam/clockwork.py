"""Every timestamp of moto is the cloud's time.

moto asks `time` and `datetime` for the time, in `moto.core.utils` and in a few dozen service modules of its own. Each module of
moto gets, as soon as it is loaded, stand-ins for the two in its own namespace; the process-wide modules stay as they are. Services
load on first use, so this is done by an import hook, which `lablib.cloud.moto_seam` installs before anything of moto loads.

Touches: the names ``time``, ``datetime``, ``date`` in the namespaces of moto's modules. Sleeping and `time.monotonic` stay real.
"""

from __future__ import annotations

import datetime as real_datetime
import sys
import time as real_time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

_now: Callable[[], float] = real_time.time


def follow(clock: Callable[[], float]) -> None:
    """From here on moto's time is what `clock` returns, in seconds since 1970."""
    global _now
    _now = clock


def now() -> float:
    """moto's time now, in seconds since 1970."""
    return _now()


# What is to be done with a module of moto once it is loaded, by its name.
_corrections: dict[str, list[Callable[[Any], None]]] = {}


def when_loaded(name: str, correct: Callable[[Any], None]) -> None:
    """Have `correct` called with a module of moto, such as ``moto.sns.models``, as soon as it is loaded; now, if it is.

    So that no service need be loaded for what we do otherwise in it. Once: asked again, it does nothing.
    """
    corrections = _corrections.setdefault(name, [])
    if correct in corrections:
        return
    corrections.append(correct)
    if name in sys.modules:
        correct(sys.modules[name])


# What is to hold while a module of moto loads, by its name.
_surroundings: dict[str, Callable[[], AbstractContextManager[None]]] = {}


def while_loading(name: str, surroundings: Callable[[], AbstractContextManager[None]]) -> None:
    """Have a module of moto load inside a ``with``. No use once it is loaded."""
    _surroundings[name] = surroundings


class _LooksReal(type):
    """`isinstance(value, datetime)` inside moto must hold for real datetimes: the stand-in never makes any of its own."""

    _real: type

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, cls._real)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, cls._real)


class _CloudDate(real_datetime.date, metaclass=_LooksReal):
    _real = real_datetime.date

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return real_datetime.date(*args, **kwargs)

    @classmethod
    def today(cls) -> Any:
        return real_datetime.date.fromtimestamp(now())


class _CloudDatetime(real_datetime.datetime, metaclass=_LooksReal):
    _real = real_datetime.datetime

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return real_datetime.datetime(*args, **kwargs)

    @classmethod
    def now(cls, tz: real_datetime.tzinfo | None = None) -> Any:
        return real_datetime.datetime.fromtimestamp(now(), tz)

    @classmethod
    def utcnow(cls) -> Any:
        return real_datetime.datetime.fromtimestamp(now(), real_datetime.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls) -> Any:
        return real_datetime.datetime.fromtimestamp(now())


class StandIn:
    """A module with some of its names replaced."""

    def __init__(self, real: ModuleType, **replaced: Any) -> None:
        self.__dict__.update(replaced)
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def _strftime(format: str, t: Any = None) -> str:
    return real_time.strftime(format, real_time.localtime(now()) if t is None else t)


_time = StandIn(
    real_time,
    time=now,
    time_ns=lambda: int(now() * 1e9),
    gmtime=lambda seconds=None: real_time.gmtime(now() if seconds is None else seconds),
    localtime=lambda seconds=None: real_time.localtime(now() if seconds is None else seconds),
    strftime=_strftime,
)
_datetime = StandIn(real_datetime, datetime=_CloudDatetime, date=_CloudDate)

_STAND_INS: dict[int, Any] = {
    id(real_time): _time,
    id(real_time.time): now,
    id(real_datetime): _datetime,
    id(real_datetime.datetime): _CloudDatetime,
    id(real_datetime.date): _CloudDate,
}


def _patch(module: ModuleType) -> None:
    names = vars(module)
    for name, value in list(names.items()):
        stand_in = _STAND_INS.get(id(value))
        if stand_in is not None:
            names[name] = stand_in


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        with ExitStack() as stack:
            if module.__name__ in _surroundings:
                stack.enter_context(_surroundings[module.__name__]())
            super().exec_module(module)
        _patch(module)
        for correct in _corrections.get(module.__name__, ()):
            correct(module)


class _Finder:
    """Finds moto's modules where they are, and has them patched once they are executed."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if not name.startswith("moto."):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def install() -> None:
    """Have every module of moto patched, those already loaded and those to come. Doing it again changes nothing."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.") and isinstance(module, ModuleType):
            _patch(module)
