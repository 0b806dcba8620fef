"""Quotas of the services that hand events on, EventBridge and SNS: each number once, with its source and date.

Sources: EB = EventBridge User Guide; SNS = SNS Developer Guide; BOTO = botocore 1.44.5's service models of 2026-11-17; all read
2026-11-23.
"""

from __future__ import annotations

# How many combinations the $or of one event pattern may come to. EB "Complex example using multiple content filters", 2025.
RULE_COMBINATIONS = 1_000
