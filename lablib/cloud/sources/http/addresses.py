"""The public addresses of this cloud: function URLs and APIs, under its own name and under AWS's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from lablib.cloud.functions.urls import URL_PATH

# Where this cloud's APIs are: http://127.0.0.1:PORT/_aws/execute-api/API/, and then a stage or a path.
API_PATH = "/_aws/execute-api/"

_AWS_HOST = re.compile(r"([a-z0-9]+)\.(lambda-url|execute-api)\.[a-z0-9-]+\.(?:on\.aws|amazonaws\.com)(?::\d+)?")


class Kind(Enum):
    """What is at an address."""

    URL = "lambda-url"
    API = "execute-api"


@dataclass(frozen=True)
class Address:
    """What a request is addressed to.

    Attributes
    ----------
    id
        Of the function URL or the API.
    path
        What follows, as it arrived: percent-encoded, and beginning with a slash. An API's stage is still in it.
    """

    kind: Kind
    id: str
    path: str

    def domain(self, region: str) -> str:
        """The host's name on AWS."""
        return f"{self.id}.{self.kind.value}.{region}.{'on.aws' if self.kind is Kind.URL else 'amazonaws.com'}"


def address_of(path: str, headers: Mapping[str, str]) -> Address | None:
    """The public address that a request is for; None for any other request.

    Parameters
    ----------
    path
        As it arrived, without the query.
    """
    if path.startswith("/_aws/"):
        for kind, prefix in ((Kind.URL, URL_PATH), (Kind.API, API_PATH)):
            if path.startswith(prefix):
                name, _, rest = path[len(prefix) :].partition("/")
                return Address(kind, name, "/" + rest)
        return None
    host = headers.get("Host", "").lower()
    if ".lambda-url." not in host and ".execute-api." not in host:
        return None
    match = _AWS_HOST.fullmatch(host)
    return Address(Kind(match[2]), match[1], path) if match is not None else None
