"""moto's interpreter of state machines, in this cloud: on its clock, through its door, and AWS's where moto's is otherwise.

`interpreter`  when it is loaded, and what it is given
`executions`   executions: their start, their life and their end, and the tasks that wait for somebody
`mapruns`      what becomes of the items of a distributed Map
`machines`     state machines, their versions and aliases, as moto keeps them
`threads`      the threads and waits of the interpreter, on the cloud's clock
`clients`      the services that it calls, with the role's own credentials
`corrections`  what it does otherwise than AWS
`language`     the States Language, where moto reads or computes it otherwise
`tasks`        what failed tasks are called, and what tasks answer
`journal`      an execution's events in CloudWatch Logs
`events`       what EventBridge hears of executions
`trials`       one state, run by itself
`jsonata`      JSONata
"""
