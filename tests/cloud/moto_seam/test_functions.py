"""Contract: what of moto would ask its own Lambda is told that it cannot be done."""

from __future__ import annotations

import json

import pytest

from lablib.cloud.moto_seam import engine
from tests.cloud.moto_seam.conftest import Moto

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:f"


def test_rotation(moto: Moto) -> None:
    secrets = moto.client("secretsmanager")
    secrets.create_secret(Name="s", SecretString="x")
    with pytest.raises(engine.MotoFailed, match="this service and functions") as failed:
        secrets.rotate_secret(SecretId="s", RotationLambdaARN=FUNCTION)
    assert failed.value.missing


@pytest.mark.parametrize("kind", ["AWS::Lambda::Function", "Custom::Thing"])
def test_cloudformation(moto: Moto, kind: str) -> None:
    properties = {"ServiceToken": FUNCTION, "Code": {"ZipFile": "x"}, "Handler": "x", "Role": "r", "Runtime": "python3.11"}
    template = json.dumps({"Resources": {"It": {"Type": kind, "Properties": properties}}})
    with pytest.raises(engine.MotoFailed, match="this service and functions") as failed:
        moto.client("cloudformation").create_stack(StackName="s", TemplateBody=template)
    assert failed.value.missing
