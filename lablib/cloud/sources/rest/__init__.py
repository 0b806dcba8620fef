"""API Gateway's REST APIs: what was deployed to a stage answers at its address, and TestInvokeMethod without one.

`state`        every API as moto has it, kept so that no request waits for moto
`routes`       which resource and method a path leads to
`call`         a request to an API, and `context`, ``$context``, as events, templates and logs see it
`event`        the events of functions and authorizers
`reply`        what an API answers; what a function's proxy answer means
`failures`     the gateway's own answers, as an API's gateway responses have them
`guards`       who may call: resource policy, IAM; `authorizers`, Lambda's and their cache; `plans`, API keys and usage plans
`validation`   required parameters, and bodies against models
`mapping`      parameters from one side to the other; `templates`, bodies, in the Velocity Template Language
`log`          a request's execution log; `stage_logs`, what stages write to CloudWatch Logs
`integrations` what is behind a method: `functions`, `endpoints` (HTTP), other `services`, and answers that are made up (MOCK)
`gateway`      a request from its route to its answer
`desk`         operations that moto has not: TestInvokeMethod, TestInvokeAuthorizer, FlushStageAuthorizersCache
"""
