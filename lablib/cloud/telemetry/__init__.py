"""What is seen of an invocation: its log, its metrics, its trace.

`wording`      an environment's events as lines of a log, as text or as JSON
`logs`         those lines, on their way to CloudWatch Logs
`measured`     what an invocation counts for
`metrics`      values per minute, on their way to CloudWatch; `metric_math` expressions over them
`trace`        tracing headers
"""
