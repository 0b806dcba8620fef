"""AWS Lambda's prices: each once, with its source and date. What could not be verified is not here, and is refused by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

_PAGE: Final = "aws.amazon.com/lambda/pricing, read in the second half of 2026"
_LIST: Final = "AWS Price List, offer AWSLambda, publication of 2026-09-19"
_US: Final = "us-east-1"
_SA: Final = "sa-east-1"

# The free tier of an account, every month and for good: requests, GB-s of both architectures together, GB streamed.
# Source: _PAGE and _LIST.
FREE_REQUESTS: Final = Decimal(1_000_000)
FREE_GB_S: Final = Decimal(400_000)
FREE_STREAMED_GB: Final = Decimal(100)

# What is rounded up: provisioned concurrency to 5 minutes; a SnapStart snapshot is cached for 3 hours at least. Source: _PAGE.
PROVISIONED_STEP_S: Final = Decimal(300)
SNAPSHOT_LEAST_HOURS: Final = Decimal(3)
# The share of the EC2 on-demand price that Managed Instances add. Source: _PAGE.
MANAGEMENT_FEE: Final = Decimal("0.15")
# A month of the data that durable functions keep ("7/30"), and how long it is kept by default. Source: _PAGE.
RETENTION_MONTH_DAYS: Final = Decimal(30)
RETENTION_DAYS: Final = 14


@dataclass(frozen=True)
class Tier:
    """A price up to a monthly quantity; None is without end. `usd` is None where the price could not be verified."""

    up_to: Decimal | None
    usd: Decimal | None


@dataclass(frozen=True)
class Price:
    """One item's price in one Region.

    Attributes
    ----------
    item, region, unit : str
        "requests", "us-east-1", "requests".
    tiers : tuple of Tier
        Most items have one, without end.
    source : str
        Where it was read, and when.
    """

    item: str
    region: str
    unit: str
    tiers: tuple[Tier, ...]
    source: str

    @property
    def usd(self) -> Decimal:
        """USD for one unit in the first tier."""
        return self.of_tier(0)

    def of_tier(self, place: int) -> Decimal:
        """USD for one unit in a tier. Raises ValueError when that tier's price could not be verified."""
        usd = self.tiers[place].usd
        if usd is None:
            beyond = f"{self.tiers[place - 1].up_to:,} {self.unit}"
            raise ValueError(f"The price of {self.item} in {self.region} could not be verified beyond {beyond}.")
        return usd


def _item(item: str, unit: str, source: str, region: str = _US, **tiers: str) -> Price:
    """`all=USD`, or several: `upto_6=USD` is the price up to 6 billion units."""
    ends = (None if name == "all" else Decimal(name.removeprefix("upto_").replace("_", ".")) * 10**9 for name in tiers)
    rows = tuple(Tier(end, Decimal(usd) if usd else None) for end, usd in zip(ends, tiers.values(), strict=True))
    return Price(item, region, unit, rows, source)


_TABLE: Final = (
    _item("requests", "requests", _LIST, all="0.0000002"),
    _item("requests", "requests", _LIST, _SA, all="0.0000002"),
    _item("x86_64 duration", "GB-s", _LIST, upto_6="0.0000166667", upto_15="0.000015", all="0.0000133334"),
    _item("x86_64 duration", "GB-s", _LIST, _SA, upto_6="0.0000166667", all=""),
    _item("arm64 duration", "GB-s", _LIST, upto_7_5="0.0000133334", upto_18_75="0.0000120001", all="0.0000106667"),
    _item("ephemeral storage", "GB-s", _PAGE, all="0.0000000309"),
    _item("x86_64 provisioned concurrency", "GB-s", _PAGE, all="0.0000041667"),
    _item("arm64 provisioned concurrency", "GB-s", _LIST, all="0.0000033334"),
    _item("x86_64 duration on provisioned concurrency", "GB-s", _PAGE, all="0.0000097222"),
    _item("arm64 duration on provisioned concurrency", "GB-s", _LIST, all="0.0000077778"),
    _item("x86_64 SnapStart cache", "GB-s", _PAGE, all="0.0000015046"),
    _item("x86_64 SnapStart restores", "GB", _PAGE, all="0.0001397998"),
    _item("response streaming", "GB", _PAGE, all="0.008"),
    _item("event pollers (Kafka)", "unit-hours", _PAGE, all="0.185"),
    _item("event pollers (SQS)", "unit-hours", _PAGE, all="0.00925"),
    _item("durable operations", "operations", _PAGE, all="0.000008"),
    _item("durable data written", "GB", _PAGE, all="0.25"),
    _item("durable data kept", "GB-months", _PAGE, all="0.15"),
    # The page prints 0.000167; the price list has one digit more to round.
    _item("x86_64 tenant environments", "GB", _LIST, all="0.000166667"),
    _item("arm64 tenant environments", "GB", _LIST, all="0.000133333"),
    _item("Lambda@Edge requests", "requests", _PAGE, all="0.0000006"),
    _item("Lambda@Edge duration", "128 MB-s", _PAGE, all="0.00000625125"),
)

PRICES: Final[Mapping[tuple[str, str], Price]] = MappingProxyType({(one.item, one.region): one for one in _TABLE})
"""(item, region) to its price."""

VERIFIED_REGIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {region: tuple(one.item for one in _TABLE if one.region == region) for region in (_US, _SA)}
)
"""A Region to the items whose price was verified there."""


def price(item: str, region: str = _US) -> Price:
    """An item's price in a Region.

    Raises
    ------
    ValueError
        The Region's price could not be verified; the text names the Region, and those that could.
    """
    must_be_verified(region)
    found = PRICES.get((item, region)) if isinstance(item, str) else None
    if found is None:
        raise ValueError(
            f"The price of {item} in {region} could not be verified, and none is guessed. "
            f"Verified there: {', '.join(VERIFIED_REGIONS[region])}."
        )
    return found


def must_be_verified(region: object) -> None:
    """Raises ValueError, by name, for a Region whose prices could not be verified."""
    if isinstance(region, str) and region in VERIFIED_REGIONS:
        return
    known = f'"{_US}" (every price) and "{_SA}" ({" and ".join(VERIFIED_REGIONS[_SA])})'
    if not isinstance(region, str) or not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
        raise ValueError(f"region takes a Region's name; it was given as {region!r}. Verified are {known}.")
    raise ValueError(f'Lambda\'s prices in "{region}" could not be verified, and none is guessed. Verified are {known}.')
