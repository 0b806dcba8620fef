"""The environment variables that a function sees: those that it sees on AWS, and the user's.

Names: DG configuration-envvars ("Defined runtime environment variables"), 2026; values, and
the four that are not documented, as seen in functions (2020 to 2024). What AWS does not set is AWS_ENDPOINT_URL, and the variable
that keeps SDKs from putting a word before its host, as StartSyncExecution's `sync-`: no such name of this machine resolves.
"""

from __future__ import annotations

import re

from lablib.cloud.functions import FunctionVersion
from lablib.cloud.moto_seam.roles import Credentials

# Of every function, whatever its runtime.
FIXED = {
    "LANG": "en_US.UTF-8",
    "TZ": ":UTC",
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
    "LAMBDA_TASK_ROOT": "/var/task",
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
    "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
    "AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000",
    # Not documented.
    "_AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1",
    "_AWS_XRAY_DAEMON_PORT": "2000",
    "PWD": "/var/task",
    "SHLVL": "0",
}


def variables(
    version: FunctionVersion, log_stream: str, credentials: Credentials, *, region: str, endpoint: str
) -> dict[str, str]:
    """Everything the function sees, but for the Runtime API's address."""
    own = {
        "_HANDLER": version.handler,
        **({} if version.runtime.startswith("provided") else _managed(version.runtime)),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_LAMBDA_FUNCTION_NAME": version.name,
        "AWS_LAMBDA_FUNCTION_VERSION": version.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(version.memory_size),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": version.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }
    return {**FIXED, **_of_the_runtime(version.runtime), **version.environment, **own, **_logging(version)}


def _managed(runtime: str) -> dict[str, str]:
    """Not for OS-only runtimes: the identifier (DG configuration-envvars, 2026), and where AWS's own client, which removes the
    variable, writes framed logs (aws-lambda-runtime-interface-emulator, 2026-01-02)."""
    return {"AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}", "_LAMBDA_TELEMETRY_LOG_FD": "3"}


def _of_the_runtime(runtime: str) -> dict[str, str]:
    """Where a runtime looks for modules (as seen in functions, 2023 to 2026; Ruby's as in the images of 2019 and notes of 2024)."""
    family, number = re.match(r"([a-z]*)([\d.]*)", runtime).groups()  # type: ignore[union-attr]
    if family == "python":
        return {"PYTHONPATH": "/var/runtime"}
    if family == "nodejs":
        own = f"/opt/nodejs/node{number.rstrip('.')}/node_modules"
        return {"NODE_PATH": f"{own}:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task"}
    if family == "ruby":
        gems = ("/var/task/vendor/bundle/ruby", "/opt/ruby/gems", "/var/runtime/ruby")
        return {
            "GEM_HOME": "/var/runtime",
            "GEM_PATH": ":".join(f"{folder}/{number}.0" for folder in gems),
            "RUBYLIB": "/var/task:/var/runtime/lib:/opt/ruby/lib",
        }
    return {}


def _logging(version: FunctionVersion) -> dict[str, str]:
    """What AWS's runtime clients, and custom ones, are told of the log (DG monitoring-cloudwatchlogs-log-level, 2026)."""
    settings = version.settings.get("LoggingConfig", {})
    if settings.get("LogFormat") != "JSON":
        return {}
    return {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": settings["ApplicationLogLevel"]}
