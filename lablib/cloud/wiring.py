"""Everything of one cloud, wired together.

Loading this loads botocore and tornado, which takes longer than anything else at the start: `lablib.cloud.server` does it while
the supervisor starts.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import shlex
import socket
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Any

from lablib.cloud.access import execution, principals
from lablib.cloud.access.gate import Gate
from lablib.cloud.api import LambdaService
from lablib.cloud.api.neighbours import from_moto
from lablib.cloud.arrivals import Arrivals
from lablib.cloud.asynchronous.neighbours import Services
from lablib.cloud.asynchronous.queue import AsyncQueue
from lablib.cloud.asynchronous.recursion import Chains
from lablib.cloud.authentication.authority import Authority
from lablib.cloud.clock import Clock
from lablib.cloud.control import Control
from lablib.cloud.front import Front
from lablib.cloud.functions import Functions, FunctionVersion
from lablib.cloud.functions.code import CodeStore
from lablib.cloud.invocation import Invoker
from lablib.cloud.listener import Listener
from lablib.cloud.moto_seam import clockwork, engine, journals, keys, queues
from lablib.cloud.moto_seam import logs as moto_logs
from lablib.cloud.moto_seam import metrics as moto_metrics
from lablib.cloud.polls import Polls
from lablib.cloud.scaling.concurrency import Concurrency
from lablib.cloud.scaling.placement import Placement
from lablib.cloud.scaling.provisioned import Environments, Provisioning
from lablib.cloud.scaling.snapshots import Snapshots
from lablib.cloud.server import Options
from lablib.cloud.sources.calling import Caller
from lablib.cloud.sources.context import SourceContext
from lablib.cloud.sources.wiring import EventSources
from lablib.cloud.telemetry.logs import LogBook, may_write
from lablib.cloud.telemetry.metrics import Metrics
from lablib.cloud.variables import variables
from lablib.environments import DataPlane, LogItem

log = logging.getLogger("lablib.cloud")


class Cloud:
    """One cloud.

    Parameters
    ----------
    listening
        The socket that it answers on.
    folder
        Where it keeps its files.
    credentials
        The cloud's own: an access key id and its secret.
    ended
        Set when the cloud is to end.
    """

    def __init__(
        self, options: Options, listening: socket.socket, folder: Path, data_plane: DataPlane,
        credentials: tuple[str, keys.Secret], ended: asyncio.Event,
    ) -> None:  # fmt: skip
        self._options = options
        self._listener = Listener(listening)
        self._data_plane = data_plane
        self._credentials = credentials
        self._url = f"http://127.0.0.1:{self._listener.port}"
        self._facts: dict[str, Any] = {}
        self._ended = ended
        self._resetting = asyncio.Lock()
        engine.configure(region=options.region, port=self._listener.port)
        self._build(folder)

    async def run(self, starting: Awaitable[Mapping[str, Any]]) -> None:
        """Serve from when the data plane has started, with the facts that it then tells, until something says to end."""
        self._facts = dict(await starting)
        if self._ended.is_set():
            return
        self._listener.serve(self._front.answer)
        self._say_ready()
        loading = asyncio.ensure_future(engine.call(engine.preload))
        loading.add_done_callback(_settle_memory)
        await self._ended.wait()

    async def close(self) -> None:
        """Answer nobody any more."""
        await self._listener.close()
        await self._sources.reset()
        await self._events.reset()
        engine.close()

    def _build(self, folder: Path) -> None:
        options, region = self._options, self._options.region
        self._clock = Clock()
        clockwork.follow(self._clock.now)
        self._authority = Authority(*self._credentials, self._clock.now) if options.credentials == "own" else None
        self._logbook = LogBook(
            lambda group, stream, lines: engine.call(moto_logs.put, group, stream, lines), self._may_log
        )
        self._clock.before_moving(self._logbook.flush)
        self._clock.before_resting(self._logbook.flush)  # somebody may subscribe to what was logged
        self._metrics = Metrics(self._clock, lambda points: engine.call(moto_metrics.put, points))
        self._functions = Functions(
            CodeStore(folder / "code"), self._clock, account_id=engine.ACCOUNT, region=region, pending=options.pending
        )
        self._concurrency = Concurrency(options.account_concurrency)
        self._placement = Placement(self._data_plane, self._clock, self._variables, self._concurrency)
        self._functions.packages.in_use = self._placement.runs_from
        self._provisioning = self._provisioned_concurrency()
        self._snapshots = Snapshots(
            self._functions, self._clock, self._placement.start, self._data_plane.initialized, self._placement.end
        )
        self._placement.snapshot_of = self._snapshots.of
        self._functions.on_change(self._changed)
        self._invoker = Invoker(
            self._data_plane, self._placement, self._clock, self._logbook, self._metrics, region=region
        )
        self._invoker.on_snapshot_lost = self._snapshots.forget
        self._arrivals = Arrivals(asyncio.get_running_loop())
        queues.on_arrival = journals.on_change = self._arrivals.tell
        self._polls = Polls(self._clock, self._arrivals)
        chains = Chains(self._functions, self._metrics, self._clock.now)
        services = Services(principals.role_allows)
        self._events = AsyncQueue(self._functions, self._invoker, self._clock, self._metrics, chains, services)
        self._sources = EventSources(self._source_context(Caller(self._functions, self._invoker, self._events, chains)))
        self._front = self._front_to(LambdaService(
            self._functions, self._invoker, self._events, chains, from_moto(), self._concurrency, self._provisioning,
            self._sources.mappings,
        ))  # fmt: skip

    def _source_context(self, caller: Caller) -> SourceContext:
        return SourceContext(
            asyncio.get_running_loop(), caller, self._functions, self._clock, self._metrics, self._concurrency, self._url,
            engine.ACCOUNT, self._options.region, principals.role_allows, self._arrivals,
            self._authority,
        )  # fmt: skip

    def _front_to(self, service: LambdaService) -> Front:
        return Front(
            authority=self._authority,
            gate=Gate(self._functions, service.wire, self._clock.now),
            functions=service,
            sources=self._sources,
            door=Control(self._clock, reset=self._reset, shutdown=self._ended.set, facts=self._doctor),
            polls=self._polls,
            flush_logs=self._logbook.flush,
            flush_metrics=self._flush_metrics,
        )

    def _provisioned_concurrency(self) -> Provisioning:
        placement = self._placement
        made = Environments(placement.start, self._data_plane.initialized, placement.offer, placement.retire)
        provisioning = Provisioning(self._functions, self._concurrency, made, self._clock)
        placement.on_failed = provisioning.failed
        return provisioning

    async def _variables(self, version: FunctionVersion, log_stream: str) -> dict[str, str]:
        credentials = await execution.credentials(version)
        return variables(version, log_stream, credentials, region=self._options.region, endpoint=self._url)

    async def _may_log(self, role: str, group: str) -> bool:
        arn = f"arn:aws:logs:{self._options.region}:{engine.ACCOUNT}:log-group:{group}"
        return await may_write(
            role, group, arn, principals.role_allows, lambda group: engine.call(moto_logs.exists, group)
        )

    async def _flush_metrics(self) -> None:
        await engine.call(moto_metrics.correct_cloudwatch)
        await self._metrics.flush()

    def on_log(self, environment: str, items: list[LogItem]) -> None:
        """What an environment of the data plane says."""
        self._invoker.on_log(environment, items)

    def on_lost(self) -> None:
        """The data plane has lost every environment."""
        self._placement.lost()
        self._provisioning.lost()
        self._snapshots.lost()

    def _changed(self, name: str) -> None:
        kept = self._functions.generations(name)
        self._placement.changed(name, kept)
        self._provisioning.changed(name)
        self._snapshots.changed(name)

    def _doctor(self) -> Mapping[str, Any]:
        return {
            "url": self._url, "region": self._options.region, "credentials": self._options.credentials,
            "functions": len(self._functions), "waiting_polls": self._polls.waiting, **self._facts,
        }  # fmt: skip

    async def _reset(self) -> None:
        """An empty cloud again, at the same address, on real time."""
        async with self._resetting, self._front.held():
            await self._empty()

    async def _empty(self) -> None:
        self._provisioning.reset()
        self._snapshots.reset()
        await self._sources.reset()
        await self._events.reset()
        await self._invoker.reset()
        self._functions.reset()
        await self._events.reset()
        await self._invoker.reset()  # of what came while the first one waited
        await self._logbook.reset()
        await self._metrics.reset()
        keys.forget()
        await engine.call(engine.reset)
        await self._sources.reset()  # of what came meanwhile
        principals.forget()
        self._concurrency.reset()
        self._clock.reset()
        self._arrivals.tell_all()

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
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            # Some programs read one spelling and some the other.
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }
        for name, value in exported.items():
            print(f"export {name}={shlex.quote(value)}")
        print(f"ready {self._url}", flush=True)


def _settle_memory(loading: asyncio.Future[None]) -> None:
    """What is loaded by now stays: later collections need not look at it."""
    if not loading.cancelled() and loading.exception() is not None:
        log.error("moto did not load", exc_info=loading.exception())
    gc.freeze()
