"""Every quota of a Lambda function ("event function"): how much, what happens beyond it, and what to use instead.

Sources, read 2026-11-23: DG = AWS Lambda Developer Guide, where no page is named its "Lambda quotas" (gettingstarted-limits);
BOTO = botocore 1.44.5's service model of 2026-11-17. A number that the local cloud holds is the one in `limits`; the others stand
here. The words of an error are AWS's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from lablib.models import limits, mappings, queues

_GB: Final = 1024
"""MB."""
_DURABLE_S: Final = 366 * 86_400


@dataclass(frozen=True)
class Alternative:
    """Something to use instead.

    Attributes
    ----------
    what : str
        As a phrase: "a container image of up to 10 GB".
    up_to : float or None
        How far it reaches, in the quota's unit; None when the quota does not apply to it.
    source : str
        Of `up_to`.
    """

    what: str
    up_to: float | None = None
    source: str = ""


@dataclass(frozen=True)
class Quota:
    """One quota.

    Attributes
    ----------
    key : str
        Its name in `QUOTAS`, with its unit; for what a piece of work needs also the name of an argument of `fits`.
    name : str
        As a reader says it: "running time of one invocation".
    most : float
        What is allowed, in `unit`.
    unit : str
    beyond : str
        What happens to whoever wants more.
    instead : tuple of Alternative
        The nearest first.
    source : str
    raised : str
        How far AWS raises it on request; empty when it does not.
    """

    key: str
    name: str
    most: float
    unit: str
    beyond: str
    instead: tuple[Alternative, ...]
    source: str
    raised: str = ""


_or = Alternative
_S3 = _or("an object in S3, and its key in the event or the answer")
_QUEUE = _or("an SQS queue in front: messages wait, and MaximumConcurrency says how many run at once")
_IMAGE = _or("a container image of up to 10 GB", 10 * _GB, "DG, 10 GB uncompressed, 2026")
_RAISED = _or("a higher quota: Service Quotas raises it to tens of thousands on request", 99_999, "DG: tens of thousands, 2026")
_DATA = _or("data and models in S3, or on a shared file system (EFS), loaded as the environment starts")
_SERVERS = _or("a container on ECS with Fargate, or AWS Batch")
_NOT_ON = "the execution cannot go on (with which error AWS does not say)"
_MANAGED = "a function on Lambda Managed Instances"

_RUN: Final = (
    Quota("duration_s", "running time of one invocation", limits.TIMEOUT_S.highest, "s",
          "Lambda kills the process at the timeout, in the middle of whatever it does: Sandbox.Timedout",
          (_or("pieces that each fit, called one after the other by a Step Functions workflow of up to a year", 365 * 86_400,
               "Step Functions Developer Guide, Standard workflows run up to a year, 2026"),
           _or("a durable function of up to 366 days: steps that each fit, with a checkpoint after each",
           _DURABLE_S, "BOTO DurableConfig"),
           _or(f"{_MANAGED}, called asynchronously or by most event sources: 90 minutes",
           limits.MANAGED_INSTANCES_TIMEOUT_S, "BOTO CreateFunctionRequest.Timeout"),
           _or("a Lambda MicroVM: 8 hours", 28_800, "DG, 8 hours, 2026"), _SERVERS),
          limits.TIMEOUT_S.source),
    Quota("memory_mb", "memory of one environment", limits.MEMORY_MB.highest, "MB",
          "Lambda kills the process when it needs more than it was given: Runtime.OutOfMemory",
          (_or("reading in pieces: what is streamed never lies in memory as a whole"),
           _or(f"{_MANAGED}, with up to 32 GB", limits.MANAGED_INSTANCES_MEMORY_MB,
               "BOTO MemorySize; AWS names no other maximum, 2026"), _SERVERS),
          limits.MEMORY_MB.source),
    Quota("init_s", "start-up before the handler (INIT)", limits.INIT_TIMEOUT_S, "s",
          "INIT is stopped and begins again inside the first invocation, under the function's timeout",
          (_or("less work above the handler: import and load when it is first needed"),
           _or("provisioned concurrency or SnapStart, which run INIT ahead, for 130 s or the function's timeout if that is more",
               limits.TIMEOUT_S.highest, "DG lambda-runtime-environment: 130 s, or up to 15 minutes, 2026")),
          "DG lambda-runtime-environment, 2026"),
    Quota("tmp_mb", "files in /tmp", limits.EPHEMERAL_STORAGE_MB.highest, "MB",
          "writing fails: No space left on device (512 MB are there unless EphemeralStorage says more)",
          (_or("streaming from S3 to S3, without a file"), _or("an EFS or S3 Files mount, which functions share"),
           _or("a function with an accelerator: 32 GB", limits.ACCELERATOR_EPHEMERAL_STORAGE_MB, "BOTO EphemeralStorage")),
          limits.EPHEMERAL_STORAGE_MB.source),
    Quota("open_files", "open files and connections of one environment", limits.FILE_DESCRIPTORS, "",
          "opening fails: Too many open files",
          (_or("closing what is read, and one connection pool above the handler"), _or(f"{_MANAGED}: 4,096",
          4_096, "DG, 2026")), "DG, 2026"),
    Quota("threads", "processes and threads of one environment", limits.PROCESSES_AND_THREADS, "",
          "starting one fails: can't start new thread",
          (_or("more invocations with fewer threads each: a queue, or a Map state of Step Functions"),), "DG, 2026"),
)

_PAYLOADS: Final = (
    Quota("payload_mb", "event or answer of a caller who waits", limits.REQUEST_BYTES / limits.MB, "MB",
          "the event: 413 RequestEntityTooLargeException; the answer: Function.ResponseSizeTooLarge, after the work is done",
          (_S3, _or("for the answer: a streamed response of up to 200 MB",
          limits.STREAMED_RESPONSE_BYTES / limits.MB, "DG, 2026")),
          "DG, 2026; BOTO payload shapes: 6,291,456 bytes"),
    Quota("event_mb", "asynchronous event", limits.ASYNC_REQUEST_BYTES / limits.MB, "MB",
          "413 RequestEntityTooLargeException, and nothing is queued",
          (_S3, _or("a caller who waits: 6 MB", limits.REQUEST_BYTES / limits.MB, "DG, 2026")), "DG, 2026; BOTO Invoke"),
    Quota("streamed_mb", "streamed response", limits.STREAMED_RESPONSE_BYTES / limits.MB, "MB",
          "what is beyond is not delivered; after its first 6 MB a stream runs at 2 MB a second",
          (_or("an object in S3 and a presigned link to it"),), "DG, 2026"),
    Quota("headers_mb", "request line and headers", 1, "MB", "the request is refused", (_or("the body"),), "DG, 2026"),
    Quota("client_context_bytes", "client context", limits.CLIENT_CONTEXT_BYTES, "bytes", "the request is refused",
          (_or("the event"),), "BOTO InvocationRequest"),
    Quota("log_tail_kb", "log that an answer carries (LogType=Tail)", limits.LOG_RESULT_BYTES / 1024, "KB",
          "the beginning is cut off", (_or("CloudWatch Logs, which has all of it"),), "BOTO InvocationResponse"),
)

_PACKAGE: Final = (
    Quota("package_mb", "code and layers, unzipped", limits.UNZIPPED_BYTES / limits.MB, "MB",
          "the deployment is refused: Unzipped size must be smaller than 262144000 bytes",
          (_IMAGE, _DATA, _SERVERS),
          "DG, 2026; GetAccountSettings: 262144000"),
    Quota("zipped_mb", "zip sent to Lambda's API", limits.ZIPPED_BYTES / limits.MB, "MB",
          "the request is refused: RequestEntityTooLargeException",
          (_or("the zip in S3, named by S3Bucket and S3Key", limits.UNZIPPED_BYTES / limits.MB, "DG: 250 MB unzipped, 2026"),
          _IMAGE, _DATA),
          "DG, 2026; GetAccountSettings: 52428800"),
    Quota("image_mb", "container image, uncompressed", 10 * _GB, "MB", "the function cannot be created from it",
          (_or("data on EFS or in S3"), _SERVERS), "DG, 2026"),
    Quota("image_settings_kb", "a container image's settings", 16, "KB", "the request is refused",
          (_or("settings in the image itself"),), "DG, 2026"),
    Quota("layers", "layers of a function", limits.LAYERS, "", "the setting is refused: Cannot reference more than 5 layers",
          (_or("two layers merged into one"), _or("the libraries in the function's own package"), _or("a container image")),
          "DG, 2026"),
    Quota("code_storage_gb", "all packages and layers of a Region", limits.CODE_STORAGE_BYTES / limits.MB / _GB, "GB",
          "CodeStorageExceededException", (_or("deleting old versions"), _or("self-managed code storage in S3")),
          "DG, document history of 2026-04-30 (older pages: 75 GB)"),
)

_SETTINGS: Final = (
    Quota("environment_kb", "environment variables together", limits.ENVIRONMENT_BYTES / 1024, "KB",
          "the setting is refused: Lambda was unable to configure your environment variables",
          (_or("Parameter Store or Secrets Manager, read in INIT"), _or("a file in the package"), _or("AppConfig")), "DG, 2026"),
    Quota("policy_kb", "resource-based policy", limits.RESOURCE_POLICY_BYTES / 1024, "KB", "PolicyLengthExceededException",
          (_or("one statement for many sources, with a wildcard in SourceArn"),), "DG, 2026; BOTO ResourcePolicy"),
    Quota("function_name", "characters of a function's name", limits.FUNCTION_NAME_CHARACTERS, "", "ValidationException",
          (_or("tags, and the description"),), "BOTO"),
    Quota("tags", "tags of a function", limits.TAGS, "", "InvalidParameterValueException", (_or("fewer tags"),),
          "Tagging AWS Resources User Guide, 2026: any resource; Lambda's own pages name no number"),
    Quota("subnets", "subnets of a function in a VPC", 16, "", "the setting is refused", (_or("fewer, larger subnets"),),
          "BOTO VpcConfig"),
    Quota("security_groups", "security groups of a function in a VPC", 5, "", "the setting is refused",
          (_or("one group with all the rules"),), "BOTO VpcConfig"),
    Quota("test_events", "test events of the console", 10, "", "the console saves no more", (_or("files beside the code"),),
          "DG, 2026"),
)

_TRAFFIC: Final = (
    Quota("concurrency", "invocations at the same time", limits.ACCOUNT_CONCURRENCY, "",
          "throttled: 429 TooManyRequestsException; events wait up to 6 hours, a waiting caller must try again",
          (_QUEUE, _RAISED, _or("a shorter duration: concurrency is requests a second times seconds")),
          "DG; of an account in a Region; a new account has less, 2026", "tens of thousands"),
    Quota("requests_per_s", "requests a second, of callers who wait",
          limits.ACCOUNT_CONCURRENCY * limits.REQUESTS_PER_SECOND_PER_CONCURRENCY, "", "throttled: 429 TooManyRequestsException",
          (_QUEUE, _or("a higher concurrency quota: ten requests a second for each unit",
          999_990, "DG lambda-concurrency, 2026")),
          "DG lambda-concurrency: ten times the concurrency quota, 2026", "ten times the concurrency"),
    Quota("starts_per_10s", "new environments of a function in 10 s", limits.SCALING_ENVIRONMENTS, "",
          "throttled until the next ones may start: 429 TooManyRequestsException",
          (_QUEUE, _or("provisioned concurrency before the peak")), "DG scaling-behavior, 2026"),
    Quota("reserved", "reserved concurrency of all functions",
          limits.ACCOUNT_CONCURRENCY - limits.UNRESERVED_CONCURRENCY_KEPT, "",
          "the setting is refused: 100 stay for the functions that reserve nothing", (_RAISED,),
          "DG; BOTO PutFunctionConcurrency", "tens of thousands"),
    Quota("event_age_s", "how long an asynchronous event is kept", limits.ASYNC_EVENT_AGE_S.highest, "s",
          "the event goes to the dead-letter queue or the destination, or is lost",
          (_or("an SQS queue, which keeps it for up to 14 days", queues.LONGEST_RETENTION_S, "SQS Developer Guide, 2026"),),
          limits.ASYNC_EVENT_AGE_S.source),
    Quota("async_retries", "retries of an asynchronous event that fails", limits.ASYNC_RETRIES.highest, "",
          "the event goes to the dead-letter queue or the destination, or is lost",
          (_or("an SQS queue with its redrive policy"),), limits.ASYNC_RETRIES.source),
    Quota("recursion", "runs of a function in one chain of events", limits.RECURSIVE_RUNS, "",
          "Lambda takes it for an endless loop and stops it", (_or("a Step Functions workflow that counts"),),
          "DG invocation-recursion: approximately 16, 2026"),
    Quota("network_interfaces", "network interfaces of a VPC", 500, "", "ENILimitReachedException",
          (_or("functions that share subnets and security groups share interfaces"),), "DG, 2026", "thousands"),
    Quota("get_function_per_s", "GetFunction calls a second", 100, "", "429 TooManyRequestsException",
          (_or("GetFunctionConfiguration's answer, kept"),), "DG, 2026"),
    Quota("get_policy_per_s", "GetPolicy calls a second", 15, "", "429 TooManyRequestsException", (_or("its answer, kept"),),
          "DG, 2026"),
    Quota("control_plane_per_s", "all other calls that manage functions, a second", 15, "", "429 TooManyRequestsException",
          (_or("one deployment of many functions: CloudFormation paces itself"),), "DG, 2026"),
)

_SOURCES: Final = (
    Quota("queue_batch", "messages in a batch of a standard queue", mappings.SQS_BATCH.highest, "", "the setting is refused",
          (_or("more batches at the same time"),), mappings.SQS_BATCH.source),
    Quota("fifo_batch", "messages in a batch of a FIFO queue", mappings.FIFO_BATCH.highest, "", "the setting is refused",
          (_or("more message groups, which run side by side"),), mappings.FIFO_BATCH.source),
    Quota("stream_batch", "records in a batch of a stream", mappings.STREAM_BATCH.highest, "",
          "the setting is refused; a batch also ends at 6 MB", (_or("ParallelizationFactor, or more shards"),),
          mappings.STREAM_BATCH.source),
    Quota("batch_window_s", "how long a batch is gathered", 300, "s", "the setting is refused",
          (_or("Firehose, which writes larger batches to S3"),), "BOTO MaximumBatchingWindowInSeconds"),
    Quota("filters", "filters of an event source mapping", mappings.FILTERS, "", "the setting is refused",
          (_or("one pattern that lists several values"),), "DG invocation-eventfiltering, 2026", "10"),
    Quota("queue_concurrency", "batches of one queue at the same time", mappings.SQS_HIGHEST_CONCURRENCY, "", "the queue grows",
          (_or("provisioned mode, ten batches a poller", mappings.SQS_CONCURRENCY_PER_POLLER * mappings.MAXIMUM_POLLERS.highest,
               "DG with-sqs; BOTO MaximumPollers"),), "DG services-sqs-scaling, 2026"),
)

_DURABLE: Final = (
    Quota("durable_s", "durable execution, from end to end", _DURABLE_S, "s", "the execution ends as TIMED_OUT",
          (_or("a new execution that goes on"),), "BOTO DurableConfig: 366 days"),
    Quota("durable_operations", "operations of a durable execution", 3_000, "", _NOT_ON,
          (_or("a child execution for each part"),), "DG, 2026"),
    Quota("durable_mb", "what a durable execution writes", 100, "MB", _NOT_ON, (_S3,), "DG, 2026"),
    Quota("durable_running", "durable executions running", 1_000_000, "", "a new one is refused", (_QUEUE,),
          "DG, 2026", "millions"),
)

QUOTAS: Final[Mapping[str, Quota]] = MappingProxyType(
    {quota.key: quota for quotas in (_RUN, _PAYLOADS, _PACKAGE, _SETTINGS, _TRAFFIC, _SOURCES, _DURABLE) for quota in quotas}
)
"""Every quota by its key, those of one invocation first."""
