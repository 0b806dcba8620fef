"""Processes of the host: find, stop, continue, kill and measure them.

On Linux everything is read from ``/proc`` (a few microseconds each); elsewhere
psutil, which every Jupyter environment has, answers the same questions.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

LINUX = sys.platform == "linux"
_PR_SET_CHILD_SUBREAPER = 36
_PF_EXITING = 0x4  # of the flags in /proc/PID/stat (linux/sched.h)
_PAGE = os.sysconf("SC_PAGE_SIZE")


def children(pid: int) -> list[int]:
    """Direct children of every thread of `pid` (a child belongs to the thread that made it)."""
    found: list[int] = []
    if not LINUX:
        return _children_elsewhere(pid, recursive=False)
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                found.extend(int(child) for child in file.read().split())
    except (FileNotFoundError, ProcessLookupError):
        pass  # it ended while we looked
    return found


def descendants(pid: int) -> list[int]:
    """Every process below `pid`, parents before their children."""
    if not LINUX:
        return _children_elsewhere(pid, recursive=True)
    found: list[int] = []
    todo = [pid]
    while todo:
        below = children(todo.pop())
        found += below
        todo += below
    return found


def _children_elsewhere(pid: int, *, recursive: bool) -> list[int]:
    import psutil  # type: ignore[import-untyped]

    try:
        return [child.pid for child in psutil.Process(pid).children(recursive)]
    except psutil.NoSuchProcess:
        return []


def carries(pid: int, mark: str) -> bool:
    """Whether the environment of `pid` holds `mark`; no, once it is gone."""
    if not LINUX:
        return pid in _marked_elsewhere(mark)
    try:
        return mark.encode() in Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False  # another user's, or already gone


def marked(marks: Iterable[str]) -> list[int]:
    """Processes of ours whose environment holds one of `marks`, wherever they hang in the tree."""
    wanted = list(marks)
    if not LINUX:
        return [pid for mark in wanted for pid in _marked_elsewhere(mark)]
    pids = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
    return [pid for pid in pids if any(carries(pid, mark) for mark in wanted)]


def _marked_elsewhere(mark: str) -> list[int]:
    import psutil

    found = []
    for process in psutil.process_iter():
        try:
            if any(mark in f"{key}={value}" for key, value in process.environ().items()):
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return found


def adopt_orphans() -> None:
    """From now on, processes below this one whose parent has ended become its children (Linux)."""
    if LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap() -> None:
    """Forget one child of ours that has ended, if there is any."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def runs(pid: int) -> bool:
    """Whether `pid` is there and has not ended (a stopped process runs; a zombie, or one that is about to be one, does not)."""
    if not pid:
        return False
    try:
        if LINUX:
            with open(f"/proc/{pid}/stat", "rb") as file:
                state, *_, flags = file.read().rsplit(b")", 1)[1].split()[:7]
            return state not in b"ZX" and not int(flags) & _PF_EXITING
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError):
        return False
    return True


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Signal each process; those that are gone are passed over.

    0 is what is written where there is no process; to the kernel it would be everybody in
    the sender's own group.
    """
    for pid in pids:
        if pid <= 0:
            continue
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def cpu_seconds(pid: int) -> float | None:
    """CPU time that `pid`'s threads have used, or None once it is gone."""
    try:
        if LINUX:  # the clock id that clock_getcpuclockid(3) computes
            return time.clock_gettime((~pid << 3) | 2)
        import psutil

        times = psutil.Process(pid).cpu_times()
        return times.user + times.system
    except Exception as error:  # noqa: BLE001 - psutil's classes cannot be named without it
        if isinstance(error, OSError) or type(error).__module__.startswith("psutil"):
            return None
        raise


def waited_seconds(pid: int) -> float:
    """Time that `pid`'s main thread was ready to run while others had the CPU; 0 where the kernel does not say."""
    try:
        with open(f"/proc/{pid}/schedstat", "rb") as file:
            return int(file.read().split()[1]) / 1e9
    except OSError:
        return 0.0


def resident_bytes(pid: int) -> int:
    """Resident memory now, shared pages counted in full; 0 once it is gone."""
    try:
        if LINUX:
            with open(f"/proc/{pid}/statm", "rb") as file:
                return int(file.read().split()[1]) * _PAGE
        import psutil

        return int(psutil.Process(pid).memory_info().rss)
    except Exception as error:  # noqa: BLE001
        if isinstance(error, OSError) or type(error).__module__.startswith("psutil"):
            return 0
        raise


def proportional_bytes(pid: int) -> int:
    """Resident memory with shared pages divided among those who share them (PSS)."""
    if not LINUX:
        return resident_bytes(pid)
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def peak_resident_bytes(pid: int) -> int:
    """The highest resident memory `pid` ever had (VmHWM); elsewhere, what it has now."""
    if not LINUX:
        return resident_bytes(pid)
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            for line in file:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
