"""What a task's error is called, and what a task answers, where moto's interpreter says it otherwise than AWS.

Touches, in modules below `moto.stepfunctions.parser.asl.component.state.exec.state_task`: `StateTaskLambda._from_error`,
`StateTaskServiceLambda._from_error`, its module's `_SUPPORTED_API_PARAM_BINDINGS`; `lambda_eval_utils._invoke_lambda_function`,
`.LambdaFunctionErrorException`, `.execute_lambda_function_integration`; `StateTaskServiceAwsSdk._from_error`, its module's
`_SERVICE_ERROR_NAMES`, `StateTaskService._SERVICE_NAME_SFN_TO_BOTO_OVERRIDES`, `._normalise_parameters`, `._normalise_response`,
`._to_boto_request`, `._from_boto_response`; `StateTaskServiceEvents`, `StateTaskServiceSqs`, `StateTaskServiceDynamoDB`,
`StateTaskServiceSfn` and their `_from_error`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lablib.cloud.moto_seam import clockwork
from lablib.cloud.moto_seam.stepfunctions import clients

_TASKS = "asl.component.state.exec.state_task"

# What AWS's SDK for Java, by which Step Functions calls, has exceptions of its own for. Every other refusal is
# AWSLambdaException, a role's lack of permission among them.
_NAMED = (
    "CodeStorageExceededException", "CodeVerificationFailedException", "EC2AccessDeniedException", "EC2ThrottledException",
    "EC2UnexpectedException", "EFSIOException", "EFSMountConnectivityException", "EFSMountFailureException",
    "EFSMountTimeoutException", "ENILimitReachedException", "InvalidParameterValueException", "InvalidRequestContentException",
    "InvalidRuntimeException", "InvalidSecurityGroupIDException", "InvalidSubnetIDException", "InvalidZipFileException",
    "KMSAccessDeniedException", "KMSDisabledException", "KMSInvalidStateException", "KMSNotFoundException",
    "RecursiveInvocationException", "RequestTooLargeException", "ResourceConflictException", "ResourceNotFoundException",
    "ResourceNotReadyException", "ServiceException", "SnapStartException", "SnapStartNotReadyException", "SnapStartTimeoutException",
    "SubnetIPAddressLimitReachedException", "TooManyRequestsException", "UnsupportedMediaTypeException",
)  # fmt: skip

# aws-sdk:NAME as it stands in error names, which are those of the SDK for Java; any other has a capital at its beginning.
_JAVA_NAMES = {
    "apigateway": "ApiGateway", "cloudwatch": "CloudWatch", "cloudwatchlogs": "CloudWatchLogs", "dynamodb": "DynamoDb",
    "eventbridge": "EventBridge", "secretsmanager": "SecretsManager",
}  # fmt: skip
# aws-sdk:NAME where botocore's name is another.
_BOTO_NAMES = {"cloudwatchlogs": "logs", "eventbridge": "events", "dynamodbstreams": "dynamodbstreams", "sfn": "stepfunctions"}


def install(parser: str) -> None:
    """Have all this done when the interpreter, whose package is `parser`, loads."""
    for name, correct in _CORRECTIONS.items():
        clockwork.when_loaded(f"{parser}.{_TASKS}.{name}", correct)


# --- Lambda ---------------------------------------------------------------------------


def lambda_failure(error: Exception) -> tuple[str, str] | None:
    """Error and cause of an invocation that failed; None for what did not fail at Lambda."""
    if isinstance(error, ClientError):
        return _refused(error)
    if isinstance(error, BotoCoreError):
        return "Lambda.SdkClientException", str(error)
    if type(error).__name__ != "LambdaFunctionErrorException":
        return None
    payload = str(error.payload)  # type: ignore[attr-defined]
    try:
        kind = json.loads(payload).get("errorType")
    except (ValueError, AttributeError):
        kind = None
    if kind:
        return str(kind), payload
    return "Lambda.Unknown", (
        "The cause could not be determined because Lambda did not return an error type. Returned payload: " + payload
    )


def _refused(error: ClientError) -> tuple[str, str]:
    code = error.response["Error"]["Code"]
    return f"Lambda.{code if code in _NAMED else 'AWSLambdaException'}", _cause(error, "AWSLambda")


def _cause(error: ClientError, service: str) -> str:
    told = error.response["Error"]
    answer = error.response["ResponseMetadata"]
    return (
        f"{told.get('Message', '')} (Service: {service}; Status Code: {answer['HTTPStatusCode']}; Error Code: {told['Code']}; "
        f"Request ID: {answer.get('RequestId', '')}; Proxy: null)"
    )


def _failure(env: Any, event_type: str, key: str, error: str, cause: str, **more: Any) -> Any:
    from moto.stepfunctions.parser.api import HistoryEventType
    from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent

    details = {key: {"error": error, "cause": cause, **more}}
    return FailureEvent(env=env, error_name=ErrorName(error), event_type=HistoryEventType(event_type), event_details=details)


def _name_by_arn(module: Any) -> None:
    original = module.StateTaskLambda._from_error

    def from_error(task: Any, env: Any, ex: Exception) -> Any:
        told = lambda_failure(ex)
        if told is None:
            return original(task, env=env, ex=ex)
        return _failure(env, "LambdaFunctionFailed", "lambdaFunctionFailedEventDetails", *told)

    module.StateTaskLambda._from_error = from_error


def _name_integration(module: Any) -> None:
    module._SUPPORTED_API_PARAM_BINDINGS["invoke"].add("InvocationType")
    _named(module.StateTaskServiceLambda, lambda task, error: lambda_failure(error))


def _named(cls: Any, tell: Callable[[Any, Exception], tuple[str, str] | None]) -> None:
    """Have a service's failed task say error and cause as `tell` does, where that is not None."""
    original = cls._from_error

    def from_error(task: Any, env: Any, ex: Exception) -> Any:
        told = tell(task, ex)
        if told is None:
            return original(task, env=env, ex=ex)
        where = {"resource": task._get_sfn_resource(), "resourceType": task._get_sfn_resource_type()}
        return _failure(env, "TaskFailed", "taskFailedEventDetails", *told, **where)

    cls._from_error = from_error


