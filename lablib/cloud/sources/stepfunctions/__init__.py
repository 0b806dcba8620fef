"""Step Functions: moto's interpreter runs the state machines (`lablib.cloud.moto_seam.stepfunctions`); their executions are kept here.

`service`     its desk at the front, and the door by which other services start executions
`operations`  the operations on executions
`machines`    the operations on state machines that moto lacks or does otherwise
`activities`  GetActivityTask
`journals`    the lines of executions on their way to CloudWatch Logs
`trials`      TestState
`definitions` what is wrong with a definition, in AWS's words
`errors`      what is refused; `pages`, lists in pages
"""

from lablib.cloud.sources.stepfunctions.service import StepFunctions

__all__ = ["StepFunctions"]
