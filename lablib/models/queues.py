"""A queue of SQS: its own settings, in seconds.

Sources: botocore 1.44.5's service model of SQS (SetQueueAttributes), 2026-11-17; SQS Developer Guide, read 2026-11-23.
"""

from __future__ import annotations

# How long a message that was taken stays hidden: by default, and at most, in all since it was taken.
VISIBILITY_S = 30
LONGEST_VISIBILITY_S = 43_200
# How long a message is kept: by default, and at most.
RETENTION_S = 345_600
LONGEST_RETENTION_S = 1_209_600
