"""`python -m lablib serve`: one cloud, from its first file to its last process."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import select
import shlex
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lablib.cloud.api import LambdaService
from lablib.cloud.api.neighbours import from_moto
from lablib.cloud.auth import Authority
from lablib.cloud.clock import Clock
from lablib.cloud.code import CodeStore
from lablib.cloud.control import Control
from lablib.cloud.front import Front
from lablib.cloud.functions import Functions, FunctionVersion
from lablib.cloud.invocation import Invoker
from lablib.cloud.listener import Listener
from lablib.cloud.logs import LogBook
from lablib.cloud.memory import give_back
from lablib.cloud.moto_seam import clockwork, engine, keys, roles
from lablib.cloud.moto_seam import logs as moto_logs
from lablib.cloud.offline import stay_offline
from lablib.cloud.placement import Placement
from lablib.cloud.polls import Polls
from lablib.cloud.variables import variables
from lablib.cloud.workplace import Workplace, remove_tree
from lablib.environments import DataPlane, DataPlaneError

log = logging.getLogger("lablib.cloud")

# How long, in seconds, the end may take before it is forced: what the data plane takes at most (5 s), and a little.
LAST_SECONDS = 7.0
# While moto computes in its thread, the event loop waits this long for its turn; Python's own 5 ms would be most of an invocation.
SWITCH_SECONDS = 0.001
# How long whoever started us may take to say our credentials.
LIFELINE_SECONDS = 10.0


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
    isolation
        ``"auto"``: namespaces where the machine has them; ``"off"``: never.
    lifeline
        A descriptor whose first line is JSON with this cloud's credentials, and whose end is the cloud's end.
    """

    port: int = 0
    region: str = "us-east-1"
    credentials: Literal["own", "any"] = "own"
    pending: float = 0.0
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
    forget_aws(os.environ)
    give_back()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        access_key_id, secret = credentials_from(options.lifeline)
        listener = _listener(options.port)
        workplace = Workplace()
    except (StartFailed, OSError) as failed:
        print(f"The local cloud cannot start: {failed}", file=sys.stderr)
        return 1
    try:
        # moto keeps what is large in temporary files.
        tempfile.tempdir = str(workplace.folder)
        stay_offline()
        asyncio.run(Cloud(options, listener, workplace, access_key_id, secret).run())
    except DataPlaneError as failed:
        print(f"The local cloud cannot start: {failed}", file=sys.stderr)
        return 1
    finally:
        workplace.remove()
    # Nothing is left to do, and Python would take a second or two to take apart all that moto has loaded.
    sys.stdout.flush()
    os._exit(0)


