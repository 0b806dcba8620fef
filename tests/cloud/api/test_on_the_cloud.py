"""The Lambda API inside the whole cloud: with IAM, S3, real functions, and requests that are signed."""

from __future__ import annotations

import base64
import json
import os
import urllib.request
from typing import Any

import pytest

from tests.cloud.api.harness import refused
from tests.support import CloudUnderTest, make_zip

ECHO = """
def lambda_handler(event, context):
    client = context.client_context
    return {
        "event": event, "id": context.aws_request_id, "arn": context.invoked_function_arn,
        "version": context.function_version, "custom": client.custom if client else None,
    }
"""


def test_what_the_function_sees(cloud: CloudUnderTest) -> None:
    name = cloud.function(ECHO)
    client = cloud.client("lambda")
    client.publish_version(FunctionName=name)
    given = base64.b64encode('{"custom": {"grüße": "ü"}}'.encode()).decode()
    answer = client.invoke(FunctionName=f"{name}:1", Payload=b'{"n": 1}', ClientContext=given)
    seen = json.load(answer["Payload"])
    assert seen["event"] == {"n": 1} and seen["version"] == answer["ExecutedVersion"] == "1"
    assert seen["id"] == answer["ResponseMetadata"]["RequestId"]
    assert seen["arn"] == f"arn:aws:lambda:{cloud.region}:123456789012:function:{name}:1"
    assert seen["custom"] == {"grüße": "ü"}


def test_new_code_runs_at_once_and_an_old_version_stays(cloud: CloudUnderTest) -> None:
    name = cloud.function("def lambda_handler(event, context): return 'old'")
    client = cloud.client("lambda")
    client.publish_version(FunctionName=name)
    assert json.load(client.invoke(FunctionName=name)["Payload"]) == "old"
    new = make_zip({"lambda_function.py": "def lambda_handler(event, context): return 'new'"})
    client.update_function_code(FunctionName=name, ZipFile=new)
    assert json.load(client.invoke(FunctionName=name)["Payload"]) == "new"
    assert json.load(client.invoke(FunctionName=name, Qualifier="1")["Payload"]) == "old"


def test_code_in_s3_by_version(cloud: CloudUnderTest) -> None:
    s3, client = cloud.client("s3"), cloud.client("lambda")
    s3.create_bucket(Bucket="packages")
    s3.put_bucket_versioning(Bucket="packages", VersioningConfiguration={"Status": "Enabled"})
    stored = [
        s3.put_object(
            Bucket="packages", Key="my code.zip",
            Body=make_zip({"lambda_function.py": f"def lambda_handler(event, context): return {number}"}),
        )["VersionId"]
        for number in (1, 2)
    ]  # fmt: skip
    place = {"S3Bucket": "packages", "S3Key": "my code.zip"}
    client.create_function(
        FunctionName="f", Runtime="python3.12", Handler="lambda_function.lambda_handler", Role=cloud.role(),
        Code={**place, "S3ObjectVersion": stored[0]}, MemorySize=512,
    )  # fmt: skip
    assert json.load(client.invoke(FunctionName="f")["Payload"]) == 1
    client.update_function_code(FunctionName="f", **place)
    assert json.load(client.invoke(FunctionName="f")["Payload"]) == 2


MISSING = {
    "bucket": ({"S3Bucket": "no-such-bucket", "S3Key": "k"}, "S3 Error Code: NoSuchBucket."),
    "key": ({"S3Bucket": "packages", "S3Key": "k"}, "S3 Error Code: NoSuchKey."),
}


@pytest.mark.parametrize("place, words", MISSING.values(), ids=MISSING)
def test_code_that_s3_does_not_have(cloud: CloudUnderTest, place: dict[str, Any], words: str) -> None:
    cloud.client("s3").create_bucket(Bucket="packages")
    name = cloud.function(ECHO)
    answer = refused(cloud.client("lambda").update_function_code, FunctionName=name, **place)
    assert (answer.code, answer.status) == ("InvalidParameterValueException", 400) and words in answer.message


TRUSTS = {"nobody": None, "ec2": {"Service": "ec2.amazonaws.com"}, "an account": {"AWS": "arn:aws:iam::123456789012:root"}}


@pytest.mark.parametrize("principal", TRUSTS.values(), ids=TRUSTS)
def test_a_role_that_lambda_may_not_assume(cloud: CloudUnderTest, principal: dict[str, str] | None) -> None:
    arn = "arn:aws:iam::123456789012:role/other"
    if principal is not None:
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        arn = cloud.client("iam").create_role(RoleName="other", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    answer = refused(
        cloud.client("lambda").create_function, FunctionName="f", Runtime="python3.12", Handler="a.b", Role=arn,
        Code={"ZipFile": make_zip({"a.py": ""})},
    )  # fmt: skip
    assert answer.message == "The role defined for the function cannot be assumed by Lambda."


def test_the_package_downloads_without_credentials(cloud: CloudUnderTest) -> None:
    name = cloud.function(ECHO)
    location = cloud.client("lambda").get_function(FunctionName=name)["Code"]["Location"]
    with urllib.request.urlopen(location) as answer:
        assert answer.read() == make_zip({"lambda_function.py": ECHO})


def test_a_package_of_50_mb_arrives(cloud: CloudUnderTest) -> None:
    client = cloud.client("lambda")
    name = cloud.function("def lambda_handler(event, context): return 'small'")
    random = os.urandom(49 << 20)  # which does not compress
    big = make_zip({"lambda_function.py": "def lambda_handler(event, context): return 'big'", "data.bin": random})
    client.update_function_code(FunctionName=name, ZipFile=big)
    assert json.load(client.invoke(FunctionName=name)["Payload"]) == "big"
    random += random[: 2 << 20]
    too_big = make_zip({"lambda_function.py": "", "data.bin": random})
    answer = refused(client.update_function_code, FunctionName=name, ZipFile=too_big)
    assert (answer.code, answer.status) == ("RequestEntityTooLargeException", 413)
    assert answer.message == "Request must be smaller than 69905067 bytes for the UpdateFunctionCode operation"


def test_deleting_and_making_again(cloud: CloudUnderTest) -> None:
    client = cloud.client("lambda")
    for word in ("first", "second"):
        name = cloud.function(f"def lambda_handler(event, context): return {word!r}", name="again")
        assert json.load(client.invoke(FunctionName=name)["Payload"]) == word
        client.delete_function(FunctionName=name)
        assert refused(client.invoke, FunctionName=name).status == 404


def test_an_alias_shares_its_invocations(cloud: CloudUnderTest) -> None:
    code = """
import os

def lambda_handler(event, context):
    return [os.environ["AWS_LAMBDA_FUNCTION_VERSION"], context.function_version, context.invoked_function_arn]
"""
    name, client = cloud.function(code), cloud.client("lambda")
    client.publish_version(FunctionName=name)
    client.update_function_configuration(FunctionName=name, Description="second")
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    arn = f"arn:aws:lambda:{cloud.region}:123456789012:function:{name}:live"
    for weight, version in ((0.0, "1"), (1.0, "2")):
        client.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": weight}})
        answer = client.invoke(FunctionName=name, Qualifier="live")
        assert json.load(answer["Payload"]) == [version, version, arn] and answer["ExecutedVersion"] == version
