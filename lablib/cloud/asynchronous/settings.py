"""A function's event invoke configuration: retries, ages and destinations of one of its qualifiers."""

from __future__ import annotations

from dataclasses import dataclass

from lablib.models import limits


@dataclass(frozen=True)
class EventInvokeConfig:
    """How events for one qualifier of a function are handled.

    Attributes
    ----------
    maximum_retries, maximum_age_s
        None where nobody set them: then Lambda's defaults hold.
    on_success, on_failure
        ARNs of destinations.
    last_modified
        Seconds since 1970 on the cloud's clock; 0 for the defaults.
    """

    maximum_retries: int | None = None
    maximum_age_s: int | None = None
    on_success: str | None = None
    on_failure: str | None = None
    last_modified: float = 0.0

    @property
    def retries(self) -> int:
        return limits.ASYNC_RETRIES.default if self.maximum_retries is None else self.maximum_retries

    @property
    def age_s(self) -> int:
        return limits.ASYNC_EVENT_AGE_S.default if self.maximum_age_s is None else self.maximum_age_s


DEFAULTS = EventInvokeConfig()
