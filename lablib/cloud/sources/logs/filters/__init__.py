"""CloudWatch Logs' filter patterns, as subscription filters, metric filters and FilterLogEvents have them.

`pattern`      a pattern of whichever kind
`terms`        words that a line has or has not: ``ERROR -"timed out"``, ``?ERROR ?WARN``; an expression alone: ``%ERR[A-Z]+%``
`fields`       a line's parts by their places: ``[ip, user, ..., status = 4* && status != 403, bytes > 1000]``
`documents`    a line that is JSON: ``{ $.level = "ERROR" && ($.latency > 1e3 || $.user IS NULL) }``
`comparisons`  what stands right of an operator: text with wildcards, a number, an expression
`scanner`      reading a pattern's text

Sources: "Filter pattern syntax for metric filters, subscription filters, filter log events, and Live Tail" and "Supported regular
expressions syntax", CloudWatch Logs User Guide, 2019 and 2026; refusals as captured, 2018 to 2026.
"""

from lablib.cloud.sources.logs.filters.pattern import FilterPattern, compiled
from lablib.cloud.sources.logs.filters.scanner import InvalidPattern

__all__ = ["FilterPattern", "InvalidPattern", "compiled"]
