"""A bill: lines and their total, exact; printed as AWS prints, in cents where there are any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from lablib.models.pricing.numbers import ZERO, rounded, total
from lablib.models.pricing.prices import Price

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Line:
    """One line of a bill.

    Attributes
    ----------
    name : str
        "requests", "compute", "SnapStart restores", ...
    quantity : Decimal
        What is charged, in `unit`: after the free tier.
    unit : str
        "requests", "GB-s", ...
    unit_price, amount : Decimal
        USD for one unit, and for the line: quantity x unit price, not rounded.
    free : Decimal
        What the free tier took off the quantity.
    """

    name: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount: Decimal
    free: Decimal = ZERO

    @property
    def cents(self) -> Decimal:
        """The amount as AWS's own examples print it: rounded to cents, halves up."""
        return rounded(self.amount, _CENT)


@dataclass(frozen=True)
class Bill:
    """What something costs.

    Attributes
    ----------
    lines : tuple of Line
    region, architecture : str
        What it was reckoned for.

    Examples
    --------
    >>> from lablib.models.pricing import estimate
    >>> bill = estimate(requests=10_000_000, duration_ms=10, memory_mb=128, edge=True)
    >>> [(line.name, line.cents) for line in bill.lines]
    [('requests', Decimal('6.00')), ('compute', Decimal('0.63'))]
    >>> bill.printed_total
    Decimal('6.63')
    """

    lines: tuple[Line, ...]
    region: str
    architecture: str

    @property
    def total(self) -> Decimal:
        """USD: the sum of the lines, not rounded."""
        return total(line.amount for line in self.lines)

    @property
    def printed_total(self) -> Decimal:
        """USD as AWS's own examples add up: each line in cents, then the sum."""
        return total(line.cents for line in self.lines)

    def amount(self, name: str) -> Decimal:
        """USD of the lines whose name is `name`, or begins with it and a comma (a price in tiers); 0 when there is none."""
        return total(line.amount for line in self.lines if line.name == name or line.name.startswith(f"{name},"))

    def __str__(self) -> str:
        in_cents = all(line.amount == 0 or line.cents for line in self.lines)
        rows = [
            (line.name, f"{_short(line.quantity)} {line.unit}", f"x {line.unit_price:f}", "=", _usd(line.amount), _freed(line))
            for line in self.lines
        ]
        rows.append(("total", "", "", "", _usd(self.printed_total if in_cents else self.total), ""))
        names, counts, prices, _, amounts, _ = (max(len(cell) for cell in column) for column in zip(*rows, strict=True))
        return "\n".join(
            f"{name:<{names}}  {count:>{counts}} {each:<{prices}} {equals:1} {amount:>{amounts}} USD{free}"
            for name, count, each, equals, amount, free in rows
        )

    __repr__ = __str__


def charged(name: str, item: Price, quantity: Decimal, free: Decimal = ZERO) -> Iterator[Line]:
    """The lines of `quantity` at `item`'s price, after `free` of it: one for each tier that it reaches.

    The free quantity comes off first and the tiers are counted from what is left: AWS does not say.
    """
    taken = min(quantity, free)
    left, below = quantity - taken, ZERO
    for place, tier in enumerate(item.tiers):
        here = left if tier.up_to is None else min(left, tier.up_to - below)
        usd = item.of_tier(place) if here or not place else ZERO
        if here or not place:
            title = f"{name}, tier {place + 1}" if place else name
            yield Line(title, here, item.unit, usd, here * usd, ZERO if place else taken)
        left -= here
        below = tier.up_to or ZERO


def _usd(amount: Decimal) -> str:
    """In cents, or with three digits that say something when it is less than a cent."""
    if amount == 0 or amount >= _CENT:
        return f"{rounded(amount, _CENT):,f}"
    return f"{rounded(amount, Decimal(1).scaleb(amount.adjusted() - 2)):f}"


def _short(quantity: Decimal) -> str:
    """With thousands separators, and no more decimals than the size asks for."""
    if quantity == quantity.to_integral_value():
        return f"{quantity:,.0f}"
    return f"{quantity:,.2f}" if quantity >= 100 else f"{float(quantity):.4g}"


def _freed(line: Line) -> str:
    return f"  ({_short(line.free)} free)" if line.free else ""
