"""SnapStart: which functions may have it, and for which this project really makes snapshots.

Source: DG snapstart, "Supported features and limitations", 2026.
"""

from __future__ import annotations

import re
import sys

# family -> the first version with SnapStart
_SINCE = {"python": (3, 12), "java": (11,), "dotnet": (8,)}


def may_have(runtime: str) -> bool:
    """Whether Lambda has SnapStart for functions of a runtime, such as ``python3.12``."""
    found = re.fullmatch(r"(python|java|dotnet)(\d+)(?:\.(\d+))?(?:\.al2\w*)?", runtime)
    if found is None:
        return False
    number = tuple(int(part) for part in found.groups()[1:] if part)
    return number >= _SINCE[found[1]]


def is_simulated(runtime: str) -> bool:
    """Whether a snapshot is made here: of a Python function's process, on Linux.

    Of Java and .NET functions the setting is stored; their environments go through INIT as without it.
    """
    return runtime.startswith("python") and may_have(runtime) and sys.platform == "linux"
