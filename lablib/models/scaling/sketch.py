"""Percentiles of any number of durations, in little memory."""

from __future__ import annotations

import math

import numpy as np

from lablib.models.scaling.numbers import Floats, number

_RATIO = 1.005
_LOG = math.log(_RATIO)
_LEAST = 1e-6
_BINS = int(math.log(1e9 / _LEAST) / _LOG) + 2


class Sketch:
    """A histogram with bins that grow by half a percent, and the mean of each: so exact is a percentile. All in seconds."""

    def __init__(self) -> None:
        self.count, self.total = 0, 0.0
        self.least, self.most = math.inf, 0.0
        self._bins, self._sums = np.zeros(_BINS, dtype=np.int64), np.zeros(_BINS)

    def add(self, seconds: Floats) -> None:
        """Count durations."""
        if not seconds.size:
            return
        self.count += seconds.size
        self.total += float(seconds.sum())
        self.least = min(self.least, float(seconds.min()))
        self.most = max(self.most, float(seconds.max()))
        places = (np.log(np.maximum(seconds, _LEAST)) * (1 / _LOG) - math.log(_LEAST) / _LOG).astype(np.int64)
        places = np.minimum(places, _BINS - 1)
        self._bins += np.bincount(places, minlength=_BINS)
        self._sums += np.bincount(places, weights=seconds, minlength=_BINS)

    @property
    def mean(self) -> float:
        """NaN where nothing was counted, as of percentiles."""
        return self.total / self.count if self.count else math.nan

    def percentile(self, percent: float) -> float:
        """What so many percent (0 to 100) are not longer than."""
        number("percent", percent, most=100.0)
        if not self.count:
            return math.nan
        upto = np.cumsum(self._bins)
        place = int(np.searchsorted(upto, max(1.0, percent / 100 * self.count)))
        return min(max(float(self._sums[place] / self._bins[place]), self.least), self.most)
