"""One version of a function: its code and configuration, as they were at one moment.

A `FunctionVersion` is a picture: every change of `$LATEST` makes a new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from lablib.models import snapstart

LATEST = "$LATEST"

IMAGES_RUN_ELSEWHERE = (
    "{name} is a container image, and images run on real AWS only: deploy it as a zip file to run it in Lambda Lab."
)

State = Literal["Pending", "Active", "Failed"]
UpdateStatus = Literal["InProgress", "Successful"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class FunctionVersion:
    """One version's code and configuration at one moment.

    Attributes
    ----------
    version : str
        ``"$LATEST"`` or a number.
    arn, qualified_arn : str
        Without and with the version.
    memory_size, ephemeral_storage : int
        MB (1,024 KB each, as in Lambda's documentation).
    timeout : int
        Seconds.
    environment : Mapping[str, str]
        The user's variables.
    layers : tuple[Path, ...]
        What is at /opt: nothing, or one folder in which all layers are merged in their order.
    opt : str
        The store's key of that folder; empty without layers.
    code : Path
        The unpacked package: read-only, shared by all environments of all versions with the same code. Of a container image
        there is none.
    code_sha256, code_size
        Of the archive: base64, bytes. Of an image: its digest in hexadecimal, 0.
    last_modified : str
        On the cloud's clock, in the API's form.
    generation : str
        Differs whenever code or configuration does. An environment of another generation is not reused.
    state_reason : (str, str)
        ``StateReasonCode`` and ``StateReason`` of a version that ``Failed``.
    settings : Mapping[str, Any]
        Members of the API's ``FunctionConfiguration`` that are given back as they were set.
    """

    name: str
    version: str
    arn: str
    qualified_arn: str
    runtime: str
    handler: str
    role: str
    memory_size: int
    timeout: int
    ephemeral_storage: int
    architecture: str
    environment: Mapping[str, str]
    layers: tuple[Path, ...]
    code: Path
    code_sha256: str
    code_size: int
    package_type: str
    description: str
    log_group: str
    revision_id: str
    last_modified: str
    generation: str
    update_runtime_on: str = "Auto"
    pinned_runtime: str | None = None
    opt: str = ""
    image_uri: str = ""
    state: State = "Pending"
    last_update_status: UpdateStatus | None = None
    state_reason: tuple[str, str] = ("", "")
    settings: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)

    @property
    def packages(self) -> tuple[str, ...]:
        """The keys of what this version keeps in the store."""
        return tuple(key for key in (self.code_sha256 if self.package_type == "Zip" else "", self.opt) if key)

    @property
    def has_snapshot(self) -> bool:
        """Whether it has SnapStart, and its environments are really restored from a snapshot (`lablib.cloud.scaling.snapshots`)."""
        applies = self.settings.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions"
        return applies and self.version != LATEST and snapstart.is_simulated(self.runtime)
