"""Functions and IAM: the role that one runs as, who may pass it, and who else may invoke."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.cloud.access.people import ACCOUNT, ANN, PLACE, allow, ann, grant
from tests.cloud.api.harness import refused
from tests.support import CloudUnderTest, make_zip

FUNCTION = f"arn:aws:lambda:{PLACE}:function:f"


def test_passing_a_role(cloud: CloudUnderTest) -> None:
    client = ann(cloud, allow("lambda:CreateFunction"))("lambda")
    given = {
        "FunctionName": "f", "Runtime": "python3.12", "Handler": "a.b", "Role": cloud.role(),
        "Code": {"ZipFile": make_zip({"a.py": ""})},
    }  # fmt: skip
    assert f"iam:PassRole on resource: {cloud.role()}" in refused(client.create_function, **given).message
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    grant(cloud, allow("iam:PassRole", resource=cloud.role(), Condition=to_lambda))
    client.create_function(**given)


def test_code_in_s3_is_read_in_the_callers_name(cloud: CloudUnderTest) -> None:
    own = cloud.client("s3")
    own.create_bucket(Bucket="bkt")
    own.put_object(Bucket="bkt", Key="code.zip", Body=make_zip({"lambda_function.py": "x = 2"}))
    name = cloud.function("x = 1")
    client = ann(cloud, allow("lambda:*"))("lambda")
    place = {"S3Bucket": "bkt", "S3Key": "code.zip"}
    calls: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (client.update_function_code, {"FunctionName": name, **place}),
        (client.publish_layer_version, {"LayerName": "l", "Content": place}),
    ]
    for call, given in calls:
        answer = refused(call, **given)
        assert (answer.code, answer.status) == ("AccessDeniedException", 403)
        assert answer.message.startswith(
            "Your access has been denied by S3, please make sure your request credentials have permission to GetObject for "
            f"bkt/code.zip. S3 Error Code: AccessDenied. S3 Error Message: User: {ANN} is not authorized to perform: s3:GetObject"
        )
    grant(cloud, allow("s3:GetObject"))
    for call, given in calls:
        call(**given)


def test_a_bucket_may_send_events_to_a_function_that_lets_it(cloud: CloudUnderTest) -> None:
    s3, client = cloud.client("s3"), cloud.client("lambda")
    s3.create_bucket(Bucket="bkt")
    name = cloud.function("def lambda_handler(event, context): return 1", name="f")
    client.publish_version(FunctionName=name)

    def configure(arn: str, **more: Any) -> None:
        one = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
        s3.put_bucket_notification_configuration(
            Bucket="bkt", NotificationConfiguration={"LambdaFunctionConfigurations": [one]}, **more
        )

    def is_refused(arn: str) -> bool:
        try:
            configure(arn)
        except ClientError as error:
            said = error.response["Error"]
            assert said["Code"] == "InvalidArgument"
            assert said["Message"] == "Unable to validate the following destination configurations"
            return True
        return False

    permission = {"FunctionName": name, "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    assert is_refused(FUNCTION) and is_refused(FUNCTION + "x")
    configure(FUNCTION, SkipDestinationValidation=True)
    client.add_permission(**permission, StatementId="other", SourceArn="arn:aws:s3:::other")
    assert is_refused(FUNCTION)
    client.add_permission(**permission, StatementId="this", SourceArn="arn:aws:s3:::bkt", SourceAccount=ACCOUNT)
    assert not is_refused(FUNCTION) and is_refused(FUNCTION + ":1")
    client.add_permission(**permission, StatementId="this", Qualifier="1")
    assert not is_refused(FUNCTION + ":1")


CALLER = """
import boto3, botocore.exceptions

def lambda_handler(event, context):
    try:
        boto3.client("s3").put_object(Bucket="bkt", Key="k", Body=b"x")
    except botocore.exceptions.ClientError as error:
        return [error.response["Error"]["Code"], error.response["Error"]["Message"]]
    return ["ok", ""]
"""


def test_a_functions_credentials_are_its_roles(cloud: CloudUnderTest) -> None:
    iam, client = cloud.client("iam"), cloud.client("lambda")
    cloud.client("s3").create_bucket(Bucket="bkt")
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName="bare", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    name = cloud.function(CALLER, Role=role, Timeout=30)

    def ran() -> list[str]:
        answer: list[str] = json.load(io.BytesIO(client.invoke(FunctionName=name)["Payload"].read()))
        return answer

    assert ran() == [
        "AccessDenied",
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/bare/{name} is not authorized to perform: s3:PutObject on resource: "
        '"arn:aws:s3:::bkt/k" because no identity-based policy allows the s3:PutObject action',
    ]
    only = {"ArnEquals": {"lambda:SourceFunctionArn": f"arn:aws:lambda:{PLACE}:function:{name}x"}}
    for condition, said in ((only, "AccessDenied"), ({}, "ok")):
        policy = allow("s3:PutObject", resource="arn:aws:s3:::bkt/*", **({"Condition": condition} if condition else {}))
        iam.put_role_policy(RoleName="bare", PolicyName="p", PolicyDocument=policy)
        assert ran()[0] == said
    only["ArnEquals"]["lambda:SourceFunctionArn"] = f"arn:aws:lambda:{PLACE}:function:{name}"
    iam.put_role_policy(RoleName="bare", PolicyName="p", PolicyDocument=allow("s3:PutObject", Condition=only))
    assert ran()[0] == "ok"


def test_a_function_whose_role_has_gone(cloud: CloudUnderTest) -> None:
    iam, client = cloud.client("iam"), cloud.client("lambda")
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName="brief", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    name = cloud.function("def lambda_handler(event, context): return 1", Role=role)
    assert client.invoke(FunctionName=name)["StatusCode"] == 200
    iam.delete_role(RoleName="brief")
    assert client.invoke(FunctionName=name)["StatusCode"] == 200  # the environment that runs has its credentials
    client.update_function_configuration(FunctionName=name, MemorySize=256)
    answer = refused(client.invoke, FunctionName=name)
    assert (answer.code, answer.status) == ("AccessDeniedException", 403)
    assert answer.message == "The role defined for the function cannot be assumed by Lambda."
