"""`python -m lablib serve`: one cloud, from its first file to its last process."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import resource
import select
import signal
import socket
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lablib.cloud.memory import give_back
from lablib.cloud.moto_seam import keys
from lablib.cloud.offline import stay_offline
from lablib.cloud.workplace import Workplace
from lablib.environments import DataPlane, DataPlaneError, LogItem
from lablib.models import limits

if TYPE_CHECKING:
    from lablib.cloud.wiring import Cloud

# How long, in seconds, the end may take before it is forced: what the data plane takes at most (5 s), and a little.
LAST_SECONDS = 7.0
# While moto computes in its thread, the event loop waits this long for its turn; Python's own 5 ms would be most of an invocation.
SWITCH_SECONDS = 0.001
# How long whoever started us may take to say our credentials.
LIFELINE_SECONDS = 10.0
_MANY_FILES, _SOME_FILES = 65536, 10240


@dataclass(frozen=True)
class Options:
    """How a cloud is served.

    Attributes
    ----------
    port
        On 127.0.0.1; 0 picks a free one.
    credentials
        ``"own"``: only those that this cloud issued; ``"any"``: whoever asks.
    pending
        Seconds for which a new function stays Pending, and an update InProgress.
    account_concurrency
        Invocations at a time in the whole account.
    isolation
        ``"auto"``: namespaces where the machine has them; ``"off"``: never.
    lifeline
        A descriptor whose first line is JSON with this cloud's credentials, and whose end is the cloud's end.
    """

    port: int = 0
    region: str = "us-east-1"
    credentials: Literal["own", "any"] = "own"
    pending: float = 0.0
    account_concurrency: int = limits.ACCOUNT_CONCURRENCY
    isolation: Literal["auto", "off"] = "auto"
    cpu_share: bool = True
    lifeline: int | None = None


class StartFailed(Exception):
    """The cloud cannot start; the message is for the person who started it."""


def main(options: Options) -> int:
    """Serve a cloud until Ctrl-C, SIGTERM, `/_lab/shutdown` or the end of the lifeline; the process ends here with 0.

    Returns
    -------
    int
        1 when the cloud cannot start; a sentence on standard error says why.
    """
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    if theirs := forget_aws(os.environ):
        # The shell that reads our lines has most likely the same ones: a profile that is nowhere, another S3.
        print(f"unset {' '.join(theirs)}")
    give_back()
    _have_open_files()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        credentials = credentials_from(options.lifeline)
        listening = _listening(options.port)
        workplace = Workplace()
    except (StartFailed, OSError) as failed:
        print(f"The local cloud cannot start: {failed}", file=sys.stderr)
        return 1
    try:
        # moto keeps what is large in temporary files.
        tempfile.tempdir = str(workplace.folder)
        stay_offline()
        asyncio.run(_serve(options, listening, workplace, credentials))
    except DataPlaneError as failed:
        print(f"The local cloud cannot start: {failed}", file=sys.stderr)
        return 1
    finally:
        workplace.remove()
    # Nothing is left to do, and Python would take a second or two to take apart all that moto has loaded.
    sys.stdout.flush()
    os._exit(0)


def forget_aws(environ: dict[str, str] | os._Environ[str]) -> list[str]:
    """Remove what moto or botocore would read of a learner's own AWS set-up: keys, profiles, endpoints, configuration files.

    Returns
    -------
    list[str]
        The AWS variables that were there, by name.
    """
    found = [name for name in environ if name.startswith(("AWS_", "MOTO_", "BOTO_")) and name != "MOTO_DISABLE_GLOBAL_CORS"]
    for name in found:
        del environ[name]
    environ |= {
        "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    return sorted(name for name in found if re.fullmatch("AWS_[A-Za-z0-9_]+", name))


def credentials_from(lifeline: int | None) -> tuple[str, keys.Secret]:
    """The cloud's credentials: those in the lifeline's first line, else new ones.

    Raises
    ------
    StartFailed
        The lifeline says nothing that could be credentials.
    """
    if lifeline is None:
        access_key_id, secret_access_key = keys.new_access_key()
        return access_key_id, keys.Secret(secret_access_key)
    try:
        content = json.loads(_first_line(lifeline))
        return str(content["access_key_id"]), keys.Secret(str(content["secret_access_key"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise StartFailed("the first line of --lifeline is no JSON with access_key_id and secret_access_key.") from None


def _first_line(descriptor: int) -> bytes:
    line = b""
    deadline = time.monotonic() + LIFELINE_SECONDS
    while not line.endswith(b"\n"):
        readable, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        byte = os.read(descriptor, 1) if readable else b""
        if not byte:
            raise StartFailed("whoever started it with --lifeline ended, or said nothing for ten seconds.")
        line += byte
    return line


def _have_open_files() -> None:
    """As many as this user may have: a thousand environments have some thousands, and shells give 256 (macOS) or 1,024."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (_MANY_FILES, _SOME_FILES):
        if most != resource.RLIM_INFINITY:
            wanted = min(most, wanted)
        if now != resource.RLIM_INFINITY and now < wanted:
            with suppress(ValueError, OSError):  # macOS names no limit, and refuses more than its kernel has
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
                return


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port), backlog=128)
    except OSError as error:
        raise StartFailed(
            f"port {port} of 127.0.0.1 cannot be had ({os.strerror(error.errno or 0)}). Another program has it, or it is reserved; "
            "choose another with --port, or let --port 0 pick a free one."
        ) from None


def _listen_for_the_end(ended: asyncio.Event, lifeline: int | None) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)

    def on_lifeline(descriptor: int) -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            ended.set()

    if lifeline is not None:
        loop.add_reader(lifeline, on_lifeline, lifeline)


async def _serve(options: Options, listening: socket.socket, workplace: Workplace, credentials: tuple[str, keys.Secret]) -> None:
    ended = asyncio.Event()
    _listen_for_the_end(ended, options.lifeline)
    cloud: Cloud | None = None

    def on_log(environment: str, items: list[LogItem]) -> None:
        if cloud is not None:
            cloud.on_log(environment, items)

    def on_lost() -> None:
        if cloud is not None:
            cloud.on_lost()

    data_plane = DataPlane(
        workplace.folder, isolation=options.isolation, cpu_share=options.cpu_share, lifeline=options.lifeline,
        on_log=on_log, on_lost=on_lost,
    )  # fmt: skip
    try:
        starting = asyncio.ensure_future(data_plane.start())
        # One turn, in which the supervisor's process begins. It starts while the greater part of this one is loaded.
        await asyncio.sleep(0)
        from lablib.cloud.wiring import Cloud

        cloud = Cloud(options, listening, workplace.folder, data_plane, credentials, ended)
        await cloud.run(starting)
    finally:
        _end_at_last()
        if cloud is not None:
            await cloud.close()
        await data_plane.close()


def _end_at_last() -> None:
    """Python waits for every thread at its end, and one of moto's may be asleep. The janitor removes what is left then."""
    forced = threading.Timer(LAST_SECONDS, os._exit, [0])
    forced.daemon = True
    forced.start()
