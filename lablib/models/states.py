"""Step Functions' quotas: each number once, with its source and date.

Source, where none stands beside it: "Service quotas", AWS Step Functions Developer Guide, read 2026-11-23.
"""

from __future__ import annotations

# One state's input or output, and an execution's.
DATA_BYTES = 262_144
# Of a standard workflow; with the last of them it fails.
HISTORY_EVENTS = 25_000
# Of real time on AWS, of the cloud's here.
EXPRESS_SECONDS = 300
# At a time. Developer Guide, "Using Map state in Inline mode".
INLINE_MAP_CONCURRENCY = 40
DEFINITION_BYTES = 1_048_576
# How long GetActivityTask waits. API Reference, GetActivityTask.
ACTIVITY_POLL_SECONDS = 60
NAME_CHARACTERS = 80
# Express workflows are billed for time in steps of 100 ms and of 64 MB: https://aws.amazon.com/step-functions/pricing (2026).
BILLED_STEP_MS = 100
BILLED_STEP_MB = 64
