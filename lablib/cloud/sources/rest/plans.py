"""API keys, the usage plans that they are in, and how many requests those and a stage's settings admit.

Source: API Gateway Developer Guide, "Usage plans and API keys for REST APIs" and "Throttle requests to your REST APIs", 2026.
Rates are token buckets; a quota begins anew at midnight, Monday's, or the first's, in UTC, on the cloud's clock. (AWS counts
days from the plan's ``offset``, which is not looked at.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from lablib.cloud.moto_seam.rest_apis import ApiKey, Stage, Throttle, UsagePlan
from lablib.cloud.sources.rest.failures import Failure

# Buckets and counts that are kept; the oldest go first.
_MOST = 4096


@dataclass
class _Bucket:
    tokens: float
    at: float


class Plans:
    """Counts requests. `now` is the cloud's clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._buckets: dict[tuple[str, ...], _Bucket] = {}
        self._counts: dict[tuple[str, str], tuple[str, int]] = {}

    def reset(self) -> None:
        """Forget every request."""
        self._buckets.clear()
        self._counts.clear()

    def admit_key(self, keys: Mapping[str, ApiKey], value: str | None, api_id: str, stage: str) -> ApiKey:
        """Admit a request that has to bring a key.

        Raises
        ------
        Failure
            There is no such key, or it may not be used here; its plan's quota or rate is used up.
        """
        key = keys.get(value or "")
        plan = next((plan for plan in key.plans if (api_id, stage) in plan.stages), None) if key is not None else None
        if key is None or plan is None or not key.enabled:
            raise Failure("INVALID_API_KEY")
        if not self._take(plan.throttle, ("plan", plan.id, key.id)):
            raise Failure("THROTTLED")
        self._count(plan, key)
        return key

    def admit(self, stage: Stage, api_id: str, resource_path: str, method: str) -> None:
        """Admit a request to a stage whose settings hold it to a rate. Raises `Failure`."""
        for name in (f"{resource_path.replace('/', '~1')}/{method}", "*/*"):
            if name in stage.throttles:
                if not self._take(stage.throttles[name], ("stage", api_id, stage.name, name, resource_path, method)):
                    raise Failure("THROTTLED")
                return

    def _take(self, throttle: Throttle, name: tuple[str, ...]) -> bool:
        """Take a token; a bucket without a size holds one second's."""
        if throttle.rate is None and throttle.burst is None or (throttle.rate or 0) < 0:
            return True
        rate = throttle.rate or 0.0
        size = float(throttle.burst) if throttle.burst is not None else max(1.0, rate)
        now = self._now()
        bucket = self._buckets.get(name)
        if bucket is None:
            _make_room(self._buckets)
            bucket = self._buckets[name] = _Bucket(size, now)
        bucket.tokens = min(size, bucket.tokens + max(0.0, now - bucket.at) * rate)
        bucket.at = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def _count(self, plan: UsagePlan, key: ApiKey) -> None:
        if plan.quota is None:
            return
        limit, period = plan.quota
        current = _period(self._now(), period)
        before, count = self._counts.get((plan.id, key.id), (current, 0))
        count = count if before == current else 0
        if count >= limit:
            raise Failure("QUOTA_EXCEEDED")
        _make_room(self._counts)
        self._counts[plan.id, key.id] = (current, count + 1)


def _make_room(kept: dict[tuple[str, ...], _Bucket] | dict[tuple[str, str], tuple[str, int]]) -> None:
    if len(kept) >= _MOST:
        del kept[next(iter(kept))]  # type: ignore[arg-type]


def _period(now: float, period: str) -> str:
    at = datetime.fromtimestamp(now, timezone.utc)
    return f"{at:%Y-%m-%d}" if period == "DAY" else f"{at:%G-W%V}" if period == "WEEK" else f"{at:%Y-%m}"
