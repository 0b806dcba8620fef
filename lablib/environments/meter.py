"""What an environment may use: a share of the CPU, an amount of memory.

CPU comes in proportion to memory, one vCPU at 1,769 MB (models.limits). Nothing
on a laptop gives a process 7 % of a core without privileges, so the supervisor
does it from outside: a token bucket, filled at the share's rate and emptied by the
processes' own CPU clocks; when it is empty they are stopped (SIGSTOP) until it is
not. A process that sleeps pays nothing. Measured: within 2 % from 128 to 1,024 MB.
"""

from __future__ import annotations

from lablib.environments import processes

PERIOD_S = 0.020
BURST_PERIODS = 3
LONGEST_CHECK_S = 0.005
SHORTEST_CHECK_S = 0.0005


class CpuShare:
    """A token bucket of CPU seconds.

    Parameters
    ----------
    vcpus
        The share, in vCPUs (0.072 for 128 MB).
    cores
        What the machine has; a share of that much or more is not held back.
    """

    def __init__(self, vcpus: float, cores: float) -> None:
        self.rate = vcpus
        self.limited = vcpus < cores
        self._cores = cores
        self._tokens = self._full = vcpus * PERIOD_S * BURST_PERIODS
        self._at = 0.0
        self._used = 0.0

    def begin(self, now: float, used: float) -> None:
        """An invocation starts with a full bucket."""
        self._tokens, self._at, self._used = self._full, now, used

    def account(self, now: float, used: float) -> float:
        """Book the CPU time used until `now`; seconds to stop for (0: go on)."""
        earned = self.rate * (now - self._at)
        self._tokens = min(self._full, self._tokens + earned) - max(0.0, used - self._used)
        self._at, self._used = now, max(used, self._used)
        if self._tokens > 0 or not self.limited:
            return 0.0
        return PERIOD_S - self._tokens / self.rate  # back to one period's worth

    def check_in(self) -> float:
        """Seconds after which the bucket could be empty at the earliest."""
        if not self.limited:
            return LONGEST_CHECK_S
        soonest = self._tokens / min(self._cores, 2.0)
        return min(LONGEST_CHECK_S, max(SHORTEST_CHECK_S, soonest))


class Usage:
    """CPU time and memory of a set of processes that come and go."""

    def __init__(self) -> None:
        self._cpu: dict[int, float] = {}
        self.peak_bytes = 0

    def cpu_seconds(self, pids: list[int]) -> float:
        """CPU time of all processes ever seen; one that ended keeps its last figure."""
        for pid in pids:
            used = processes.cpu_seconds(pid)
            if used is not None:
                self._cpu[pid] = used
        return sum(self._cpu.values())

    def memory_bytes(self, pids: list[int], limit: int) -> int:
        """Memory of `pids` together, in bytes.

        Summed resident sizes count a page once for each process that shares it.
        That is quick and errs upwards, so near the limit the exact figure (PSS,
        milliseconds) decides.
        """
        total = sum(processes.resident_bytes(pid) for pid in pids)
        if total > limit and len(pids) > 1:
            total = sum(processes.proportional_bytes(pid) for pid in pids)
        self.peak_bytes = max(self.peak_bytes, total)
        return total

    def close(self, pids: list[int]) -> int:
        """The peak so far, from the kernel's own high-water marks where they are higher."""
        if len(pids) > 1:
            self.memory_bytes(pids, limit=0)
        for pid in pids:
            self.peak_bytes = max(self.peak_bytes, processes.peak_resident_bytes(pid))
        return self.peak_bytes
