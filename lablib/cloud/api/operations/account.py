"""The account's limits and what is used of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lablib.cloud.api.context import Call
from lablib.models import limits


async def get_account_settings(call: Call) -> Mapping[str, Any]:
    """The account's limits and usage. Reserved concurrency is not here yet, so all of it is unreserved."""
    used = sum(version.code_size for function in call.functions for version in function)
    return {
        "AccountLimit": {
            "TotalCodeSize": limits.CODE_STORAGE_BYTES,
            "CodeSizeUnzipped": limits.UNZIPPED_BYTES,
            "CodeSizeZipped": limits.ZIPPED_BYTES,
            "ConcurrentExecutions": limits.ACCOUNT_CONCURRENCY,
            "UnreservedConcurrentExecutions": limits.ACCOUNT_CONCURRENCY,
        },
        "AccountUsage": {"TotalCodeSize": used, "FunctionCount": len(call.functions)},
    }
