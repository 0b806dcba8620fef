"""Event source mappings of SQS queues.

`source`     what a queue's mapping may be, and what it needs
`poller`     receives, calls, deletes
`batches`    one batch and its way through the function
`scaling`    how many batches at a time
`records`    messages as the function sees them, and as filters do
"""
