"""The configuration of function URLs: a function has at most one, and each of its aliases one more."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Where this cloud's function URLs are: http://127.0.0.1:PORT/_aws/lambda-url/ID/.
URL_PATH = "/_aws/lambda-url/"

_LETTERS = string.ascii_lowercase + string.digits


@dataclass(frozen=True)
class FunctionUrl:
    """One function URL at one moment.

    Attributes
    ----------
    id
        32 letters and digits, as in AWS's ``https://ID.lambda-url.REGION.on.aws/``.
    arn
        Of the function, or of the alias that the URL is for.
    cors
        As it was given; empty without.
    created, modified
        On the cloud's clock, in the API's form.
    """

    id: str
    arn: str
    auth_type: str
    invoke_mode: str
    cors: Mapping[str, Any]
    created: str
    modified: str

    def url(self, base_url: str) -> str:
        """Its address in this cloud, which the caller reaches at `base_url`."""
        return f"{base_url}{URL_PATH}{self.id}/"


def new_id() -> str:
    """An id for a new URL."""
    return "".join(secrets.choice(_LETTERS) for _ in range(32))
