"""Asynchronous invocation: who asks gets a 202 at once, and the event waits in a queue for its function.

`queue`       the events of each function, from being accepted to their end; `event` is one of them
`policy`      when an event is tried again and when it is given up: pure arithmetic
`recursion`   which events are stopped, since they run in circles
`window`      how many of a function's events are tried at a time
`settings`    a function's event invoke configuration
`targets`     what may receive an event's end: queues, topics, functions, event buses, buckets
`record`      the JSON document that a destination gets, and a dead-letter queue's attributes
`deliveries`  brings them there, to the services behind `neighbours`
"""
