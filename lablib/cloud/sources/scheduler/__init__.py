"""EventBridge Scheduler: schedules in groups, with time zones, on the cloud's clock.

`desk`      what it refuses, in AWS's words; moto keeps what it takes
`service`   which schedules there are, and when each is due
`delivery`  one run of a schedule: attempts, retries, the dead-letter queue
`targets`   what a target's ARN and parameters mean: one request to another service
"""
