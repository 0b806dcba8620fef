"""Quotas of event source mappings: each number once, with its source and date.

Sources: DG = AWS Lambda Developer Guide; BOTO = botocore 1.44.5's service model of 2026-11-17; both read 2026-11-23.
"""

from __future__ import annotations

from lablib.models.limits import Range

# Records in a batch. BOTO CreateEventSourceMapping.BatchSize: SQS 10 by default, FIFO queues 10 at most, streams 100.
SQS_BATCH = Range(1, 10_000, 10, "messages", "BOTO BatchSize, 2026-11-17")
FIFO_BATCH = Range(1, 10, 10, "messages", "BOTO BatchSize, 2026-11-17")
STREAM_BATCH = Range(1, 10_000, 100, "records", "BOTO BatchSize, 2026-11-17")
# More than this many in a batch of a queue need a batching window of a second or more. BOTO BatchSize, 2026-11-17.
BATCH_WITHOUT_WINDOW = 10

# Filters of a mapping ("5, to 10 on request") and a pattern's length. DG invocation-eventfiltering, 2026; BOTO Pattern.
FILTERS = 5

# Mappings on a page of the list, however many are asked for. BOTO ListEventSourceMappings.MaxItems, 2026-11-17.
LIST_ITEMS = 100

# Queues: pollers of provisioned mode. BOTO ProvisionedPollerConfig, 2026-11-17.
MINIMUM_POLLERS = Range(2, 200, 2, "pollers", "BOTO MinimumPollers, DG with-sqs, 2026")
MAXIMUM_POLLERS = Range(2, 10_000, 200, "pollers", "BOTO MaximumPollers, 2026-11-17")

# How many batches at a time a mapping may be held to. BOTO ScalingConfig.MaximumConcurrency, 2026-11-17.
MAXIMUM_CONCURRENCY = (2, 1_000)
# A queue's mapping begins with this many batches at a time, adds so many a minute while there is a backlog, and has at most so
# many. DG services-sqs-scaling, 2026.
SQS_FIRST_CONCURRENCY = 5
SQS_CONCURRENCY_PER_MINUTE = 300
SQS_HIGHEST_CONCURRENCY = 1_250

# Streams: how long a record is kept, by DynamoDB always, by Kinesis unless it is told otherwise. DG with-ddb, with-kinesis, 2026.
STREAM_RETENTION_S = 86_400
# How old a record may get. BOTO, 2026-11-17; the lowest age is in the API reference of MaximumRecordAgeInSeconds, 2026.
RECORD_AGE_S = Range(60, 604_800, -1, "s", "BOTO MaximumRecordAgeInSeconds, 2026-11-17")
# A window without new records is over this long after its end, at the latest; its state; what a function is sent besides records.
# DG services-kinesis-windows, 2026; the last is ours.
TUMBLING_GRACE_S = 120
TUMBLING_STATE_BYTES = 1024 * 1024
ENVELOPE_BYTES = 1024
# The pause after a failure of a stream's batch: the shortest, doubled each time, and the longest. Ours: AWS gives no figures.
STREAM_BACKOFF_S = (1, 300)

# Provisioned mode: each poller may run so many batches at a time, and so many invocations are added a minute. DG with-sqs, 2026.
SQS_CONCURRENCY_PER_POLLER = 10
SQS_PROVISIONED_CONCURRENCY_PER_MINUTE = 1_000

# A mapping that fails or is throttled has fewer batches at a time, but never fewer than this ("may drop to 2", DG
# services-sqs-scaling, 2026). By how many, and when a throttled batch is tried again, AWS does not
# say: here after so many seconds, doubled each time.
SQS_LOWEST_CONCURRENCY = 2
SQS_THROTTLED_AGAIN_S = (1.0, 60.0)
# A poller that may not read its queue looks at its role's permissions again after this, in seconds. Ours.
REFUSED_AGAIN_S = 60.0
