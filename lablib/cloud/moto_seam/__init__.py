"""The one place that reaches into moto. Every file names what it touches, and has a contract test in tests/cloud/moto_seam/.

`engine`    moto's WSGI application, its configuration, and the one lock round all of it
`clockwork` moto's timestamps are the cloud's time; `utc`: the times that moto keeps
`roles`     whether Lambda may assume a role, and the credentials a function gets
`access`    whose an access key is, their policies, and those of buckets, queues, topics and secrets
`keys`      which secret belongs to an access key, and how one came about that STS gave out
`logs`      a function's lines in CloudWatch Logs
`subscriptions` who subscribes to log groups, and what their filters let through
`metrics`   Lambda's metrics in CloudWatch, and its statistics
`deliveries` what Lambda sends to queues, topics, event buses and buckets
`buckets`   what happens in S3's buckets, and their notification configurations
`objects`   the bytes of an S3 object, and whether it is public
`httpapis`  HTTP APIs of API Gateway, read whole; `httpapi_operations`: what moto's apigatewayv2 lacks
`policies`  AWS's managed policies
`functions` moto's own Lambda, which is shut
`schedules` which rules and schedules of EventBridge are due when, as moto holds them
`buses`     EventBridge's events, rules and targets, and what it refuses
`bus_targets` what EventBridge sends to log groups and streams
`topics`    SNS: where a message goes, and what is refused; `notifications` the envelope in which it goes
`kinesis`   Kinesis' shards and records
`dynamodb`  what changes in tables; `dynamodb_streams` their streams' API
`dynamodb_items` what does not change, where an operation fails
`expiry`    items whose time to live is over
`journals`  what both kinds of streams hold
`stepfunctions` moto's interpreter of state machines
`messages`  the messages of a queue, in an order in which nothing has to be looked for
`receiving` messages for event source mappings: received and deleted, many at a time
`queues`    what SQS does otherwise than moto, and when a queue has something to receive
`rest_apis` API Gateway's REST APIs and what their deployments froze, API keys, usage plans; `rest_api_faults`, what moto has
            wrong; `rest_api_rules`, what AWS refuses and moto takes; `rest_api_operations` and `rest_api_imports`, what moto lacks
"""

import os

from lablib.cloud.moto_seam import clockwork

# moto reads this once, when it loads. With it, every answer would tell browsers that any page may read it.
os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
clockwork.install()
