"""CloudWatch Logs: what is written to a log group goes to those who subscribe to it.

`source`   what a subscription filter lets through, to its function
`metrics`  what metric filters make of log events
`desk`     what is refused of filters
`filters`  the language of patterns
"""

from lablib.cloud.sources.logs.source import LogSubscriptions

__all__ = ["LogSubscriptions"]