def _answer_of_lambda(module: Any) -> None:
    """What an invocation answers: moto leaves out how HTTP answered, which AWS shows."""

    def execute(env: Any, parameters: dict[str, Any], region: str, state_credentials: Any) -> None:
        answer = module._invoke_lambda_function(parameters=parameters, region=region, state_credentials=state_credentials)
        if answer.get("FunctionError"):
            text = json.dumps(answer["Payload"], separators=(",", ":"), ensure_ascii=False)
            raise module.LambdaFunctionErrorException(answer["FunctionError"], text)
        metadata = answer.pop("ResponseMetadata")
        headers = metadata["HTTPHeaders"]
        answer["SdkHttpMetadata"] = {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": dict(headers),
            "HttpStatusCode": metadata["HTTPStatusCode"],
        }
        answer["SdkResponseMetadata"] = {"RequestId": metadata["RequestId"]}
        env.stack.append(answer)

    module.execute_lambda_function_integration = execute


# --- other services -------------------------------------------------------------------


def _sdk_failure(task: Any, error: Exception) -> tuple[str, str] | None:
    """``S3.NoSuchKeyException``; what the service's model has no exception for is the service's own: ``S3.S3Exception``."""
    name = task.resource.api_name
    service = _JAVA_NAMES.get(name.lower(), name[:1].upper() + name[1:])
    if isinstance(error, BotoCoreError):
        return f"{service}.SdkClientException", str(error)
    if not isinstance(error, ClientError):
        return None
    kind = type(error).__name__
    kind = service if kind == "ClientError" else kind
    answer = error.response["ResponseMetadata"]
    cause = (
        f"{error.response['Error'].get('Message', '')} (Service: {service}, Status Code: {answer['HTTPStatusCode']}, "
        f"Request ID: {answer.get('RequestId', '')})"
    )
    return f"{service}.{kind.removesuffix('Exception')}Exception", cause


def _name_sdk(module: Any) -> None:
    _named(module.StateTaskServiceAwsSdk, _sdk_failure)


def _by_boto_names(module: Any) -> None:
    """Members of requests and answers begin with a capital in a definition, and are botocore's where moto calls the service."""
    task = module.StateTaskService
    task._SERVICE_NAME_SFN_TO_BOTO_OVERRIDES.update(_BOTO_NAMES)

    def ask(it: Any, parameters: dict[str, Any], boto_service_name: str | None = None, service_action_name: str | None = None) -> None:
        operation = clients.operation(it._get_boto_service_name(boto_service_name), it._get_boto_service_action(service_action_name))
        if operation is not None and operation.input_shape is not None:
            it._to_boto_request(parameters, operation.input_shape)

    def hear(it: Any, response: Any, boto_service_name: str | None = None, service_action_name: str | None = None) -> None:
        operation = clients.operation(it._get_boto_service_name(boto_service_name), it._get_boto_service_action(service_action_name))
        if operation is not None and operation.output_shape is not None:
            it._from_boto_response(response, operation.output_shape)

    task._normalise_parameters, task._normalise_response = ask, hear


def _name_events(module: Any) -> None:
    """That a refusal of PutEvents bears this name is unconfirmed; a failed entry is moto's, and AWS's."""

    def tell(task: Any, error: Exception) -> tuple[str, str] | None:
        if not isinstance(error, ClientError):
            return None
        return f"EventBridge.{error.response['Error']['Code']}", _cause(error, "AmazonCloudWatchEvents")

    _named(module.StateTaskServiceEvents, tell)


def _name_sqs(module: Any) -> None:
    """AWS has this name in its own examples: ``SQS.AmazonSQSException``."""

    def tell(task: Any, error: Exception) -> tuple[str, str] | None:
        return ("SQS.AmazonSQSException", _cause(error, "AmazonSQS")) if isinstance(error, ClientError) else None

    _named(module.StateTaskServiceSqs, tell)


def _name_executions(module: Any) -> None:
    """A role's lack of permission bears the name that AWS's SDK for Java gives it."""

    def tell(task: Any, error: Exception) -> tuple[str, str] | None:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] == "AccessDeniedException":
            return "StepFunctions.AWSStepFunctionsException", _cause(error, "AWSStepFunctions")
        return None

    _named(module.StateTaskServiceSfn, tell)


def _name_dynamodb(module: Any) -> None:
    """What the service's model has no exception for is ``DynamoDB.AmazonDynamoDBException``, as AWS's own templates catch it."""

    def tell(task: Any, error: Exception) -> tuple[str, str] | None:
        return ("DynamoDB.AmazonDynamoDBException", _cause(error, "AmazonDynamoDBv2")) if type(error) is ClientError else None

    _named(module.StateTaskServiceDynamoDB, tell)


_CORRECTIONS: dict[str, Callable[[Any], None]] = {
    "lambda_eval_utils": _answer_of_lambda,
    "state_task_lambda": _name_by_arn,
    "service.state_task_service": _by_boto_names,
    "service.state_task_service_lambda": _name_integration,
    "service.state_task_service_aws_sdk": _name_sdk,
    "service.state_task_service_events": _name_events,
    "service.state_task_service_sqs": _name_sqs,
    "service.state_task_service_dynamodb": _name_dynamodb,
    "service.state_task_service_sfn": _name_executions,
}
