"""Quotas of the services that hand events on, EventBridge with its Scheduler and SNS: each number once, with its source and date.

Sources: EB = EventBridge User Guide; SNS = SNS Developer Guide; BOTO = botocore 1.44.5's service models of 2026-11-17; all read
2026-11-23.
"""

from __future__ import annotations

# How many combinations the $or of one event pattern may come to. EB "Complex example using multiple content filters", 2025.
RULE_COMBINATIONS = 1_000

# PutEvents: entries in a request, and bytes of all of them together. BOTO PutEventsRequestEntryList, PutEvents ("less than 1MB").
EVENT_ENTRIES = 10
EVENT_BYTES = 1024 * 1024
# What counts for an entry's Time. EB eb-putevent-size, 2026.
EVENT_TIME_BYTES = 14

# Targets of a rule. BOTO PutTargets.
RULE_TARGETS = 5

# How often, and how long (in seconds), a delivery to a target is tried. BOTO RetryPolicy; EB eb-rule-event-delivery, 2026.
DELIVERY_RETRIES = 185
DELIVERY_AGE_S = 86_400
# Between two attempts: "exponential back off and jitter". The figures could not be confirmed: these, without jitter, are ours,
# such that 185 of them do not end before the 24 hours do.
DELIVERY_BACKOFF_S = (1.0, 600.0)


def delivery_backoff(attempt: int) -> float:
    """Seconds between the `attempt`-th attempt at a delivery, 1 for the first, and the next."""
    first, most = DELIVERY_BACKOFF_S
    return min(most, first * 2.0 ** min(attempt - 1, 30))


# EventBridge Scheduler. How old, in seconds, a StartDate may be: AWS's sentence when it is older (captured, third party, 2024).
START_DATE_AGE_S = 300
# Bytes of a target's Input. BOTO scheduler, Target.Input.
SCHEDULE_INPUT_BYTES = 256 * 1024

# A filter policy of SNS: names at its top, and combinations of values. SNS subscription-filter-policy-constraints, 2026.
FILTER_KEYS = 5
FILTER_COMBINATIONS = 150
# How often a message is posted again to an address, and after how many seconds each time: the default delivery policy.
# SNS sns-message-delivery-retries, 2026.
POST_RETRIES = 3
POST_RETRY_S = 20.0
# Characters of a message's subject. BOTO PublishInput.
SUBJECT_CHARACTERS = 100
