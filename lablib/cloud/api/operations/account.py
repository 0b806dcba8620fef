"""The account's limits and what is used of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lablib.cloud.api.context import Call
from lablib.cloud.api.operations.concurrency import unreserved
from lablib.models import limits


async def get_account_settings(call: Call) -> Mapping[str, Any]:
    """The account's limits and usage."""
    used = call.functions.code_size()
    return {
        "AccountLimit": {
            "TotalCodeSize": limits.CODE_STORAGE_BYTES,
            "CodeSizeUnzipped": limits.UNZIPPED_BYTES,
            "CodeSizeZipped": limits.ZIPPED_BYTES,
            "ConcurrentExecutions": call.concurrency.account,
            "UnreservedConcurrentExecutions": unreserved(call),
        },
        "AccountUsage": {"TotalCodeSize": used, "FunctionCount": len(call.functions)},
    }
