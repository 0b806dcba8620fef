"""The data plane: processes that are execution environments.

Its door is `DataPlane` (dataplane.py), which the control plane holds. Behind it a
supervisor process (supervisor.py) keeps every environment (environment.py): its
Runtime API (runtime_api.py), its sandbox (spawner/), its meters (meter.py), its
log pipe (logpipe.py). Environments that are restored, with SnapStart, have machines of
their own (restored.py). No module here knows moto or boto3.

What is not here yet has its place. Extensions: processes that a Machine starts beside the
runtime, before it, and routes of the Runtime API; INIT and each invocation would end when
they too have asked for the next event, and a SHUTDOWN phase come before `Machine.close`.
Durable functions: an invocation that is suspended and replayed is one of the control plane's,
each part of it a plain `DataPlane.invoke`. Capacity providers and tenant isolation: more
in the key by which the placement chooses an environment (cloud/scaling/placement.py), and for the
former environments that run several invocations at once, one Runtime API's /next for each.
"""

from lablib.environments.dataplane import DataPlane
from lablib.environments.spec import (
    DataPlaneError,
    EnvironmentSpec,
    Initialized,
    Invocation,
    LogItem,
    Outcome,
    RuntimeUnavailable,
    SupervisorLost,
)

__all__ = [
    "DataPlane",
    "DataPlaneError",
    "EnvironmentSpec",
    "Initialized",
    "Invocation",
    "LogItem",
    "Outcome",
    "RuntimeUnavailable",
    "SupervisorLost",
]
