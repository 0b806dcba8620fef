"""Machines for SnapStart: one whose processes are a snapshot, and those whose processes are restored from it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

from lablib.environments import processes
from lablib.environments.folders import remove_tree
from lablib.environments.host import Host
from lablib.environments.machine import Machine
from lablib.environments.runtimes import Runtime
from lablib.environments.snapshot import Snapshot
from lablib.environments.spawning import Spawner
from lablib.environments.spec import EnvironmentSpec, SnapshotLost


class SnapshotMachine(Machine):
    """Its processes go through INIT, and then wait to be restored from.

    Without namespaces the restored environments' /tmp are beside its own: where Landlock
    lets their processes write was settled before the snapshot's first.
    """

    def __init__(
        self, spec: EnvironmentSpec, host: Host, spawner: Spawner, runtime: Runtime, folder: Path,
        on_log: Callable[[list[str]], None],
    ) -> None:  # fmt: skip
        super().__init__(spec, host, spawner, runtime, folder, on_log)
        self.tmp = folder / "tmp" / "snapshot"
        self.snapshot = Snapshot(lambda: self._put(("snapshot", None)), self._lost, namespaces=host.namespaces)

    def _launch(self) -> None:
        self._spawner.start(self._plan(), self.log.write_fd, self._on_message, self.snapshot.control)
        self.snapshot.started()

    def _lost(self) -> None:
        """Without namespaces the kernel ends what was restored; with them it is in the snapshot's, which end now."""
        if self._init:
            processes.send([self._init], signal.SIGKILL)

    async def close(self) -> None:
        """Once nobody is left who was restored: an invocation of a version that was deleted runs to its end."""
        await self.snapshot.unused()
        self.snapshot.close()
        await super().close()


class RestoredMachine(Machine):
    """Its processes are forked from a snapshot's. After a failure they are restored again, with the snapshot's /tmp."""

    def __init__(
        self, spec: EnvironmentSpec, host: Host, spawner: Spawner, runtime: Runtime, folder: Path,
        on_log: Callable[[list[str]], None], origin: Machine,
    ) -> None:  # fmt: skip
        super().__init__(spec, host, spawner, runtime, folder, on_log)
        if not isinstance(origin, SnapshotMachine):
            raise SnapshotLost("it is no snapshot that the environment is to be restored from")
        self._origin = origin
        self.tmp = origin.tmp.parent / spec.id

    def _launch(self) -> None:
        if self._init:
            processes.send([self._init], signal.SIGKILL)
            self._init = 0
        snapshot = self._origin.snapshot
        snapshot.forget(self._spec.id)
        remove_tree(self.tmp)
        order = {
            "environ": {**self._changed(), "AWS_LAMBDA_RUNTIME_API": self.api.address},
            "tmp": str(self.tmp), "tmp_mb": self._spec.ephemeral_mb, "snapshot_tmp": None,
        }  # fmt: skip
        if not self._host.namespaces:
            self.tmp.mkdir()
            if any(self._origin.tmp.iterdir()):
                order["snapshot_tmp"] = str(self._origin.tmp)
        snapshot.restore(self._spec.id, order, self.log.write_fd, self._on_message)

    def _changed(self) -> dict[str, str]:
        """Variables that are not the snapshot's: the credentials. (Lambda gives those of SnapStart through an endpoint.)"""
        before = self._origin.spec.environ
        return {
            name: value for name, value in self._spec.environ.items()
            if before.get(name) != value and name != "AWS_LAMBDA_LOG_STREAM_NAME"
        }  # fmt: skip

    def _strays(self) -> list[int]:
        """Without those that have ended: the snapshot's process reaps them later."""
        return [pid for pid in super()._strays() if processes.runs(pid)]

    def _of_strays(self) -> tuple[int, str]:
        return self._origin.snapshot.pid, self.api.address

    async def close(self) -> None:
        await super().close()
        self._origin.snapshot.forget(self._spec.id)
        await asyncio.to_thread(remove_tree, self.tmp)
