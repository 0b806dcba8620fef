"""What Lambda costs: an estimate of a month, the bill of what really ran, and when a server that is always on is cheaper.

`prices` has every price once, with its source and date; `bill` the lines and their total; `options` what a function may
have besides requests and duration; `numbers` reads what the caller gives; `estimating`, `running` and `servers` are the
three questions, and `tuning` asks the first one at each memory size. All arithmetic is decimal and exact.

>>> print(estimate(requests=3_000_000, duration_ms=120, memory_mb=1536))
requests  2,000,000 requests x 0.0000002    = 0.40 USD  (1,000,000 free)
compute         140,000 GB-s x 0.0000166667 = 2.33 USD  (400,000 free)
total                                         2.73 USD
"""

from __future__ import annotations

from lablib.models.pricing.bill import Bill, Line
from lablib.models.pricing.estimating import estimate
from lablib.models.pricing.options import Durable, ManagedInstances, SnapStart
from lablib.models.pricing.prices import PRICES, VERIFIED_REGIONS, Price, price
from lablib.models.pricing.running import bill_of
from lablib.models.pricing.servers import ALWAYS_ON_USD_PER_HOUR, BreakEven, break_even

__all__ = [
    "ALWAYS_ON_USD_PER_HOUR", "PRICES", "VERIFIED_REGIONS", "Bill", "BreakEven", "Durable", "Line", "ManagedInstances", "Price",
    "SnapStart", "bill_of", "break_even", "estimate", "price",
]  # fmt: skip
