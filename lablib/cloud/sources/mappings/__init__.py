"""Event source mappings: Lambda reads a queue or a stream, and calls a function with what it finds.

`mapping`    one mapping: what it joins, its settings, its state
`kinds`      what each kind of source brings: what it takes of the API, its checks, its poller
`answers`    what a function says of a batch's records
`metrics`    what a mapping tells CloudWatch
`registry`   the mappings of a cloud, and how each goes from state to state
`queues`     mappings of SQS queues
`streams`    mappings of Kinesis streams and of DynamoDB tables' streams
"""
