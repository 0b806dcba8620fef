"""Event source mappings of Kinesis streams and of DynamoDB tables' streams.

`kinds`      what the two take of the API, and what is refused
`poller`     one mapping at work: on the event loop, on the cloud's clock
`shards`     which shards are read, from where, and in which order
`lane`       one sequence of records, read, gathered, tried and tried again: pure
`batches`    what is given to a function at a time
`reports`    what a function's answer says of a batch
`windows`    tumbling windows
`events`     records as functions get them and as filters see them
`failures`   what a destination gets of records that were given up
"""
