"""Where a public address of the cloud is for the learner's browser, which may be on another machine than the kernel."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from lablib.errors import LabError

_AWS_HOST = re.compile(r"([a-z0-9]+)\.(lambda-url|execute-api)\.[a-z0-9-]+\.(?:on\.aws|amazonaws\.com)", re.IGNORECASE)
"""A function URL's host and an API's, as AWS names them."""


class Link(str):
    """An address; a notebook shows it as a link."""

    def _repr_html_(self) -> str:
        address = html.escape(self)
        return f'<a href="{address}" target="_blank" rel="noopener">{address}</a>'


def in_the_browser(address: str, cloud: str, environment: Mapping[str, str]) -> Link:
    """The address under which the learner's browser reaches what `address` names.

    On JupyterHub, and so on Binder, that goes through jupyter-server-proxy, which is part of the learner's own server and asks
    for the learner's own login. Elsewhere, and of an address that is not this cloud's, it is the address itself. An address under
    AWS's name for it (``https://API.execute-api.REGION.amazonaws.com/STAGE/``, which no answer about a REST API spells out) is
    this cloud's.

    Parameters
    ----------
    address
        As AWS's API returned it, or as AWS's documentation puts it together.
    cloud
        Where the local cloud answers: ``http://127.0.0.1:PORT``.
    environment
        The kernel's: ``JUPYTERHUB_SERVICE_PREFIX`` says where the learner's server is on the hub, ``JUPYTERHUB_PUBLIC_URL``
        (since JupyterHub 5, where its administrator has said it) the whole address. Without the second the result begins with
        ``/``: a link in the notebook leads there, and code in another place needs the hub's name in front.

    Raises `LabError` for what is no address.
    """
    if not isinstance(address, str) or not address.startswith(("http://", "https://")):
        raise LabError(f"lab.url takes an address that begins with http, such as a FunctionUrl or an ApiEndpoint; got {address!r}.")
    address = _here(address, cloud)
    prefix = environment.get("JUPYTERHUB_SERVICE_PREFIX")
    ours, given = urlsplit(cloud), urlsplit(address)
    if not prefix or given.netloc != ours.netloc:
        return Link(address)
    server = environment.get("JUPYTERHUB_PUBLIC_URL") or prefix
    inside = given.path.lstrip("/") + (f"?{given.query}" if given.query else "")
    return Link(f"{server.rstrip('/')}/proxy/{ours.port}/{inside}")


def _here(address: str, cloud: str) -> str:
    """The cloud's own address for AWS's name; any other address as it is."""
    given = urlsplit(address)
    match = _AWS_HOST.fullmatch(given.netloc)
    if match is None:
        return address
    query = f"?{given.query}" if given.query else ""
    return f"{cloud.rstrip('/')}/_aws/{match[2].lower()}/{match[1].lower()}{given.path or '/'}{query}"
