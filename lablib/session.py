"""The one lab of this process: its start, its start over, its end."""

from __future__ import annotations

import atexit
import os
import sys
from typing import Any

from lablib import surroundings
from lablib.errors import BackendNotAvailable, CloudDidNotStart, CloudIsGone, LabError
from lablib.lab import Lab
from lablib.local import LocalCloud, launch

_lab: Lab | None = None


def start(
    region: str = "us-east-1", backend: str | None = None, *, isolation: str = "auto", cpu_share: bool = True,
    account_concurrency: int | None = None,
) -> Lab:  # fmt: skip
    """Start the local cloud, or empty the one that runs, and make it the only AWS that this process knows.

    Every `AWS_*` variable of this process is removed first; credentials, profiles, endpoints and proxies found in the
    environment are neither used nor shown. Called again, it keeps the cloud's address and credentials.

    Parameters
    ----------
    region : the cloud's region.
    backend : ``"local"``. ``"aws"``, here or as LAB_BACKEND, is refused until labs can run there.
    isolation : ``"off"`` runs functions as on a machine without user namespaces.
    cpu_share : False gives every function a whole core, whatever its memory.
    account_concurrency : invocations at a time in the whole account; 1,000 as on AWS, unless this says otherwise.

    Raises `BackendNotAvailable`, `CloudDidNotStart`; `LabError` for an argument that is none of these.

    Examples
    --------
    >>> import lablib
    >>> lab = lablib.start()  # doctest: +SKIP
    """
    global _lab
    _refuse_other_backends(backend)
    options = _options(isolation, cpu_share, account_concurrency)
    if _lab is not None and not _lab.closed:
        print(f"{_start_over(_lab, region, options)}: your functions are gone, run their cells again.")
        where = "Functions"
    else:
        # boto3 takes as long to load as the cloud to start: both at once.
        _lab = Lab(launch(region, options=options, meanwhile=_load_boto3), options)
        where = "A local cloud is ready: functions"
        atexit.register(_lab.close)
    cloud = _lab.cloud
    surroundings.point_at(cloud.url, cloud.region, cloud.credentials)
    surroundings.drop_default_session()
    _load_magics()
    print(f"{where} run on this machine, in region {cloud.region}. No AWS account is used and nothing is billed.")
    if elsewhere := surroundings.clients_made_earlier(cloud.url):
        print(f"Clients made before this still point where they did; make them again: {', '.join(elsewhere)}.")
    return _lab


def _options(isolation: str, cpu_share: bool, account_concurrency: int | None) -> tuple[str, ...]:
    """What of `start`'s arguments `serve` gets."""
    if isolation not in ("auto", "off"):
        raise LabError(f'isolation is "auto" or "off", and not {isolation!r}.')
    options = ["--isolation", "off"] if isolation == "off" else []
    if not cpu_share:
        options.append("--no-cpu-share")
    if account_concurrency is not None:
        if type(account_concurrency) is not int or account_concurrency < 1:
            raise LabError(f"account_concurrency is a number of invocations, 1 or more, and not {account_concurrency!r}.")
        options += ["--account-concurrency", str(account_concurrency)]
    return tuple(options)


def _refuse_other_backends(backend: str | None) -> None:
    asked = backend or os.environ.get("LAB_BACKEND") or "local"
    if asked == "aws":
        raise BackendNotAvailable(
            "Running a lab on a real AWS account comes in a later version. For the local cloud, call lablib.start() "
            'without backend="aws" and with LAB_BACKEND unset.'
        )
    if asked != "local":
        raise BackendNotAvailable(f'There is no backend "{asked}". lablib.start() runs a lab on the local cloud.')


def _start_over(lab: Lab, region: str, options: tuple[str, ...]) -> str:
    """Empty the lab's cloud, or put another in its place when it died or another kind is asked for."""
    old = lab.cloud
    if old.alive and (old.region, lab.options) == (region, options):
        try:
            lab.reset()
            return "The local cloud is empty again"
        except CloudIsGone:
            said = "The local cloud had stopped answering; another one is ready"
    elif old.alive:
        said = "Another local cloud is ready"
    else:
        said = "The local cloud had ended; another one is ready"
    old.close()
    lab.use(_launch_in_place_of(old, region, options), options)
    return said


def _launch_in_place_of(old: LocalCloud, region: str, options: tuple[str, ...]) -> LocalCloud:
    """A new cloud with the old one's credentials and, unless somebody took it, its address: old clients go on working."""
    port = int(old.url.rsplit(":", 1)[1])
    try:
        return launch(region, credentials=old.credentials, port=port, options=options)
    except CloudDidNotStart:
        return launch(region, credentials=old.credentials, options=options)


def _load_boto3() -> None:
    import boto3  # noqa: F401


def _load_magics() -> None:
    """In IPython, make `%%lambda_function` known; elsewhere nothing, and IPython is not loaded for it."""
    if "IPython" in sys.modules:
        from IPython import get_ipython

        shell: Any = get_ipython()
        if shell is not None:
            from lablib import magics

            magics.load(shell)


def current() -> Lab | None:
    """The lab that `start` made in this process, if it is still open."""
    return _lab if _lab is not None and not _lab.closed else None
