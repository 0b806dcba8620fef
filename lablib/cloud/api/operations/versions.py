"""Publish versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lablib.cloud.api.configuration import describe, refuse_what_does_nothing
from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import invalid_parameter
from lablib.cloud.api.lookup import check_revision
from lablib.cloud.api.operations.updates import changing


async def publish_version(call: Call) -> Mapping[str, Any]:
    """Publish `$LATEST` under the next number. If nothing changed since the last time, that version is the answer."""
    given = call.parameters
    refuse_what_does_nothing(given)
    async with changing(call) as function:
        current, wanted = function.latest.code_sha256, given.get("CodeSha256")
        if wanted and wanted != current:
            raise invalid_parameter(
                f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({current}). "
                "Please try again with the CodeSHA256 in $LATEST."
            )
        check_revision(function.latest, given.get("RevisionId"))
        return describe(call.functions.publish(function, given.get("Description")), qualified=True)
