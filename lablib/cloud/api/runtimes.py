"""Which runtimes CreateFunction takes.

The model's enum names every runtime there ever was. `RETIRED` are those that AWS blocks for new functions. The blocking
dates of all others lie in the future (from 2027-02-01 on; cfn-lint 1.58.0, file of 2026-10-20).
"""

from __future__ import annotations

from botocore.model import ServiceModel

from lablib.cloud.api.errors import invalid_parameter

# Deprecated so long ago that no list of blocking dates names them any more; their identifiers are still in the enum.
RETIRED = frozenset(
    "nodejs nodejs4.3 nodejs4.3-edge nodejs6.10 nodejs8.10 nodejs10.x nodejs12.x nodejs14.x nodejs16.x "
    "python2.7 python3.6 python3.7 dotnetcore1.0 dotnetcore2.0 dotnetcore2.1 dotnetcore3.1 go1.x ruby2.5 ruby2.7 "
    "provided".split()
)


def check_runtime(runtime: str, service: ServiceModel) -> None:
    """Raise ``InvalidParameterValueException`` if no new function may have this runtime."""
    known: list[str] = service.shape_for("Runtime").enum
    if runtime in RETIRED:
        raise invalid_parameter(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. "
            "We recommend you use a supported runtime while creating or updating functions."
        )
    if runtime not in known:
        offered = ", ".join(name for name in known if name not in RETIRED)
        raise invalid_parameter(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{offered}] or be a valid ARN"
        )
