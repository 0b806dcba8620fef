"""API Gateway's REST APIs: quotas, and the answers that the gateway gives itself.

Sources: API Gateway Developer Guide, "Quotas for configuring and running a REST API", "Gateway response types for API Gateway",
read 2026-11-23; bodies and ``x-amzn-ErrorType`` from captured answers, 2017 to 2026, where a line does not say otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

# Integration timeout; both are AWS's bounds for every integration type. (Regional APIs may ask for more since June 2024.)
INTEGRATION_TIMEOUT_MS = 29_000
SHORTEST_INTEGRATION_TIMEOUT_MS = 50
PAYLOAD_BYTES = 10 * 1024 * 1024
# How long an authorizer's answer is kept unless it says otherwise: API reference of CreateAuthorizer.
AUTHORIZER_TTL_S = 300
# What TestInvokeMethod calls its stage in source ARNs and events.
TEST_STAGE = "test-invoke-stage"


@dataclass(frozen=True)
class GatewayResponse:
    """An answer that API Gateway gives without an integration's.

    Attributes
    ----------
    error_type
        What stands in ``x-amzn-ErrorType``.
    message
        Of the body, where the case at hand has none of its own.
    """

    type: str
    status: int
    error_type: str
    message: str


def _all(*responses: GatewayResponse) -> dict[str, GatewayResponse]:
    return {response.type: response for response in responses}


_INTERNAL = "Internal server error"
# Error types of the second group are unconfirmed: named as the others are.
GATEWAY_RESPONSES = _all(
    GatewayResponse("ACCESS_DENIED", 403, "AccessDeniedException", "User is not authorized to access this resource"),
    GatewayResponse("AUTHORIZER_CONFIGURATION_ERROR", 500, "AuthorizerConfigurationException", ""),
    GatewayResponse("BAD_REQUEST_BODY", 400, "BadRequestException", "Invalid request body"),
    GatewayResponse("BAD_REQUEST_PARAMETERS", 400, "BadRequestException", "Missing required request parameters"),
    GatewayResponse("DEFAULT_5XX", 502, "InternalServerErrorException", _INTERNAL),
    GatewayResponse("INTEGRATION_FAILURE", 500, "InternalServerErrorException", _INTERNAL),
    GatewayResponse("INTEGRATION_TIMEOUT", 504, "InternalServerErrorException", "Endpoint request timed out"),
    GatewayResponse("API_CONFIGURATION_ERROR", 500, "InternalServerErrorException", _INTERNAL),
    GatewayResponse("INVALID_API_KEY", 403, "ForbiddenException", "Forbidden"),
    GatewayResponse("MISSING_AUTHENTICATION_TOKEN", 403, "MissingAuthenticationTokenException", "Missing Authentication Token"),
    GatewayResponse("QUOTA_EXCEEDED", 429, "LimitExceededException", "Limit Exceeded"),
    GatewayResponse("THROTTLED", 429, "TooManyRequestsException", "Too Many Requests"),
    GatewayResponse("UNAUTHORIZED", 401, "UnauthorizedException", "Unauthorized"),
    GatewayResponse("UNSUPPORTED_MEDIA_TYPE", 415, "BadRequestException", "Unsupported Media Type"),
    #
    GatewayResponse("AUTHORIZER_FAILURE", 500, "AuthorizerFailureException", ""),
    GatewayResponse("EXPIRED_TOKEN", 403, "ExpiredTokenException", "The security token included in the request is expired"),
    GatewayResponse(
        "INVALID_SIGNATURE", 403, "InvalidSignatureException", "The request signature we calculated does not match"
    ),
    GatewayResponse("REQUEST_TOO_LARGE", 413, "RequestTooLargeException", "Request Too Long"),
)
