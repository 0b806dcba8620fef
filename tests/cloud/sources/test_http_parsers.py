"""powertools' parsers take the events of authorizers, and those that say who was let in."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from tests.cloud.sources.http import ECHO
from tests.cloud.sources.test_function_urls_rules import signed
from tests.cloud.sources.test_http_apis_authorizers import SIMPLE, Issuer, issuer, protected, seen, with_tokens
from tests.support import CloudUnderTest, require

__all__ = ["issuer"]  # a fixture


@pytest.fixture
def models() -> Any:
    require(importlib.util.find_spec("aws_lambda_powertools"), "aws-lambda-powertools", "pip install -e '.[test]'")
    from aws_lambda_powertools.utilities.parser import models

    return models


def test_an_authorizer(cloud: CloudUnderTest, models: Any) -> None:
    assert protected(cloud, SIMPLE).ask("/one?k=1", headers=[("Authorization", "yes"), ("Cookie", "a=1")]).status == 200
    found = models.ApiGatewayAuthorizerRequestV2.model_validate(seen(cloud)[0])
    assert (found.routeKey, found.identitySource, found.rawQueryString) == ("GET /one", ["yes"], "k=1")


def test_a_token_of_the_caller(cloud: CloudUnderTest, models: Any, issuer: Issuer) -> None:
    event = with_tokens(cloud, issuer.url).ask("/one", headers=[("Authorization", issuer.token())]).json
    found = models.APIGatewayProxyEventV2Model.model_validate(event)
    assert found.requestContext.authorizer.jwt.claims["sub"] == "ann"


def test_a_signature_of_the_caller(cloud: CloudUnderTest, models: Any) -> None:
    url = cloud.client("lambda").create_function_url_config(FunctionName=cloud.function(ECHO), AuthType="AWS_IAM")["FunctionUrl"]
    found = models.LambdaFunctionUrlModel.model_validate(signed(cloud, url).json)
    assert found.requestContext.authorizer.iam.userArn.endswith(":root")
