"""Event sources: how the rest of AWS calls functions. One file or room for each source.

`calling`    the one way from a source to a function: permission, routing, loops, and then the queue or an invocation
`context`    what every source is given
`wiring`     all of them together, as the cloud and its front see them
`acting`     what a service does in a role's name; `lettings`, whether a queue or a topic lets a service in
`patterns`   event patterns: of EventBridge's rules, and of the filters of mappings and subscriptions
`timetable`  what is due again and again
`underway`   what has begun and is not finished: tasks, and timers of retries
`log_writer` lines of gateways, for CloudWatch Logs
`eventbridge` EventBridge's buses, rules and targets; `rule_schedules`, its rules with a schedule
`scheduler`  EventBridge Scheduler
`mappings`   queues and streams, which Lambda reads itself
`s3`         S3's event notifications
`sns`        SNS' subscriptions
`logs`       CloudWatch Logs' subscription filters, and its filter patterns wherever they are
`http`       function URLs, and API Gateway's HTTP APIs; `rest`, its REST APIs
`stepfunctions` Step Functions
`expiry`     DynamoDB's time to live
`traffic`    what Kinesis counts
`later`      services that call functions on AWS and not here

A source hears of what happens in moto through a file of the moto seam, which calls it from whatever thread moto runs in, under
moto's lock; `SourceContext.soon` takes that to the event loop, in order, and before the producer has its answer. What a source
does from then on holds neither the lock nor the producer.
"""
