"""Lambda's quotas: each number once, with its source and date.

"MB" is 1,024 KB, as in Lambda's documentation, its logs and its console.

Sources: DG = AWS Lambda Developer Guide; BOTO = botocore 1.44.5's service model of
2026-11-17; both read 2026-11-23.

The numbers stand here, where the local cloud finds them. What to know about each, and which of them a piece of work breaks:

`quotas` every quota, what happens beyond it, what to use instead
`fit`    will it fit?

Both are loaded when they are first asked for: `from lablib.models.limits import QUOTAS, fits`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lablib.models.limits.fit import Break as Break
    from lablib.models.limits.fit import Fit as Fit
    from lablib.models.limits.fit import fits as fits
    from lablib.models.limits.quotas import QUOTAS as QUOTAS
    from lablib.models.limits.quotas import Alternative as Alternative
    from lablib.models.limits.quotas import Quota as Quota

_LATER = {"Break": "fit", "Fit": "fit", "fits": "fit", "Alternative": "quotas", "QUOTAS": "quotas", "Quota": "quotas"}


def __getattr__(name: str) -> Any:
    """Load the table when somebody asks for it: the local cloud needs the numbers alone."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


MB = 1024 * 1024


@dataclass(frozen=True)
class Range:
    """A setting with bounds.

    Attributes
    ----------
    lowest, highest, default
        Inclusive, in `unit`.
    source
        Where AWS says so, and when that was read.
    """

    lowest: int
    highest: int
    default: int
    unit: str
    source: str

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int) and self.lowest <= value <= self.highest


# A default function's bounds; the service model allows more, for others.
MEMORY_MB = Range(128, 10_240, 128, "MB", "DG gettingstarted-limits, configuration-memory, 2026")
TIMEOUT_S = Range(1, 900, 3, "s", "DG gettingstarted-limits, 2026; BOTO CreateFunctionRequest.Timeout")
EPHEMERAL_STORAGE_MB = Range(512, 10_240, 512, "MB", "DG gettingstarted-limits; BOTO EphemeralStorage, 2026-11-17")
# Of functions on Managed Instances (AWS names no other maximum), and of /tmp with an accelerator. BOTO MemorySize,
# CreateFunctionRequest.Timeout and EphemeralStorage, 2026-11-17.
MANAGED_INSTANCES_MEMORY_MB = 32_768
MANAGED_INSTANCES_TIMEOUT_S = 5_400
ACCELERATOR_EPHEMERAL_STORAGE_MB = 32_768

# 1,769 MB is one vCPU; CPU is in proportion. DG configuration-memory, 2026.
MEMORY_MB_PER_VCPU = 1_769

# INIT: 10 s, then it is tried again inside the first invocation. DG lambda-runtime-environment, 2026.
INIT_TIMEOUT_S = 10.0

# SnapStart: the snapshot, with the after-restore hooks, is restored within 10 s; /tmp at most 512 MB.
# DG lambda-runtime-environment and snapstart, 2026.
RESTORE_TIMEOUT_S = 10.0
SNAPSTART_EPHEMERAL_STORAGE_MB = 512

# Payloads. DG gettingstarted-limits (6 MB each way; 1 MB asynchronous), 2026; BOTO's payload shapes say 6,291,456.
REQUEST_BYTES = 6 * MB
ASYNC_REQUEST_BYTES = 1 * MB
# InvokeAsync, which nobody should use any more, did not follow. Captured answer, third party, 2026.
INVOKE_ASYNC_REQUEST_BYTES = 256 * 1024
# The size named in the real error is 6 MiB + 100. Captured messages, no AWS page (2026).
RESPONSE_REFUSED_OVER_BYTES = 6_291_556
RESPONSE_TOO_LARGE = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_REFUSED_OVER_BYTES} bytes)."

# A streamed response: its size; what goes at full speed, and the speed after that. DG gettingstarted-limits, 2026.
STREAMED_RESPONSE_BYTES = 200 * MB
STREAMED_AT_FULL_SPEED_BYTES = 6 * MB
STREAMED_BYTES_PER_S = 2 * MB

# Packages. DG gettingstarted-limits and GetAccountSettings (52428800, 262144000), 2026.
ZIPPED_BYTES = 50 * MB
UNZIPPED_BYTES = 250 * MB
LAYERS = 5
# How long a link to download a package works. API reference of GetFunction, 2026: "valid for 10 minutes".
DOWNLOAD_LINK_S = 600

