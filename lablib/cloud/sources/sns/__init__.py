"""SNS: functions that are subscribed to topics, and which messages a subscription gets.

moto keeps topics and subscriptions (`lablib.cloud.moto_seam.topics`).

`topics`    functions get messages, or the subscription's dead-letter queue does
`addresses` messages posted to addresses of HTTP
`filters`   filter policies: what they let through, and which SNS refuses
`checks`    what else SNS refuses of messages and subscriptions
"""
