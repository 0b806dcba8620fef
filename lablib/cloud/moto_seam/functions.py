"""moto's own Lambda, of which nothing here asks anything: what does is told that it cannot be done.

It would find a function that there is not, and keep one that nobody can call.

Touches: `moto.awslambda.utils.get_backend`; `moto.awslambda.models.lambda_backends`, where CloudFormation makes functions and SES
looks for them.
"""

from __future__ import annotations

from typing import Any

from lablib.cloud.moto_seam import clockwork

_SENTENCE = "this service and functions"


class _None:
    """In place of the backends by account."""

    def __getitem__(self, account: str) -> Any:
        raise NotImplementedError(_SENTENCE)


def shut() -> None:
    """Have moto's own Lambda answer nobody, from when it is loaded."""
    clockwork.when_loaded("moto.awslambda.utils", _shut_utils)
    clockwork.when_loaded("moto.awslambda.models", _shut_models)


def _shut_utils(module: Any) -> None:
    def get_backend(account_id: str, region: str) -> Any:
        raise NotImplementedError(_SENTENCE)

    module.get_backend = get_backend


def _shut_models(module: Any) -> None:
    module.lambda_backends = _None()