def forget_aws(environ: dict[str, str] | os._Environ[str]) -> None:
    """Remove what moto or botocore would read of a learner's own AWS set-up: keys, profiles, endpoints, configuration files."""
    for name in list(environ):
        if name.startswith(("AWS_", "MOTO_", "BOTO_")) and name != "MOTO_DISABLE_GLOBAL_CORS":
            del environ[name]
    environ |= {
        "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip


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


def _listener(port: int) -> Listener:
    try:
        return Listener(port)
    except OSError as error:
        raise StartFailed(
            f"port {port} of 127.0.0.1 cannot be had ({error.strerror}). Another program has it, or it is reserved; "
            "choose another with --port, or let --port 0 pick a free one."
        ) from None


def _end_at_last() -> None:
    """Python waits for every thread at its end, and one of moto's may be asleep. The janitor removes what is left then."""
    forced = threading.Timer(LAST_SECONDS, os._exit, [0])
    forced.daemon = True
    forced.start()


class Cloud:
    """Everything of one cloud, wired together."""

    def __init__(
        self, options: Options, listener: Listener, workplace: Workplace, access_key_id: str, secret: keys.Secret
    ) -> None:
        self._options = options
        self._listener = listener
        self._folder = workplace.folder
        self._credentials = access_key_id, secret
        self._url = f"http://127.0.0.1:{listener.port}"
        self._facts: dict[str, Any] = {}
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Serve until something says to end, and leave nothing behind."""
        self._listen_for_the_end()
        engine.configure(region=self._options.region, port=self._listener.port)
        self._build()
        try:
            self._facts = dict(await self._data_plane.start())
            self._listener.serve(self._front.answer)
            self._say_ready()
            loading = asyncio.ensure_future(engine.call(engine.preload))
            loading.add_done_callback(_settle_memory)
            await self._ended.wait()
        finally:
            await self._close()

    def _build(self) -> None:
        options, region = self._options, self._options.region
        self._clock = Clock()
        clockwork.follow(self._clock.now)
        self._logbook = LogBook(lambda group, stream, lines: engine.call(moto_logs.put, group, stream, lines))
        self._clock.before_moving(self._logbook.flush)
        self._data_plane = DataPlane(
            self._folder, isolation=options.isolation, cpu_share=options.cpu_share, lifeline=options.lifeline,
            on_log=lambda environment, items: self._invoker.on_log(environment, items),
            on_lost=self._on_lost,
        )  # fmt: skip
        self._functions = Functions(
            CodeStore(self._folder / "code"), self._clock, account_id=engine.ACCOUNT, region=region, pending=options.pending
        )
        self._placement = Placement(self._data_plane, self._clock, self._variables)
        self._functions.on_change(self._changed)
        self._invoker = Invoker(self._data_plane, self._placement, self._clock, self._logbook, region=region)
        self._polls = Polls(self._clock)
        any_key = options.credentials == "any"
        self._front = Front(
            authority=None if any_key else Authority(*self._credentials, self._clock.now),
            functions=LambdaService(self._functions, self._invoker, from_moto()),
            door=Control(self._clock, reset=self._reset, shutdown=self._ended.set, facts=self._doctor),
            polls=self._polls,
            flush_logs=self._logbook.flush,
        )

    async def _variables(self, version: FunctionVersion, log_stream: str) -> dict[str, str]:
        credentials = await engine.call(roles.assume, version.role, version.name)
        return variables(version, log_stream, credentials, region=self._options.region, endpoint=self._url)

    def _on_lost(self) -> None:
        """The supervisor was killed, and could not remove its folder. The next invocation starts another, with another folder."""
        self._placement.lost()
        left = list(self._folder.glob("data-plane-*"))
        self._clearing = asyncio.gather(*(asyncio.to_thread(remove_tree, folder) for folder in left))

    def _changed(self, name: str) -> None:
        kept = {version.generation for version in self._functions.function(name)} if name in self._functions else set()
        self._placement.changed(name, kept)

    def _doctor(self) -> Mapping[str, Any]:
        return {
            "url": self._url, "region": self._options.region, "credentials": self._options.credentials,
            "functions": len(self._functions), "waiting_polls": self._polls.waiting, **self._facts,
        }  # fmt: skip

    async def _reset(self) -> None:
        """An empty cloud again, at the same address, on real time."""
        await self._invoker.reset()
        self._functions.reset()
        await self._logbook.reset()
        keys.forget()
        await engine.call(engine.reset)
        self._clock.reset()
        self._polls.wake()

    def _listen_for_the_end(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._ended.set)
        if self._options.lifeline is not None:
            loop.add_reader(self._options.lifeline, self._on_lifeline, self._options.lifeline)

    def _on_lifeline(self, descriptor: int) -> None:
        if not os.read(descriptor, 4096):
            asyncio.get_running_loop().remove_reader(descriptor)
            self._ended.set()

    def _say_ready(self) -> None:
        access_key_id, secret = self._credentials
        exported = {
            "AWS_ENDPOINT_URL": self._url,
            "AWS_ACCESS_KEY_ID": access_key_id,
            "AWS_SECRET_ACCESS_KEY": secret.secret_access_key,
            "AWS_REGION": self._options.region,
            "AWS_DEFAULT_REGION": self._options.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1,localhost",
        }
        for name, value in exported.items():
            print(f"export {name}={shlex.quote(value)}")
        print(f"ready {self._url}", flush=True)

    async def _close(self) -> None:
        _end_at_last()
        await self._listener.close()
        await self._data_plane.close()
        engine.close()


def _settle_memory(loading: asyncio.Future[None]) -> None:
    """What is loaded by now stays: later collections need not look at it."""
    if not loading.cancelled() and loading.exception() is not None:
        log.error("moto did not load", exc_info=loading.exception())
    gc.freeze()
