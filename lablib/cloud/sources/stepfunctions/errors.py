"""What Step Functions refuses."""

from __future__ import annotations


class StatesError(Exception):
    """An error of Step Functions' API; all of them are answered with status 400, but for ``NotImplemented``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
