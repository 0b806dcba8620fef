"""Processes of the host: find, stop, continue, kill and measure them.

On Linux everything is read from ``/proc`` (a few microseconds each); elsewhere
psutil, which every Jupyter environment has, answers the same questions.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

LINUX = sys.platform == "linux"
_PAGE = os.sysconf("SC_PAGE_SIZE")


def _children(pid: int) -> list[int]:
    """Direct children of every thread of `pid` (a child belongs to the thread that made it)."""
    found: list[int] = []
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
        return _descendants_elsewhere(pid)
    found: list[int] = []
    todo = [pid]
    while todo:
        below = _children(todo.pop())
        found += below
        todo += below
    return found


def _descendants_elsewhere(pid: int) -> list[int]:
    import psutil  # type: ignore[import-untyped]

    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def marked(mark: str) -> list[int]:
    """Processes of ours whose environment holds `mark`, wherever they hang in the tree."""
    if not LINUX:
        return _marked_elsewhere(mark)
    wanted = mark.encode()
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if wanted in Path(f"/proc/{entry}/environ").read_bytes():
                    found.append(int(entry))
            except OSError:
                continue  # another user's, or already gone
    return found


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


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Signal each process; those that are gone are passed over."""
    for pid in pids:
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
