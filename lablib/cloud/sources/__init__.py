"""Event sources: how the rest of AWS calls functions. One file or room for each source.

`calling`    the one way from a source to a function: permission, routing, loops, and then the queue or an invocation
`context`    what every source is given
`wiring`     all of them together, as the cloud and its front see them
`acting`     what a service does in a role's name
`timetable`  what is due again and again
`rule_schedules` EventBridge's rules with a schedule
`scheduler`  EventBridge Scheduler
`mappings`   queues and streams, which Lambda reads itself
`s3`         S3's event notifications
`logs`       CloudWatch Logs' subscription filters, and its filter patterns wherever they are

A source hears of what happens in moto through a file of the moto seam, which calls it from whatever thread moto runs in, under
moto's lock; `SourceContext.soon` takes that to the event loop, in order, and before the producer has its answer. What a source
does from then on holds neither the lock nor the producer.
"""
