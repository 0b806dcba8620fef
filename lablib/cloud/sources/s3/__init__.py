"""S3's event notifications.

`source`         what happens to objects goes to those whom the bucket's configuration names; the configuration's two operations
`configuration`  the configuration as XML, and what S3 refuses in one
`destinations`   whether S3 may send to a queue, a topic or a function, and how it does
`records`        the events as queues, topics, functions and EventBridge get them
"""

from lablib.cloud.sources.s3.source import S3Notifications

__all__ = ["S3Notifications"]
