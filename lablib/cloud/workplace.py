"""The folder in which a cloud keeps all its files, and that it goes when the cloud does, however the cloud ends.

- An orderly end removes it.
- A small process waits for the cloud's end, and removes it when the cloud was killed.
- Should that have been killed too (the machine went down), the next cloud removes what it finds of clouds that are no more.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

from lablib.environments.folders import remove_tree

PREFIX = "lablib-"
_OWNER = "owner.json"

# Reads until its standard input ends, which is when the cloud does. Code is kept read-only, so folders must become writable first.
# What the cloud started may write for a moment longer: until it has ended too, the folder may not be empty.
_JANITOR = (
    'cat >/dev/null; n=0; while [ -e "$1" ] && [ $n -lt 200 ]; do '
    'chmod -R u+w "$1" 2>/dev/null; rm -rf "$1"; n=$((n+1)); [ -e "$1" ] && sleep 0.02; done'
)


class Workplace:
    """A folder of this process's own under the machine's folder for temporary files, for its user's eyes alone (mode 0700)."""

    def __init__(self) -> None:
        remove_stale()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._janitor: subprocess.Popen[bytes] | None = None
        try:
            owner = {"pid": os.getpid(), "started": started(os.getpid())}
            (self.folder / _OWNER).write_text(json.dumps(owner))
            # In a session of its own: a Ctrl-C at the terminal is not for it.
            self._janitor = subprocess.Popen(
                ["sh", "-c", _JANITOR, "lablib-janitor", str(self.folder)],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, cwd="/",
            )  # fmt: skip
        except BaseException:
            self.remove()
            raise

    def remove(self) -> None:
        """Remove the folder with everything in it."""
        remove_tree(self.folder)
        if self._janitor is not None:
            assert self._janitor.stdin is not None
            self._janitor.stdin.close()
            self._janitor.wait()


def remove_stale() -> list[Path]:
    """Remove this user's folders of clouds that no longer run; those removed are returned."""
    removed = []
    for folder in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        if _is_stale(folder):
            remove_tree(folder)
            removed.append(folder)
    return removed


def _is_stale(folder: Path) -> bool:
    """Ours, and its owner is no more. A folder that names no owner may be a cloud's that is just starting: it stays."""
    try:
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return False
        owner = json.loads((folder / _OWNER).read_text())
        return bool(started(int(owner["pid"])) != owner["started"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def started(pid: int) -> str | None:
    """When a process started, in the system's own words; None if there is no such process. A pid alone may be another's by now."""
    if Path("/proc/self/stat").exists():
        try:
            # The name in parentheses may hold anything; the start time is the 20th field after it (proc(5), field 22).
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        except (FileNotFoundError, ProcessLookupError):
            return None
    # macOS
    asked = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or None
