"""Whether a version can run now, and what its callers are told where it cannot: Invoke's, and the services that call functions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lablib.cloud.access.execution import RoleRefused
from lablib.cloud.api.errors import LambdaError, not_implemented
from lablib.cloud.api.images import cannot_run
from lablib.cloud.api.operations.updates import pending
from lablib.cloud.asynchronous.recursion import Recursion
from lablib.cloud.functions import FunctionVersion
from lablib.cloud.scaling.placement import Throttled
from lablib.environments.spec import DataPlaneError, RestoreFailed, RestoreTimedOut, RuntimeUnavailable, SnapshotLost

# DG snapstart-troubleshooting, 2026.
_NOT_READY = "Lambda is initializing your function. It will be ready to invoke once your function state becomes ACTIVE."


def check_runs(version: FunctionVersion) -> None:
    """Raise the API's error for a version that cannot be invoked now."""
    if version.state != "Active":
        raise _not_invocable(version)
    if version.package_type == "Image":
        raise cannot_run(version)


@contextmanager
def as_api_errors() -> Iterator[None]:
    """What goes wrong inside, but for the function's own errors, is raised as the API's error for it."""
    try:
        yield
    except Recursion as loop:
        raise LambdaError("RecursiveInvocationException", str(loop)) from loop
    except Throttled as refused:
        raise LambdaError("TooManyRequestsException", str(refused), Reason=refused.reason) from refused
    except RestoreTimedOut as error:
        raise LambdaError("SnapStartTimeoutException", str(error)) from error
    except (RestoreFailed, SnapshotLost) as error:
        raise LambdaError("SnapStartException", str(error)) from error
    except RuntimeUnavailable as error:
        raise not_implemented(str(error)) from error
    except RoleRefused as error:
        raise LambdaError("AccessDeniedException", str(error)) from error
    except DataPlaneError as error:
        raise LambdaError("ServiceException", str(error)) from error


def _not_invocable(version: FunctionVersion) -> LambdaError:
    """What an invocation of a version answers that is not ``Active``.

    The guide names ``ResourceConflictException`` beside the first, and no code for the second: unconfirmed.
    """
    if not version.has_snapshot:
        return pending(version)
    if version.state == "Failed":
        return LambdaError("SnapStartException", version.state_reason[1])
    return LambdaError("SnapStartNotReadyException", _NOT_READY)
