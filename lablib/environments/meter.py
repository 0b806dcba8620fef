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
        self._at = self._used = self._waited = 0.0

    def begin(self, now: float, used: float, waited: float) -> None:
        """An invocation starts with a full bucket."""
        self._tokens, self._at, self._used, self._waited = self._full, now, used, waited

    def account(self, now: float, used: float, waited: float) -> float:
        """Book the CPU time used until `now`; seconds to stop for (0: go on).

        What is earned while the bucket is full is lost: a function that sleeps saves up
        nothing. But for the time it `waited` for a CPU that others had: on a busy machine
        it gets that later, as it would not have to wait on Lambda.
        """
        kept = self.rate * min(now - self._at, max(0.0, waited - self._waited))
        earned = self.rate * (now - self._at) - kept
        room = max(self._full, self._tokens)
        self._tokens = min(room, self._tokens + earned) + kept - max(0.0, used - self._used)
        self._at, self._used, self._waited = now, max(used, self._used), max(waited, self._waited)
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
        self._waits: dict[int, float] = {}
        self.peak_bytes = 0

    def cpu_seconds(self, pids: list[int]) -> float:
        """CPU time of all processes ever seen; one that ended keeps its last figure."""
        for pid in pids:
            used = processes.cpu_seconds(pid)
            if used is not None:
                self._cpu[pid] = used
        return sum(self._cpu.values())

    def waited_seconds(self, pids: list[int]) -> float:
        """Time that the processes were ready to run while others had the CPU, as `cpu_seconds` counts."""
        for pid in pids:
            self._waits[pid] = max(processes.waited_seconds(pid), self._waits.get(pid, 0.0))
        return sum(self._waits.values())

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
        # The exact figure takes milliseconds and is never more than the quick one: below the peak it tells nothing.
        if len(pids) > 1:
            self.memory_bytes(pids, limit=self.peak_bytes)
        for pid in pids:
            self.peak_bytes = max(self.peak_bytes, processes.peak_resident_bytes(pid))
        return self.peak_bytes
