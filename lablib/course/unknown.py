"""The error for an id that the course does not have."""

from __future__ import annotations

from collections.abc import Iterable


class UnknownName(LookupError):
    """A picture, prediction, quiz or answer that does not exist; the text names those that do.

    In a notebook it shows as that sentence alone: IPython calls `_render_traceback_` in place of printing the frames
    inside lablib, which a learner did not write.
    """

    def __init__(self, what: str, name: object, known: Iterable[str]) -> None:
        super().__init__(f"There is no {what} {name!r}; there is {', '.join(sorted(known))}.")

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]
