"""SnapStart as a function's setting: who may have it, and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lablib.cloud.api.errors import invalid_parameter
from lablib.cloud.functions.version import FunctionVersion
from lablib.models import limits, snapstart


def check(given: Mapping[str, Any], latest: FunctionVersion | None = None) -> None:
    """Raise unless a function may have SnapStart with what a request sets, and what it had before.

    The words of the first two are captured (2022 to 2026), the third's are ours: DG snapstart names the rule.
    """
    before: Mapping[str, Any] = {} if latest is None else latest.settings
    if (given.get("SnapStart") or before.get("SnapStart", {})).get("ApplyOn", "None") == "None":
        return
    if given.get("PackageType") == "Image" or (latest is not None and latest.package_type == "Image"):
        raise invalid_parameter("ContainerImage is not supported for SnapStart enabled functions.")
    runtime = given.get("Runtime") or ("" if latest is None else latest.runtime)
    if not snapstart.may_have(runtime):
        raise invalid_parameter(f"{runtime} is not supported for SnapStart enabled functions.")
    default = limits.EPHEMERAL_STORAGE_MB.default if latest is None else latest.ephemeral_storage
    if given.get("EphemeralStorage", {}).get("Size", default) > limits.SNAPSTART_EPHEMERAL_STORAGE_MB:
        raise invalid_parameter(
            f"Ephemeral storage of more than {limits.SNAPSTART_EPHEMERAL_STORAGE_MB} MB is not supported for SnapStart enabled functions."
        )


def described(version: FunctionVersion) -> dict[str, str]:
    """The ``SnapStart`` member of a configuration. ``On``: there is a snapshot that environments are restored from."""
    apply_on = version.settings.get("SnapStart", {}).get("ApplyOn", "None")
    optimized = version.has_snapshot and version.state == "Active"
    return {"ApplyOn": apply_on, "OptimizationStatus": "On" if optimized else "Off"}