# Bodies of requests. A package travels as base64, so 50 MB make this many; AWS names both numbers in its errors. The second: DG,
# "Troubleshoot deployment issues in Lambda", 2026.
REQUEST_BODY_BYTES = 69_905_067
CONFIGURATION_BODY_BYTES = 5_120

# Items on a page of the lists of functions and versions, however many are asked for. API reference of ListFunctions, 2026.
LIST_ITEMS = 50
# Of aliases, as far as anybody saw: 53 came on one page (captured, third party, 2026). BOTO MaxListItems, 2026-11-17.
ALIAS_LIST_ITEMS = 10_000
# Of code signing configurations, and of the functions that have one. BOTO MaxListItems, 2026-11-17.
CODE_SIGNING_LIST_ITEMS = 10_000

# Names and settings. BOTO, 2026-11-17; environment: DG gettingstarted-limits, 2026.
FUNCTION_NAME_CHARACTERS = 64
HANDLER_CHARACTERS = 128
DESCRIPTION_CHARACTERS = 256
ENVIRONMENT_BYTES = 4 * 1024
CLIENT_CONTEXT_BYTES = 3_583
LOG_RESULT_BYTES = 4 * 1024
# AWS's tags in general: 50 user-created ones of a resource (Tagging AWS Resources User Guide, 2026). Lambda's own pages name
# no number.
TAGS = 50

# A resource-based policy. BOTO ResourcePolicy, 2026-07-09 (max 20480); DG gettingstarted-limits (20 KB), 2026.
RESOURCE_POLICY_BYTES = 20_480

# Concurrency. DG gettingstarted-limits, lambda-concurrency, 2026.
ACCOUNT_CONCURRENCY = 1_000
UNRESERVED_CONCURRENCY_KEPT = 100
# The same page: requests per second for each unit of concurrency. Of the account, of a reservation, of provisioned concurrency.
REQUESTS_PER_SECOND_PER_CONCURRENCY = 10
# Each function: so many more environments in so many seconds, refilled continuously and not accrued. DG scaling-behavior, 2026.
SCALING_ENVIRONMENTS = 1_000
SCALING_PERIOD_S = 10
# INIT of an environment that is made ahead of use: this, or the function's timeout if that is more.
# DG lambda-runtime-environment, 2026.
INIT_AHEAD_TIMEOUT_S = 130.0

# Asynchronous invocation. BOTO MaximumRetryAttempts, MaximumEventAgeInSeconds; delays, back-off and the dead-letter message's
# attribute: DG invocation-async-error-handling, invocation-async-retain-records, 2026.
ASYNC_RETRIES = Range(0, 2, 2, "retries", "BOTO MaximumRetryAttempts, 2026-11-17")
ASYNC_EVENT_AGE_S = Range(60, 21_600, 21_600, "s", "BOTO MaximumEventAgeInSeconds, 2026-11-17")
ASYNC_RETRY_DELAYS_S = (60, 120)
ASYNC_BACKOFF_S = (1, 300)
DEAD_LETTER_ERROR_BYTES = 1024
# A topic's message; beyond it Lambda drops the payloads from the record of a failure. BOTO OnFailure, 2026-11-17.
TOPIC_MESSAGE_BYTES = 256 * 1024

# S3: how many notification configurations a bucket may have, and the longest key, prefix or suffix. "Amazon S3 endpoints and
# quotas", AWS General Reference; "Creating object key names", S3 User Guide, 2026.
S3_NOTIFICATIONS = 100
S3_KEY_BYTES = 1_024

# CloudWatch Logs: expressions in one pattern, patterns with expressions of a log group. BOTO
# PutSubscriptionFilter, 2026; metric filters of a group: BOTO PutMetricFilter, 2026.
PATTERN_EXPRESSIONS = 2
GROUP_EXPRESSION_PATTERNS = 5
METRIC_FILTERS = 100

# How often a function runs in one request chain before Lambda takes it for a loop ("approximately 16 times").
# DG invocation-recursion, 2026.
RECURSIVE_RUNS = 16

# Inside an environment. DG gettingstarted-limits, 2026. The second is not held here: spawner/launch.py says why.
FILE_DESCRIPTORS = 1_024
PROCESSES_AND_THREADS = 1_024

# Code storage of an account: 300 GB since 2026-04-30 (DG document history; older pages say 75 GB).
CODE_STORAGE_BYTES = 300 * 1024 * MB


def vcpus(memory_mb: int) -> float:
    """The CPU share of a function, in vCPUs: 128 MB has 0.072, 1,769 MB has 1."""
    return memory_mb / MEMORY_MB_PER_VCPU
