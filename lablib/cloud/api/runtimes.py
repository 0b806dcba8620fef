"""Which runtimes a function may have, today on the cloud's clock.

The model's enum names every runtime there ever was; `lablib.models.runtimes` says until when each may be used.
"""

from __future__ import annotations

from datetime import date

from botocore.model import ServiceModel

from lablib.cloud.api.errors import LambdaError, invalid_parameter, not_implemented
from lablib.models.runtimes import LIFECYCLES, may_create, may_update


def check_runtime(runtime: str, service: ServiceModel, today: date) -> None:
    """Raise unless a function may be given this runtime."""
    known: list[str] = service.shape_for("Runtime").enum
    if runtime not in known:
        offered = ", ".join(name for name in known if may_create(name, today))
        raise invalid_parameter(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{offered}] or be a valid ARN"
        )
    if runtime == "custom":
        raise not_implemented("Lambda Lab does not have customer-managed runtimes ('custom').")
    if not may_create(runtime, today):
        raise _blocked(runtime)


def check_update(runtime: str, today: date) -> None:
    """Raise if a function that has this runtime may no longer be changed, unless the change is to give it another one."""
    if not may_update(runtime, today):
        raise _blocked(runtime)


def _blocked(runtime: str) -> LambdaError:
    return invalid_parameter(
        f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. "
        f"We recommend you use the new runtime ({LIFECYCLES[runtime].successor}) while creating or updating functions."
    )
