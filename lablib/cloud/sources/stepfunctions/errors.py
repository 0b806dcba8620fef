"""What Step Functions refuses."""

from __future__ import annotations


class StatesError(Exception):
    """An error of Step Functions' API; all of them are answered with status 400, but for ``NotImplemented``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def emptied() -> StatesError:
    """What a request gets that waits for something when the cloud is emptied."""
    return StatesError("ServiceUnavailableException", "The cloud was emptied while this request waited.")
