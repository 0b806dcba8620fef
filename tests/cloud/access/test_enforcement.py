"""IAM's policies hold every key but the cloud's own: users, roles' sessions."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.cloud.access.people import ACCOUNT, ANN, PLACE, allow, allowed, ann, deny, grant, keys_of
from tests.cloud.api.harness import refused
from tests.support import CloudUnderTest

TABLE = f"arn:aws:dynamodb:{PLACE}:table/orders"
FUNCTION = f"arn:aws:lambda:{PLACE}:function:f"
SECRET = f"arn:aws:secretsmanager:{PLACE}:secret:db-??????"
QUEUE = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/jobs"
TOPIC = f"arn:aws:sns:{PLACE}:news"
JSON, REST, QUERY = ("AccessDeniedException", 400), ("AccessDeniedException", 403), ("AccessDenied", 403)
ITEM = {"TableName": "orders", "Item": {"id": {"S": "1"}}}
# Service and operation; parameters; the action and the resource that AWS names; the error's code and its HTTP status.
REQUESTS: list[tuple[str, dict[str, Any], str, str, tuple[str, int]]] = [
    ("s3.get_object", {"Bucket": "bkt", "Key": "a/ü x.txt"}, "s3:GetObject", "arn:aws:s3:::bkt/a/ü x.txt", QUERY),
    ("s3.get_object", {"Bucket": "bkt", "Key": "k", "VersionId": "v"}, "s3:GetObjectVersion", "arn:aws:s3:::bkt/k", QUERY),
    ("s3.put_object", {"Bucket": "bkt", "Key": "k", "Body": b"x"}, "s3:PutObject", "arn:aws:s3:::bkt/k", QUERY),
    ("s3.delete_object", {"Bucket": "bkt", "Key": "k"}, "s3:DeleteObject", "arn:aws:s3:::bkt/k", QUERY),
    ("s3.list_objects_v2", {"Bucket": "bkt"}, "s3:ListBucket", "arn:aws:s3:::bkt", QUERY),
    ("s3.list_buckets", {}, "s3:ListAllMyBuckets", "*", QUERY),
    ("s3.create_bucket", {"Bucket": "bkt"}, "s3:CreateBucket", "arn:aws:s3:::bkt", QUERY),
    ("s3.put_bucket_notification_configuration", {"Bucket": "bkt", "NotificationConfiguration": {}}, "s3:PutBucketNotification",
     "arn:aws:s3:::bkt", QUERY),
    ("s3.put_object_tagging", {"Bucket": "bkt", "Key": "k", "Tagging": {"TagSet": []}}, "s3:PutObjectTagging",
     "arn:aws:s3:::bkt/k", QUERY),
    ("s3.create_multipart_upload", {"Bucket": "bkt", "Key": "k"}, "s3:PutObject", "arn:aws:s3:::bkt/k", QUERY),
    ("dynamodb.put_item", ITEM, "dynamodb:PutItem", TABLE, JSON),
    ("dynamodb.query", {"TableName": "orders", "IndexName": "by-day", "KeyConditionExpression": "a = b"}, "dynamodb:Query",
     f"{TABLE}/index/by-day", JSON),
    ("dynamodb.batch_get_item", {"RequestItems": {"orders": {"Keys": [{"id": {"S": "1"}}]}}}, "dynamodb:BatchGetItem", TABLE,
     JSON),
    ("dynamodb.transact_write_items", {"TransactItems": [{"Put": ITEM}]}, "dynamodb:PutItem", TABLE, JSON),
    ("sqs.send_message", {"QueueUrl": QUEUE, "MessageBody": "x"}, "sqs:sendmessage", f"arn:aws:sqs:{PLACE}:jobs", QUERY),
    ("sqs.delete_message_batch", {"QueueUrl": QUEUE, "Entries": [{"Id": "1", "ReceiptHandle": "r"}]}, "sqs:deletemessage",
     f"arn:aws:sqs:{PLACE}:jobs", QUERY),
    ("sqs.receive_message", {"QueueUrl": QUEUE}, "sqs:receivemessage", f"arn:aws:sqs:{PLACE}:jobs", QUERY),
    ("sns.publish", {"TopicArn": TOPIC, "Message": "x"}, "SNS:Publish", TOPIC, ("AuthorizationError", 403)),
    ("sns.create_topic", {"Name": "news"}, "SNS:CreateTopic", TOPIC, ("AuthorizationError", 403)),
    ("kinesis.put_record", {"StreamName": "clicks", "Data": b"x", "PartitionKey": "p"}, "kinesis:PutRecord",
     f"arn:aws:kinesis:{PLACE}:stream/clicks", JSON),
    ("events.put_events", {"Entries": [{"Source": "s", "DetailType": "d", "Detail": "{}"}]}, "events:PutEvents",
     f"arn:aws:events:{PLACE}:event-bus/default", JSON),
    ("events.put_rule", {"Name": "nightly", "ScheduleExpression": "rate(1 day)"}, "events:PutRule",
     f"arn:aws:events:{PLACE}:rule/nightly", JSON),
    ("logs.create_log_group", {"logGroupName": "/g"}, "logs:CreateLogGroup",
     f"arn:aws:logs:{PLACE}:log-group:/g:log-stream:", JSON),
    ("logs.put_log_events", {"logGroupName": "/g", "logStreamName": "s", "logEvents": [{"timestamp": 0, "message": "x"}]},
     "logs:PutLogEvents", f"arn:aws:logs:{PLACE}:log-group:/g:log-stream:s", JSON),
    ("stepfunctions.start_execution", {"stateMachineArn": f"arn:aws:states:{PLACE}:stateMachine:m"}, "states:StartExecution",
     f"arn:aws:states:{PLACE}:stateMachine:m", JSON),
    ("secretsmanager.get_secret_value", {"SecretId": "db"}, "secretsmanager:GetSecretValue", SECRET, JSON),
    ("ssm.get_parameter", {"Name": "/app/x"}, "ssm:GetParameter", f"arn:aws:ssm:{PLACE}:parameter/app/x", JSON),
    ("cloudwatch.put_metric_data", {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1}]},
     "cloudwatch:PutMetricData", "*", QUERY),
    ("iam.get_user", {"UserName": "bob"}, "iam:GetUser", f"arn:aws:iam::{ACCOUNT}:user/bob", QUERY),
    ("lambda.invoke", {"FunctionName": "f"}, "lambda:InvokeFunction", FUNCTION, REST),
    ("lambda.invoke", {"FunctionName": "f", "Qualifier": "prod"}, "lambda:InvokeFunction", f"{FUNCTION}:prod", REST),
    ("lambda.get_function", {"FunctionName": f"{FUNCTION}:1"}, "lambda:GetFunction", f"{FUNCTION}:1", REST),
    ("lambda.list_functions", {}, "lambda:ListFunctions", "*", REST),
    ("lambda.add_permission", {"FunctionName": "f", "StatementId": "s", "Action": "*", "Principal": "*"}, "lambda:AddPermission",
     FUNCTION, REST),
    ("lambda.tag_resource", {"Resource": FUNCTION, "Tags": {"a": "b"}}, "lambda:TagResource", FUNCTION, REST),
    ("kms.list_keys", {}, "kms:ListKeys", "*", JSON),
    ("scheduler.list_schedules", {}, "scheduler:ListSchedules", "*", REST),
    ("apigateway.get_rest_apis", {}, "apigateway:GET", "arn:aws:apigateway:us-east-1::/restapis", REST),
]  # fmt: skip


@pytest.mark.parametrize("name, given, action, resource, refusal", REQUESTS)
def test_what_a_request_needs(
    cloud: CloudUnderTest, name: str, given: dict[str, Any], action: str, resource: str, refusal: tuple[str, int]
) -> None:
    service, _, operation = name.partition(".")
    client = ann(cloud)(service)
    call = getattr(client, operation)
    answer = refused(call, **given)
    shown = f'"{resource}"' if service == "s3" and resource != "*" else resource
    assert (answer.code, answer.status) == refusal
    assert answer.message == (
        f"User: {ANN} is not authorized to perform: {action} on resource: {shown} "
        f"because no identity-based policy allows the {action} action"
    )
    if resource != "*":
        grant(cloud, allow(action, resource=resource + "x"))
        assert not allowed(lambda: call(**given))
    grant(cloud, allow(action, resource=resource))
    assert allowed(lambda: call(**given))


def test_get_caller_identity_needs_nothing(cloud: CloudUnderTest) -> None:
    assert ann(cloud, deny("*"))("sts").get_caller_identity()["Arn"] == ANN


def test_a_deny_wins(cloud: CloudUnderTest) -> None:
    s3 = ann(cloud, allow("s3:*"), deny("s3:DeleteBucket"))("s3")
    s3.create_bucket(Bucket="bkt")
    assert refused(s3.delete_bucket, Bucket="bkt").message.endswith("with an explicit deny in an identity-based policy")


def test_where_a_users_policies_come_from(cloud: CloudUnderTest) -> None:
    iam = cloud.client("iam")
    clients = ann(cloud)
    attached = iam.create_policy(PolicyName="list", PolicyDocument=allow("s3:ListAllMyBuckets"))["Policy"]["Arn"]
    ways: list[tuple[Callable[[], Any], Callable[[], Any]]] = [
        (
            lambda: iam.attach_user_policy(UserName="ann", PolicyArn=attached),
            lambda: iam.detach_user_policy(UserName="ann", PolicyArn=attached),
        ),
        (
            lambda: (iam.create_group(GroupName="g"), iam.add_user_to_group(GroupName="g", UserName="ann"),
                     iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=allow("s3:List*"))),
            lambda: iam.remove_user_from_group(GroupName="g", UserName="ann"),
        ),
        (
            lambda: iam.attach_user_policy(UserName="ann", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"),
            lambda: iam.detach_user_policy(UserName="ann", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"),
        ),
    ]  # fmt: skip
    for give, take in ways:
        assert not allowed(clients("s3").list_buckets)
        give()
        assert allowed(clients("s3").list_buckets)
        take()
    version = iam.create_policy_version(PolicyArn=attached, PolicyDocument=allow("sqs:*"), SetAsDefault=True)
    iam.attach_user_policy(UserName="ann", PolicyArn=attached)
    assert version and not allowed(clients("s3").list_buckets) and allowed(clients("sqs").list_queues)


def test_conditions_and_variables(cloud: CloudUnderTest) -> None:
    home = "arn:aws:s3:::bkt/${aws:username}/*"
    listing = {"StringLike": {"s3:prefix": "${aws:username}/*"}}
    s3 = ann(cloud, allow("s3:PutObject", resource=home), allow("s3:ListBucket", Condition=listing))("s3")
    cloud.client("s3").create_bucket(Bucket="bkt")
    s3.put_object(Bucket="bkt", Key="ann/x", Body=b"")
    assert not allowed(lambda: s3.put_object(Bucket="bkt", Key="bob/x", Body=b""))
    assert allowed(lambda: s3.list_objects_v2(Bucket="bkt", Prefix="ann/"))
    assert not allowed(lambda: s3.list_objects_v2(Bucket="bkt", Prefix="bob/"))


def test_a_copy_and_a_deletion_of_many_need_all(cloud: CloudUnderTest) -> None:
    own = cloud.client("s3")
    own.create_bucket(Bucket="bkt")
    own.put_object(Bucket="bkt", Key="from", Body=b"x")
    s3 = ann(cloud, allow("s3:PutObject"), allow("s3:DeleteObject", resource="arn:aws:s3:::bkt/t*"))("s3")
    copy = {"Bucket": "bkt", "Key": "to", "CopySource": {"Bucket": "bkt", "Key": "from"}}
    assert "s3:GetObject on resource: \"arn:aws:s3:::bkt/from\"" in refused(s3.copy_object, **copy).message
    keys = {"Objects": [{"Key": "to"}, {"Key": "from"}]}
    assert "arn:aws:s3:::bkt/from" in refused(s3.delete_objects, Bucket="bkt", Delete=keys).message
    grant(cloud, allow("s3:GetObject"))
    s3.copy_object(**copy)


RESOURCE_POLICIES = ["s3", "sqs", "sns", "lambda"]


@pytest.mark.parametrize("service", RESOURCE_POLICIES)
@pytest.mark.parametrize("principal, effect", [(ANN, "Allow"), (f"arn:aws:iam::{ACCOUNT}:user/bob", "Allow"), (ANN, "Deny")])
def test_a_resources_own_policy(cloud: CloudUnderTest, service: str, principal: str, effect: str) -> None:
    clients = ann(cloud, *([allow("*")] if effect == "Deny" else []))
    cloud.client("iam").create_user(UserName="bob")

    def document(action: str, resource: str) -> str:
        return allow(action, resource=resource, Principal={"AWS": principal}, Effect=effect)

    own = cloud.client(service)
    if service == "s3":
        own.create_bucket(Bucket="bkt")
        own.put_bucket_policy(Bucket="bkt", Policy=document("s3:PutObject", "arn:aws:s3:::bkt/*"))
        may = allowed(lambda: clients("s3").put_object(Bucket="bkt", Key="k", Body=b""))
    elif service == "sqs":
        policy = document("sqs:SendMessage", f"arn:aws:sqs:{PLACE}:jobs")
        url = own.create_queue(QueueName="jobs", Attributes={"Policy": policy})["QueueUrl"]
        may = allowed(lambda: clients("sqs").send_message(QueueUrl=url, MessageBody="x"))
    elif service == "sns":
        own.create_topic(Name="news")
        own.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=document("sns:Publish", TOPIC))
        may = allowed(lambda: clients("sns").publish(TopicArn=TOPIC, Message="x"))
    else:
        cloud.function("def lambda_handler(event, context): return 1", name="f")
        own.put_resource_policy(ResourceArn=FUNCTION, Policy=document("lambda:InvokeFunction", FUNCTION))
        may = allowed(lambda: clients("lambda").invoke(FunctionName="f"))
    assert may is (principal == ANN and effect == "Allow")


def test_a_session_of_a_role(cloud: CloudUnderTest) -> None:
    iam = cloud.client("iam")
    clients = ann(cloud)
    trust = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]})
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=allow("s3:*"))
    given = {"RoleArn": role, "RoleSessionName": "session"}
    answer = refused(clients("sts").assume_role, **given)
    assert (answer.code, answer.status) == ("AccessDenied", 403)
    assert answer.message == f"User: {ANN} is not authorized to perform: sts:AssumeRole on resource: {role}"
    grant(cloud, allow("sts:AssumeRole", resource=role))
    s3 = cloud.client("s3", **keys_of(clients("sts").assume_role(**given)["Credentials"]))
    s3.create_bucket(Bucket="bkt")
    narrow = clients("sts").assume_role(**given, Policy=allow("s3:ListAllMyBuckets"))["Credentials"]
    narrowed = cloud.client("s3", **keys_of(narrow))
    assert [bucket["Name"] for bucket in narrowed.list_buckets()["Buckets"]] == ["bkt"]
    answer = refused(narrowed.delete_bucket, Bucket="bkt")
    assert answer.message.startswith(f"User: arn:aws:sts::{ACCOUNT}:assumed-role/reader/session is not authorized")
    assert answer.message.endswith("because no session policy allows the s3:DeleteBucket action")
    iam.delete_role_policy(RoleName="reader", PolicyName="p")
    assert not allowed(s3.list_buckets)


def test_who_a_role_trusts(cloud: CloudUnderTest) -> None:
    clients = ann(cloud, allow("sts:AssumeRole"))
    assert not allowed(lambda: clients("sts").assume_role(RoleArn=cloud.role("for-lambda"), RoleSessionName="session"))
    none = f"arn:aws:iam::{ACCOUNT}:role/none"
    assert not allowed(lambda: clients("sts").assume_role(RoleArn=none, RoleSessionName="session"))


def test_a_permissions_boundary(cloud: CloudUnderTest) -> None:
    iam = cloud.client("iam")
    boundary = iam.create_policy(PolicyName="b", PolicyDocument=allow("s3:ListAllMyBuckets"))["Policy"]["Arn"]
    trust = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]})
    made = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust, PermissionsBoundary=boundary)["Role"]["Arn"]
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=allow("*"))
    s3 = cloud.client("s3", **keys_of(cloud.client("sts").assume_role(RoleArn=made, RoleSessionName="session")["Credentials"]))
    s3.list_buckets()
    assert "no permissions boundary allows the s3:CreateBucket" in refused(s3.create_bucket, Bucket="bkt").message


def test_copies_of_a_key(cloud: CloudUnderTest) -> None:
    clients = ann(cloud, allow("s3:ListAllMyBuckets", "sts:GetFederationToken"))
    session = keys_of(clients("sts").get_session_token()["Credentials"])
    assert cloud.client("sts", **session).get_caller_identity()["Arn"] == ANN
    assert cloud.client("s3", **session).list_buckets()["Buckets"] == []
    assert not allowed(lambda: cloud.client("s3", **session).create_bucket(Bucket="bkt"))
    policy = allow("s3:CreateBucket", "s3:ListAllMyBuckets")
    federated = keys_of(clients("sts").get_federation_token(Name="bea", Policy=policy)["Credentials"])
    assert allowed(cloud.client("s3", **federated).list_buckets)
    assert cloud.client("sts", **federated).get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:federated-user/bea"
    answer = refused(cloud.client("s3", **federated).create_bucket, Bucket="bkt")
    assert answer.message.startswith(f"User: arn:aws:sts::{ACCOUNT}:federated-user/bea is not authorized")
    of_owner = keys_of(cloud.client("sts").get_federation_token(Name="bea", Policy=policy)["Credentials"])
    cloud.client("s3", **of_owner).create_bucket(Bucket="bkt")
    assert not allowed(lambda: cloud.client("s3", **of_owner).delete_bucket(Bucket="bkt"))


def test_a_presigned_url_may_do_what_its_signer_may(cloud: CloudUnderTest) -> None:
    own = cloud.client("s3")
    own.create_bucket(Bucket="bkt")
    own.put_object(Bucket="bkt", Key="k", Body=b"hello")
    url = ann(cloud)("s3").generate_presigned_url("get_object", {"Bucket": "bkt", "Key": "k"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url)
    assert caught.value.code == 403 and b"is not authorized to perform: s3:GetObject" in caught.value.read()
    grant(cloud, allow("s3:GetObject"))
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"hello"


def test_headers_and_an_external_id_are_conditions_too(cloud: CloudUnderTest) -> None:
    own = cloud.client("s3")
    own.create_bucket(Bucket="bkt")
    encrypted = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}}
    clients = ann(cloud, allow("s3:*", "sts:AssumeRole"), deny("s3:PutObject", Condition=encrypted))
    assert not allowed(lambda: clients("s3").put_object(Bucket="bkt", Key="k", Body=b""))
    clients("s3").put_object(Bucket="bkt", Key="k", Body=b"", ServerSideEncryption="AES256")
    trust = allow("sts:AssumeRole", Principal={"AWS": ANN}, Condition={"StringEquals": {"sts:ExternalId": "secret"}})
    statement = json.loads(trust)
    del statement["Statement"][0]["Resource"]
    given = {"RoleSessionName": "session"}
    given["RoleArn"] = cloud.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(statement))["Role"]["Arn"]
    assert not allowed(lambda: clients("sts").assume_role(**given))
    clients("sts").assume_role(**given, ExternalId="secret")


def test_a_browsers_form_may_write_what_its_signer_may(cloud: CloudUnderTest) -> None:
    cloud.client("s3").create_bucket(Bucket="bkt")
    s3 = ann(cloud, allow("s3:PutObject", resource="arn:aws:s3:::bkt/ann/*"))("s3")
    for key, status in (("ann/x", 204), ("bob/x", 403)):
        form = s3.generate_presigned_post("bkt", key)
        sent = requests.post(form["url"], data=form["fields"], files={"file": b"hello"})
        assert sent.status_code == status


def test_users_and_roles_are_known_by_their_paths(cloud: CloudUnderTest) -> None:
    iam = cloud.client("iam")
    iam.create_user(UserName="bob", Path="/team/")
    iam.create_user(UserName="eve")
    client = ann(cloud, allow("iam:GetUser", resource=f"arn:aws:iam::{ACCOUNT}:user/team/*"))("iam")
    assert client.get_user(UserName="bob")["User"]["Path"] == "/team/"
    assert not allowed(lambda: client.get_user(UserName="eve"))


def test_only_who_may_list_a_bucket_learns_that_an_object_is_missing(cloud: CloudUnderTest) -> None:
    cloud.client("s3").create_bucket(Bucket="bkt")
    s3 = ann(cloud, allow("s3:GetObject"))("s3")
    answer = refused(s3.get_object, Bucket="bkt", Key="none")
    assert (answer.code, answer.status) == ("AccessDenied", 403)
    assert 's3:ListBucket on resource: "arn:aws:s3:::bkt" because no identity-based policy' in answer.message
    assert refused(s3.head_object, Bucket="bkt", Key="none").status == 403
    grant(cloud, allow("s3:ListBucket", resource="arn:aws:s3:::bkt"))
    assert refused(s3.get_object, Bucket="bkt", Key="none").code == "NoSuchKey"
    assert refused(s3.head_object, Bucket="bkt", Key="none").status == 404
