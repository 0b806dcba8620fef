"""API Gateway's HTTP APIs: quotas.

Source: API Gateway Developer Guide, "Quotas for configuring and running an HTTP API", read 2026-11-23 in third parties' copies.
"""

from __future__ import annotations

# What an integration may take, in milliseconds; the most is what it is given unless it asks for less.
INTEGRATION_TIMEOUT_MS = (50, 30_000)
PAYLOAD_BYTES = 10 * 1024 * 1024
# A Lambda authorizer, and how long what it says may be kept; an issuer's metadata and its keys.
AUTHORIZER_TIMEOUT_S = 10.0
ISSUER_TIMEOUT_S = 1.5
# How long an issuer's keys are kept ("up to two hours", http-api-jwt-authorizer, 2026).
ISSUER_KEYS_KEPT_S = 2 * 3600.0
