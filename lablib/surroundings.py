"""What `start()` does to the process it runs in, so that boto3, `!aws` and any other SDK reach the local cloud and nothing else.

All of it is environment variables, because every SDK and every child process reads those. Nothing is restored afterwards:
an old cell must never suddenly speak to a real account.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator, MutableMapping

from lablib.local import Credentials

NOWHERE = "http://127.0.0.1:9"
"""An address of this machine at which nothing listens (port 9 is discard's): where requests go after `close`."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def point_at(url: str, region: str, credentials: Credentials, environ: MutableMapping[str, str] = os.environ) -> None:
    """Make the cloud at `url` the only AWS that this process and its children know.

    Every `AWS_*` variable goes, since each of them can win over what is set here: a profile, an endpoint per service,
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, a web identity. No variable's value is read or shown.
    """
    for name in [name for name in environ if name.upper().startswith("AWS_")]:
        del environ[name]
    environ.update(
        {
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ACCESS_KEY_ID": credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
            # Files that are always empty: a profile in ~/.aws could name an endpoint of its own.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            # StartSyncExecution is sent to "sync-" + host, which is no host of this machine.
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        }
    )
    # Some read one spelling and some the other; a proxy would take even requests to 127.0.0.1.
    proxied = f"{environ.get('NO_PROXY', '')},{environ.get('no_proxy', '')}".split(",")
    hosts = dict.fromkeys([host.strip() for host in proxied if host.strip()] + list(_LOOPBACK))
    environ["NO_PROXY"] = environ["no_proxy"] = ",".join(hosts)


def point_nowhere(environ: MutableMapping[str, str] = os.environ) -> None:
    """After `close`: the credentials stay this cloud's, and the address is one where nothing answers."""
    environ["AWS_ENDPOINT_URL"] = NOWHERE


def drop_default_session() -> None:
    """boto3 keeps its first session, with the credentials and the profile that it found then."""
    boto3 = sys.modules.get("boto3")
    if boto3 is not None:
        setattr(boto3, "DEFAULT_SESSION", None)


def clients_made_earlier(url: str) -> list[str]:
    """The services of boto3 clients (and resources) in this process that point elsewhere than `url`, sorted, each once.

    Found among the objects that the garbage collector tracks; empty, and free, when botocore is not loaded.
    """
    module = sys.modules.get("botocore.client")
    return [] if module is None else sorted(set(_services_elsewhere(module.BaseClient, url)))


def _services_elsewhere(client_class: type, url: str) -> Iterator[str]:
    for thing in gc.get_objects():
        # type() and not isinstance(): asking an arbitrary object for its __class__ may run its code.
        if issubclass(type(thing), client_class) and thing.meta.endpoint_url.rstrip("/") != url:
            yield str(thing.meta.service_model.service_name)
