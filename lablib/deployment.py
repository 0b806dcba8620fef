"""`lab.deploy`: create or update a function with plain boto3, and say what was done."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lablib.aws.role import ensure_role
from lablib.errors import SourceError
from lablib.models.limits import MEMORY_MB_PER_VCPU, vcpus
from lablib.packaging import NotPackageable, Package, from_path


@dataclass(frozen=True)
class Settings:
    """What `lab.deploy` was told; None where it was told nothing. `memory` in MB, `timeout` in seconds."""

    handler: str | None
    runtime: str | None
    role: str | None
    layers: Sequence[str] | None
    environment: Mapping[str, str] | None
    memory: int
    timeout: int

    def configuration(self) -> dict[str, Any]:
        """The part of CreateFunction's and UpdateFunctionConfiguration's input that both have."""
        given: dict[str, Any] = {"MemorySize": self.memory, "Timeout": self.timeout, "Runtime": self.runtime or this_runtime()}
        if self.layers is not None:
            given["Layers"] = list(self.layers)
        if self.environment is not None:
            given["Environment"] = {"Variables": dict(self.environment)}
        return given


def this_runtime() -> str:
    """The Lambda runtime of the interpreter at hand, as `python3.11`."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def deploy(lambda_: Any, iam: Any, name: str, source: str | os.PathLike[str] | Package, settings: Settings) -> None:
    """Create the function or update it, wait until it can be invoked, and print what it is now.

    `lambda_` and `iam` are boto3 clients. Raises `SourceError`; botocore's errors pass through.
    """
    try:
        package = source if isinstance(source, Package) else from_path(source)
    except NotPackageable as error:
        raise SourceError(str(error)) from None
    handler = settings.handler or package.default_handler
    given = settings.configuration() | {"FunctionName": name, "Handler": handler}
    try:
        lambda_.get_function_configuration(FunctionName=name)
    except lambda_.exceptions.ResourceNotFoundException:
        role = settings.role or ensure_role(iam)
        lambda_.create_function(Role=role, Code={"ZipFile": package.content}, **given)
        lambda_.get_waiter("function_active_v2").wait(FunctionName=name)
        done = "created"
    else:
        if settings.role is not None:
            given["Role"] = settings.role
        lambda_.update_function_configuration(**given)
        lambda_.get_waiter("function_updated_v2").wait(FunctionName=name)
        lambda_.update_function_code(FunctionName=name, ZipFile=package.content)
        lambda_.get_waiter("function_updated_v2").wait(FunctionName=name)
        done = "updated"
    print(f"{name}: {done}, {given['Runtime']}, {settings.memory} MB, timeout {settings.timeout} s")
    for remark in remarks(package, handler, settings):
        print(remark)


def remarks(package: Package, handler: str, settings: Settings) -> list[str]:
    """What the learner should know before the first invocation: a sentence each."""
    said = []
    is_python = (settings.runtime or "python").startswith("python")
    if is_python and not settings.layers and (complaint := package.complaint(handler)):
        said.append(f"Warning: {complaint}")
    if settings.memory > (full := full_share_mb()):
        said.append(
            f"Note: on AWS {settings.memory} MB comes with {vcpus(settings.memory):.1f} vCPU; this machine has that share up to "
            f"{full} MB."
        )
    return said


def full_share_mb() -> int:
    """The largest memory, in MB, whose CPU share this machine has in full."""
    from lablib.environments.host import cores  # here, since a notebook needs nothing else of the data plane

    return int(cores() * MEMORY_MB_PER_VCPU)
