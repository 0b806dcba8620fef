"""Whether code may be deployed to a function that has a code signing configuration."""

from __future__ import annotations

from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import LambdaError
from lablib.cloud.functions.code_signing import CodeSigningConfig


def existing_for_function(call: Call, arn: str) -> CodeSigningConfig:
    """The configuration that a function is to have. Raises ``CodeSigningConfigNotFoundException``."""
    config = call.functions.signing.find(arn)
    if config is None:
        # AWS's words, captured in 2023.
        sentence = "The code signing configuration cannot be found. Check that the provided configuration is not deleted"
        raise LambdaError("CodeSigningConfigNotFoundException", f"{sentence}: {arn}.")
    return config


def check_signature(call: Call, function_arn: str, config_arn: str | None) -> None:
    """Raise ``CodeVerificationFailedException`` if the function's configuration wants its code and layers signed.

    Nothing here is: there is no AWS Signer. What only warns lets them through, as on AWS.
    """
    if not config_arn or existing_for_function(call, config_arn).untrusted != "Enforce":
        return
    # AWS's words, captured in 2023.
    raise LambdaError(
        "CodeVerificationFailedException",
        "Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not "
        f"configured to accept. Check the provided signature for {function_arn}.",
    )
