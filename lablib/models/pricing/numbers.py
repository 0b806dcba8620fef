"""Numbers as the caller gives them, made exact; what is no number, or none that can be, is refused in words."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_HALF_UP, Context, Decimal, localcontext
from numbers import Integral, Real

from lablib.models.limits import MEMORY_MB

ZERO = Decimal(0)
ONE = Decimal(1)

EXACT = Context(prec=60)
"""More digits than any bill has: the caller's own decimal context changes nothing."""


_MOST = Decimal(10**18)
"""Of anything in a month: no cloud has so much."""


def number(name: str, value: object, *, highest: object = None, whole: bool = False) -> Decimal:
    """`value` as a Decimal, 0 or more: 0.1 is one tenth, not the binary fraction next to it.

    Raises
    ------
    ValueError
        Negative, infinite, no number, above `highest`, or not whole where it must be. The text says what to give.
    """
    kind = "a whole number" if whole else "a number"
    bounds = f"0 to {highest:,}" if isinstance(highest, int | float | Decimal) else "0 or more"
    wanted = f"{name} takes {kind}, {bounds}; it was given as {value!r:.80}."
    if isinstance(value, bool) or not isinstance(value, Real | Decimal) or not _is_finite(value):
        raise ValueError(wanted)
    if isinstance(value, Decimal):
        exact = value
    else:
        exact = Decimal(int(value)) if isinstance(value, Integral) else Decimal(repr(float(value)))
    if exact < 0 or (isinstance(highest, int | float | Decimal) and exact > Decimal(str(highest))):
        raise ValueError(wanted)
    if exact > _MOST:
        raise ValueError(f"{name} takes {kind}, and no month has so much; it was given as {value!r:.80}.")
    if whole and exact != exact.to_integral_value():
        raise ValueError(wanted)
    return exact


def _is_finite(value: Real | Decimal) -> bool:
    """Of numbers that no float can hold as well: a signalling NaN, an int of hundreds of digits."""
    return value.is_finite() if isinstance(value, Decimal) else isinstance(value, Integral) or math.isfinite(value)


def gigabytes(memory_mb: object, highest: int = MEMORY_MB.highest) -> Decimal:
    """Memory in GB, as Lambda's bill counts: 1,024 MB. Raises ValueError when no function can have so much, or so little."""
    exact = number("memory_mb", memory_mb, highest=highest, whole=True)
    if exact < MEMORY_MB.lowest:
        raise ValueError(f"memory_mb takes {MEMORY_MB.lowest} to {highest:,} (MB); it was given as {memory_mb!r}.")
    return exact / 1024


def up(value: Decimal, step: Decimal = ONE) -> Decimal:
    """`value` rounded up to a whole number of steps."""
    return (value / step).to_integral_value(ROUND_CEILING) * step


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Their exact sum."""
    with localcontext(EXACT):
        return sum(amounts, ZERO)


def rounded(amount: Decimal, step: Decimal) -> Decimal:
    """`amount` in steps of 1, 0.01, ...: halves up."""
    return amount.quantize(step, ROUND_HALF_UP, EXACT)
