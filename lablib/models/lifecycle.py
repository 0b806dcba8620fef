"""How long an idle execution environment is kept.

AWS documents neither figure ("idle environments are removed after a while", DG
lambda-runtime-environment, 2026). Both are this project's choice.
"""

IDLE_S = 10 * 60
OLDEST_S = 2 * 60 * 60

# Metrics. CloudWatch keeps a minute's point for 15 days (CloudWatch User Guide, "Metrics retention", 2026). A cloud that
# runs for long keeps the newest of these many points, about 60 MB. Ours, as is how many different values a point keeps.
METRIC_RETENTION_S = 15 * 24 * 3600
METRIC_POINTS = 50_000
METRIC_VALUES = 150

# Logs. CloudWatch Logs keeps every line, for ever unless a retention is set. Here the newest lines are kept, of a stream and of
# the account, and so much text: at most 100 MB altogether (290 bytes a line besides its text, measured 2026-11-23). Ours.
STREAM_LINES = 25_000
LOG_LINES = 100_000
LOG_CHARACTERS = 64 * 1024 * 1024
