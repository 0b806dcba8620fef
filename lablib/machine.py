"""What this machine can give to a function: its cores."""

from __future__ import annotations

import os
from pathlib import Path

from lablib.models.limits import MEMORY_MB_PER_VCPU


def cores(quota_file: Path = Path("/sys/fs/cgroup/cpu.max")) -> float:
    """Cores that this process may use: those it may be scheduled on, or its container's quota when that is less."""
    usable = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    try:
        quota, period = quota_file.read_text().split()
    except (OSError, ValueError):
        return usable  # no such file: no cgroup v2, or not in a container
    return usable if quota == "max" else min(usable, int(quota) / int(period))


def full_share_mb(available: float | None = None) -> int:
    """The largest memory, in MB, whose CPU share this machine has in full."""
    return int((cores() if available is None else available) * MEMORY_MB_PER_VCPU)
