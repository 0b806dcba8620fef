"""Cold starts: how long they take, as was measured; how they are spread, as a study found; how often they come, by arithmetic.

- `published` holds what was measured on AWS in 2026, by runtime, package, architecture and memory;
- `distributions` draws cold starts as a study of a large cloud found them;
- `traffic` gives the chance that a request meets a cold start.
"""

from lablib.models.coldstart.distributions import COLD_START_S, GAP_S, Drawn, LogNormal, Weibull, draw
from lablib.models.coldstart.published import (
    ARCHITECTURES, MEMORIES_MB, PACKAGES, SOURCE, Measurement, Source, measurements, published, runtimes,
)
from lablib.models.coldstart.traffic import chance, chances

__all__ = [
    "ARCHITECTURES", "COLD_START_S", "GAP_S", "MEMORIES_MB", "PACKAGES", "SOURCE", "Drawn", "LogNormal", "Measurement",
    "Source", "Weibull", "chance", "chances", "draw", "measurements", "published", "runtimes",
]
