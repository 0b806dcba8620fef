"""How many events of one function are tried at a time.

AWS says only that a queue with many entries is read more slowly when its function is throttled. Ours, all of it: begin with 50;
double every second in which events take long; after a throttle keep to as many as run, and one more a round while that goes well,
as TCP does. So a throttled function's events wait in the queue instead of being refused again and again.
"""

from __future__ import annotations

from dataclasses import dataclass

from lablib.models import limits

START = 50
TICK_S = 1.0


@dataclass
class Window:
    """Counts attempts.

    Attributes
    ----------
    size
        So many may run at a time; a fraction counts towards the next.
    narrow
        Whether a throttle was met.
    """

    size: float = START
    running: int = 0
    narrow: bool = False
    finished: int = 0  # since the last tick

    @property
    def open(self) -> bool:
        """Whether one more may begin."""
        return self.running < int(self.size)

    def begin(self) -> None:
        self.running += 1

    def end(self, *, refused: bool) -> None:
        """An attempt is over; `refused`: it was throttled, or the platform failed."""
        self.running -= 1
        if refused:
            self.narrow = True
            self.size = max(1.0, min(self.size, float(self.running)))
            return
        self.finished += 1
        if self.narrow:
            self._widen(self.size + 1 / self.size)

    def tick(self) -> None:
        """`TICK_S` have passed: where fewer ended than run, they take long, and more of them at a time help."""
        if not self.narrow and self.finished < self.running:
            self._widen(self.size * 2)
        self.finished = 0

    def _widen(self, size: float) -> None:
        self.size = min(size, float(limits.ACCOUNT_CONCURRENCY))
