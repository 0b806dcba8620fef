"""The data plane: processes that are execution environments.

Its door is `DataPlane` (dataplane.py), which the control plane holds. Behind it a
supervisor process (supervisor.py) keeps every environment (environment.py): its
Runtime API (runtime_api.py), its sandbox (spawner/), its meters (meter.py), its
log pipe (logpipe.py). No module here knows moto or boto3.
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
