"""`lab.deploy`: create or update a function with plain boto3, and say what was done."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
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
    architecture: str | None = None

    def configuration(self) -> dict[str, Any]:
        """The part of CreateFunction's and UpdateFunctionConfiguration's input that both have."""
        given: dict[str, Any] = {"MemorySize": self.memory, "Timeout": self.timeout}
        if self.layers is not None:
            given["Layers"] = list(self.layers)
        if self.environment is not None:
            given["Environment"] = {"Variables": dict(self.environment)}
        return given


def this_runtime() -> str:
    """The Lambda runtime of the interpreter at hand, as `python3.11`."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def this_architecture() -> str:
    """This machine's processor as Lambda calls it: `x86_64` or `arm64`."""
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def deploy(lambda_: Any, iam: Any, name: str, source: str | os.PathLike[str] | Package, settings: Settings) -> None:
    """Create the function or update it, wait until it can be invoked, and print what it is now.

    `lambda_` and `iam` are boto3 clients. Raises `SourceError`; botocore's errors pass through.
    """
    package = packaged(source, settings)
    runtime = settings.runtime or _runtime_of(package)
    handler = settings.handler or package.default_handler
    if handler is None:
        raise SourceError(_nameless(source, package))
    given = settings.configuration() | {"FunctionName": name, "Handler": handler, "Runtime": runtime}
    architecture = settings.architecture or package.architecture
    code = {"Architectures": [architecture]} if architecture else {}
    try:
        lambda_.get_function_configuration(FunctionName=name)
    except lambda_.exceptions.ResourceNotFoundException:
        role = settings.role or ensure_role(iam)
        lambda_.create_function(Role=role, Code={"ZipFile": package.content}, **given, **code)
        lambda_.get_waiter("function_active_v2").wait(FunctionName=name)
        done = "created"
    else:
        if settings.role is not None:
            given["Role"] = settings.role
        lambda_.update_function_configuration(**given)
        lambda_.get_waiter("function_updated_v2").wait(FunctionName=name)
        lambda_.update_function_code(FunctionName=name, ZipFile=package.content, **code)
        lambda_.get_waiter("function_updated_v2").wait(FunctionName=name)
        done = "updated"
    chosen = "" if runtime.startswith("python") else f", handler {handler}"
    print(f"{name}: {done}, {runtime}{chosen}, {settings.memory} MB, timeout {settings.timeout} s")
    for remark in remarks(package, handler, settings):
        print(remark)


def _nameless(source: object, package: Package) -> str:
    example = _EXAMPLES[package.family]
    what, option = ("this cell", f"--handler {example}") if package.is_cell else (source, f'handler="{example}"')
    return f"Nothing in {what} tells which method is the handler. Name it: {option}."


_EXAMPLES = {"java": "example.Hello::handleRequest", "dotnet": "Assembly::Namespace.Class::Method"}
_EXAMPLES |= {"nodejs": "index.handler", "ruby": "lambda_function.lambda_handler"}


def packaged(source: str | os.PathLike[str] | Package, settings: Settings) -> Package:
    """The source as a deployment package, compiled where it has to be.

    Raises `SourceError` when there is none to be made of it: for a mistake in the code with what the compiler said.
    """
    if isinstance(source, Package):
        return source
    from lablib.toolbox import workshop  # here, since most functions are Python and nothing is compiled for them

    try:
        return from_path(source, workshop(settings.runtime, settings.architecture))
    except NotPackageable as error:
        raise SourceError(str(error)) from None


def _runtime_of(package: Package) -> str:
    """The runtime of a package when none is named: for Python the interpreter at hand, else what fits the toolchain."""
    if package.family == "python":
        return this_runtime()
    from lablib.toolbox import runtime_for

    return runtime_for(package.family, date.today())


def remarks(package: Package, handler: str, settings: Settings) -> list[str]:
    """What the learner should know before the first invocation: a sentence each."""
    said = []
    is_python = (settings.runtime or package.family).startswith("python")
    if is_python and not settings.layers and (complaint := package.complaint(handler)):
        said.append(f"Warning: {complaint}")
    if package.family in ("nodejs", "ruby"):
        from lablib.toolbox import syntax_error  # here, as above

        if complaint := syntax_error(package, handler):
            said.append(f"Warning: {complaint}")
    architecture = settings.architecture or package.architecture
    if package.family == "provided" and architecture not in (None, this_architecture()):
        said.append(f"Note: this machine is {this_architecture()}: a program for {architecture} runs on AWS, and not here.")
    if package.note:
        said.append(f"Note: {package.note}")
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
