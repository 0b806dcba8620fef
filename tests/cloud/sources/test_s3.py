"""S3's event notifications: which events there are, what is in them, and where they end up."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from botocore.config import Config

from tests.cloud.sources.failures import WAYS, failing, runs
from tests.cloud.sources.support import ACCOUNT, TELLS, Queue, arn, permit, received
from tests.support import CloudUnderTest

BUCKET = "pictures"


def bucket(cloud: CloudUnderTest, *, versioned: bool = False) -> Any:
    """The bucket, made; a client of S3."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    if versioned:
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return s3


def configure(s3: Any, **configuration: Any) -> None:
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=configuration)


def to_function(cloud: CloudUnderTest, name: str, *events: str, **more: Any) -> dict[str, Any]:
    return {"LambdaFunctionArn": arn(cloud, name), "Events": list(events), **more}


def to_queue(queue: Queue, *events: str, **more: Any) -> dict[str, Any]:
    return {"QueueArn": queue.arn, "Events": list(events), **more}


def where(**rules: str) -> dict[str, Any]:
    return {"Filter": {"Key": {"FilterRules": [{"Name": name, "Value": value} for name, value in rules.items()]}}}


def teller(cloud: CloudUnderTest) -> str:
    name = cloud.function(TELLS)
    permit(cloud, name, "s3.amazonaws.com", f"arn:aws:s3:::{BUCKET}", SourceAccount=ACCOUNT)
    return name


def told(cloud: CloudUnderTest, queue: Queue) -> list[dict[str, Any]]:
    """The records that came into a queue."""
    cloud.advance(0)
    return [record for body in queue.bodies() for record in body["Records"]]


ALL = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*", "s3:ObjectAcl:Put", "s3:ObjectRestore:*")


def test_the_whole_record(cloud: CloudUnderTest) -> None:
    s3, name = bucket(cloud), teller(cloud)
    configure(s3, LambdaFunctionConfigurations=[to_function(cloud, name, "s3:ObjectCreated:*", Id="new")])
    answer = s3.put_object(Bucket=BUCKET, Key="holiday photos/é+1=2.jpg", Body=b"12345")
    cloud.advance(0)
    [event] = received(cloud, name)
    [record] = event.pop("Records")
    assert event == {}
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    owner = record["s3"]["bucket"]["ownerIdentity"]["principalId"]
    assert re.fullmatch(r"A[0-9A-Z]{13}", owner) and record["userIdentity"] == {"principalId": owner}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record.pop("eventTime"))
    assert re.fullmatch(r"00[0-9A-F]{16}", record["s3"]["object"].pop("sequencer"))
    assert record == {
        "eventVersion": "2.6", "eventSource": "aws:s3", "awsRegion": cloud.region, "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": owner}, "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": headers["x-amz-request-id"], "x-amz-id-2": headers["x-amz-id-2"]},
        "s3": {
            "s3SchemaVersion": "1.0", "configurationId": "new",
            "bucket": {"name": BUCKET, "ownerIdentity": {"principalId": owner}, "arn": f"arn:aws:s3:::{BUCKET}"},
            "object": {"key": "holiday+photos/%C3%A9%2B1%3D2.jpg", "size": 5, "eTag": answer["ETag"].strip('"')},
        },
    }  # fmt: skip


def test_every_way_to_make_an_object_is_one_event_of_its_own(cloud: CloudUnderTest) -> None:
    s3, queue = bucket(cloud), Queue(cloud, "told")
    configure(s3, QueueConfigurations=[to_queue(queue, *ALL)])
    assert [body["Event"] for body in queue.bodies()] == ["s3:TestEvent"]
    s3.put_object(Bucket=BUCKET, Key="put", Body=b"1", Tagging="a=b", ACL="private")
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/put")
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="parts", Tagging="a=b")["UploadId"]
    part = s3.upload_part(Bucket=BUCKET, Key="parts", UploadId=upload, PartNumber=1, Body=b"123")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=BUCKET, Key="parts", UploadId=upload, MultipartUpload=parts)
    post(s3, "form", b"12")
    records = told(cloud, queue)
    assert [(record["eventName"], record["s3"]["object"]["key"], record["s3"]["object"]["size"]) for record in records] == [
        ("ObjectCreated:Put", "put", 1), ("ObjectCreated:Copy", "copy", 1),
        ("ObjectCreated:CompleteMultipartUpload", "parts", 3), ("ObjectCreated:Post", "form", 2),
    ]  # fmt: skip
    assert records[2]["s3"]["object"]["eTag"].endswith("-1")
    sequencers = [record["s3"]["object"]["sequencer"] for record in records]
    assert sequencers == sorted(set(sequencers))


def post(s3: Any, key: str, content: bytes) -> None:
    """Upload with a form, as a browser does."""
    form = s3.generate_presigned_post(BUCKET, key)
    assert requests.post(form["url"], data=form["fields"], files={"file": content}, timeout=30).status_code == 204


def test_removing_tagging_and_acls(cloud: CloudUnderTest) -> None:
    s3, queue = bucket(cloud), Queue(cloud, "told")
    configure(s3, QueueConfigurations=[to_queue(queue, *ALL[1:])])
    queue.take()
    s3.put_object(Bucket=BUCKET, Key="x", Body=b"1")
    s3.put_object(Bucket=BUCKET, Key="y", Body=b"1")
    s3.put_object_tagging(Bucket=BUCKET, Key="x", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.delete_object_tagging(Bucket=BUCKET, Key="x")
    s3.put_object_acl(Bucket=BUCKET, Key="x", ACL="public-read")
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "x"}, {"Key": "y"}]})
    s3.delete_object(Bucket=BUCKET, Key="was never there")
    records = told(cloud, queue)
    seen = [(record["eventName"], record["s3"]["object"]["key"], sorted(record["s3"]["object"])) for record in records]
    assert seen == [
        ("ObjectTagging:Put", "x", ["eTag", "key"]), ("ObjectTagging:Delete", "x", ["eTag", "key"]),
        ("ObjectAcl:Put", "x", ["eTag", "key"]), ("ObjectRemoved:Delete", "x", ["key", "sequencer"]),
        ("ObjectRemoved:Delete", "y", ["key", "sequencer"]),
    ]  # fmt: skip
    assert records[-1]["responseElements"] == records[-2]["responseElements"] != records[0]["responseElements"]


def test_versions_and_delete_markers(cloud: CloudUnderTest) -> None:
    s3, queue = bucket(cloud, versioned=True), Queue(cloud, "told")
    configure(s3, QueueConfigurations=[to_queue(queue, "s3:ObjectCreated:*", "s3:ObjectRemoved:*")])
    queue.take()
    first = s3.put_object(Bucket=BUCKET, Key="x", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket=BUCKET, Key="x", Body=b"12")["VersionId"]
    marker = s3.delete_object(Bucket=BUCKET, Key="x")["VersionId"]
    s3.delete_object(Bucket=BUCKET, Key="x", VersionId=first)
    s3.delete_object(Bucket=BUCKET, Key="x", VersionId=marker)
    records = told(cloud, queue)
    empty = "d41d8cd98f00b204e9800998ecf8427e"
    objects = [record["s3"]["object"] for record in records]
    assert [(record["eventName"], found["versionId"]) for record, found in zip(records, objects, strict=True)] == [
        ("ObjectCreated:Put", first), ("ObjectCreated:Put", second), ("ObjectRemoved:DeleteMarkerCreated", marker),
        ("ObjectRemoved:Delete", first), ("ObjectRemoved:Delete", marker),
    ]  # fmt: skip
    assert objects[2]["eTag"] == empty and "size" not in objects[2]
    assert sorted(objects[3]) == ["key", "sequencer", "versionId"]


def test_prefix_and_suffix(cloud: CloudUnderTest) -> None:
    s3, pictures, texts = bucket(cloud), Queue(cloud, "pictures"), Queue(cloud, "texts")
    configure(s3, QueueConfigurations=[
        to_queue(pictures, "s3:ObjectCreated:*", **where(prefix="in/", suffix=".jpg")),
        to_queue(texts, "s3:ObjectCreated:Put", **where(Prefix="in/", Suffix=".txt")),
    ])  # fmt: skip
    pictures.take(), texts.take()
    for key in ("in/a.jpg", "in/a.txt", "out/a.jpg", "in/a.JPG", "in/.jpg", "in/é ü.txt"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    assert [record["s3"]["object"]["key"] for record in told(cloud, pictures)] == ["in/a.jpg", "in/.jpg"]
    assert [record["s3"]["object"]["key"] for record in told(cloud, texts)] == ["in/a.txt", "in/%C3%A9+%C3%BC.txt"]


def test_the_configuration_is_given_back(cloud: CloudUnderTest) -> None:
    s3, queue, name = bucket(cloud), Queue(cloud, "told"), teller(cloud)
    read = s3.get_bucket_notification_configuration
    assert set(read(Bucket=BUCKET)) == {"ResponseMetadata"}
    configure(
        s3, QueueConfigurations=[to_queue(queue, "s3:ObjectRemoved:*", **where(prefix="a&b"))],
        LambdaFunctionConfigurations=[to_function(cloud, name, "s3:ObjectCreated:Put", "s3:ObjectCreated:Copy", Id="f")],
        EventBridgeConfiguration={},
    )  # fmt: skip
    found = read(Bucket=BUCKET)
    [of_queue], [of_function] = found["QueueConfigurations"], found["LambdaFunctionConfigurations"]
    assert len(of_queue.pop("Id")) == 48
    assert of_queue == to_queue(queue, "s3:ObjectRemoved:*", **where(Prefix="a&b"))
    assert of_function == to_function(cloud, name, "s3:ObjectCreated:Put", "s3:ObjectCreated:Copy", Id="f")
    assert found["EventBridgeConfiguration"] == {}
    configure(s3)
    assert set(read(Bucket=BUCKET)) == {"ResponseMetadata"}
    s3.put_object(Bucket=BUCKET, Key="x", Body=b"")
    cloud.advance(0)
    assert received(cloud, name) == []


def test_a_topic_and_a_queue_get_a_test_first_and_the_same_record(cloud: CloudUnderTest) -> None:
    s3, sns, queue, direct = bucket(cloud), cloud.client("sns"), Queue(cloud, "from-topic"), Queue(cloud, "direct")
    topic = sns.create_topic(Name="told")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    open_to_s3 = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish", "Resource": topic}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [open_to_s3]})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    configure(
        s3, TopicConfigurations=[{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"], "Id": "t"}],
        QueueConfigurations=[to_queue(direct, "s3:ObjectRemoved:*", Id="q")],
    )  # fmt: skip
    [test], [notification] = direct.bodies(), queue.bodies()
    assert list(test) == ["Service", "Event", "Time", "Bucket", "RequestId", "HostId"]
    assert (test["Service"], test["Event"], test["Bucket"]) == ("Amazon S3", "s3:TestEvent", BUCKET)
    assert notification["Subject"] == "Amazon S3 Notification" and json.loads(notification["Message"])["Event"] == "s3:TestEvent"
    s3.put_object(Bucket=BUCKET, Key="x", Body=b"1")
    s3.delete_object(Bucket=BUCKET, Key="x")
    [removed] = told(cloud, direct)
    [notification] = queue.bodies()
    [made] = json.loads(notification["Message"])["Records"]
    assert (made["eventName"], made["s3"]["configurationId"]) == ("ObjectCreated:Put", "t")
    assert (removed["eventName"], removed["s3"]["configurationId"]) == ("ObjectRemoved:Delete", "q")
    assert made["s3"]["object"]["sequencer"] < removed["s3"]["object"]["sequencer"]


def test_who_did_it(cloud: CloudUnderTest) -> None:
    s3, queue, iam = bucket(cloud), Queue(cloud, "told"), cloud.client("iam")
    configure(s3, QueueConfigurations=[to_queue(queue, "s3:ObjectCreated:*")])
    queue.take()
    allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    user = iam.create_user(UserName="ann")["User"]
    iam.put_user_policy(UserName="ann", PolicyName="s3", PolicyDocument=policy)
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    anns = cloud.client("s3", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    anns.put_object(Bucket=BUCKET, Key="by ann", Body=b"")
    for signature in ("s3", "s3v4"):
        signer = cloud.client(
            "s3", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"],
            config=Config(signature_version=signature),
        )  # fmt: skip
        url = signer.generate_presigned_url("put_object", {"Bucket": BUCKET, "Key": signature})
        assert requests.put(url, data=b"", timeout=30).status_code == 200
    post(anns, "form", b"")
    writer = cloud.function(
        "import boto3\ndef lambda_handler(event, context):\n"
        f"    boto3.client('s3').put_object(Bucket={BUCKET!r}, Key='by f', Body=b'')",
        Timeout=20,
    )  # fmt: skip
    role = cloud.role().rpartition("/")[2]
    iam.put_role_policy(RoleName=role, PolicyName="s3", PolicyDocument=policy)
    assert "FunctionError" not in cloud.client("lambda").invoke(FunctionName=writer)
    records = told(cloud, queue)
    role_id = iam.get_role(RoleName=role)["Role"]["RoleId"]
    assert [(record["s3"]["object"]["key"], record["userIdentity"]["principalId"]) for record in records] == [
        *((key, f"AWS:{user['UserId']}") for key in ("by+ann", "s3", "s3v4", "form")), ("by+f", f"AWS:{role_id}:{writer}"),
    ]  # fmt: skip


LOOP = """
import boto3
def lambda_handler(event, context):
    number = int(event["Records"][0]["s3"]["object"]["key"]) + 1
    print("RUN", number)
    if number < 40:
        boto3.client("s3").put_object(Bucket="pictures", Key=str(number), Body=b"")
"""


def test_a_loop_through_a_bucket_is_stopped_after_sixteen_runs(cloud: CloudUnderTest) -> None:
    s3, iam = bucket(cloud), cloud.client("iam")
    name = cloud.function(LOOP, Timeout=20)
    allowed = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName=cloud.role().rpartition("/")[2], PolicyName="s3", PolicyDocument=policy)
    permit(cloud, name, "s3.amazonaws.com")
    configure(s3, LambdaFunctionConfigurations=[to_function(cloud, name, "s3:ObjectCreated:*")])
    s3.put_object(Bucket=BUCKET, Key="0", Body=b"")
    cloud.advance(0)
    lines = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    assert sum(line["message"].startswith("RUN ") for line in lines) == 16


SLOW = """
import time
def lambda_handler(event, context):
    time.sleep(1.5)
    print("EVENT " + event["Records"][0]["s3"]["object"]["key"].join('""'))
"""


def test_the_producer_goes_on_while_the_handler_runs(cloud: CloudUnderTest) -> None:
    """Twice the handler's time would be three seconds; the order of what is logged says who was first."""
    s3, name = bucket(cloud), cloud.function(SLOW, Timeout=10)
    permit(cloud, name, "s3.amazonaws.com")
    configure(s3, LambdaFunctionConfigurations=[to_function(cloud, name, "s3:ObjectCreated:*")])
    s3.put_object(Bucket=BUCKET, Key="one", Body=b"")
    s3.put_object(Bucket=BUCKET, Key="two", Body=b"")
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 2 and received(cloud, name) == []
    cloud.advance(0)
    assert sorted(received(cloud, name)) == ["one", "two"]


@pytest.mark.parametrize("gone", ["the function", "its permission", "the queue", "its policy"])
def test_what_cannot_be_delivered_is_lost_and_hurts_nobody(cloud: CloudUnderTest, gone: str) -> None:
    s3, name, queue, other = bucket(cloud), teller(cloud), Queue(cloud, "told"), Queue(cloud, "other")
    configure(
        s3, LambdaFunctionConfigurations=[to_function(cloud, name, "s3:ObjectCreated:*", **where(prefix="f"))],
        QueueConfigurations=[
            to_queue(queue, "s3:ObjectCreated:*", **where(prefix="q")),
            to_queue(other, "s3:ObjectCreated:*", **where(prefix="o")),
        ],
    )  # fmt: skip
    other.take(), queue.take()
    client, sqs = cloud.client("lambda"), cloud.client("sqs")
    if gone == "the function":
        client.delete_function(FunctionName=name)
    elif gone == "its permission":
        statement = json.loads(client.get_policy(FunctionName=name)["Policy"])["Statement"][0]["Sid"]
        client.remove_permission(FunctionName=name, StatementId=statement)
    elif gone == "the queue":
        sqs.delete_queue(QueueUrl=queue.url)
    else:
        sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": ""})
    for key in ("f", "q", "o"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    assert [record["s3"]["object"]["key"] for record in told(cloud, other)] == ["o"]
    if gone == "its permission":
        assert received(cloud, name) == []
    if gone == "its policy":
        assert queue.take() == []


@pytest.mark.parametrize(("statement", "settings", "attempts"), WAYS)
def test_where_an_event_ends_up(cloud: CloudUnderTest, statement: str, settings: dict[str, Any], attempts: int) -> None:
    """Lambda has accepted it: it is tried again after one minute and two, and then goes to the dead-letter queue."""
    s3, letters = bucket(cloud), Queue(cloud, "letters")
    name = failing(cloud, statement, settings, letters)
    permit(cloud, name, "s3.amazonaws.com")
    configure(s3, LambdaFunctionConfigurations=[to_function(cloud, name, "s3:ObjectCreated:*")])
    s3.put_object(Bucket=BUCKET, Key="x", Body=b"")
    cloud.advance(300)
    [letter] = letters.bodies()
    assert letter["Records"][0]["s3"]["object"]["key"] == "x" and runs(cloud, name) == attempts


def test_a_throttled_function_gets_its_events_later(cloud: CloudUnderTest) -> None:
    s3 = bucket(cloud)
    name = cloud.function("import time\ndef lambda_handler(event, context):\n    print('RUN')\n    time.sleep(0.3)")
    permit(cloud, name, "s3.amazonaws.com")
    cloud.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    configure(s3, LambdaFunctionConfigurations=[to_function(cloud, name, "s3:ObjectCreated:*")])
    for number in range(4):
        s3.put_object(Bucket=BUCKET, Key=str(number), Body=b"")
    cloud.advance(600)
    assert runs(cloud, name) == 4


def test_many_writers_at_once_are_each_told_of_once_and_in_order(cloud: CloudUnderTest) -> None:
    s3, queue, name = bucket(cloud), Queue(cloud, "told"), teller(cloud)
    configure(
        s3, QueueConfigurations=[to_queue(queue, "s3:ObjectCreated:*")],
        LambdaFunctionConfigurations=[to_function(cloud, name, "s3:ObjectRemoved:*")],
    )  # fmt: skip
    queue.take()

    def work(writer: int) -> None:
        client = cloud.client("s3")
        for number in range(12):
            client.put_object(Bucket=BUCKET, Key=f"{writer}/{number}", Body=b"")
            client.delete_object(Bucket=BUCKET, Key=f"{writer}/{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    objects = [record["s3"]["object"] for record in told(cloud, queue)]
    expected = sorted(f"{writer}/{number}" for writer in range(8) for number in range(12))
    assert sorted(found["key"] for found in objects) == expected and len({found["sequencer"] for found in objects}) == 96
    for writer in range(8):
        own = sorted((found for found in objects if found["key"].startswith(f"{writer}/")), key=lambda found: found["sequencer"])
        assert [int(found["key"].partition("/")[2]) for found in own] == list(range(12))
    removed = [event["Records"][0]["s3"]["object"]["key"] for event in received(cloud, name)]
    assert sorted(removed) == expected


def test_what_is_under_way_when_the_cloud_is_emptied_is_gone(cloud: CloudUnderTest) -> None:
    for _ in range(3):
        s3, name = bucket(cloud), teller(cloud)
        configure(s3, LambdaFunctionConfigurations=[to_function(cloud, name, "s3:ObjectCreated:*")])
        for number in range(5):
            s3.put_object(Bucket=BUCKET, Key=str(number), Body=b"")
        cloud.reset()
        cloud.advance(0)
        assert cloud.client("logs").describe_log_groups()["logGroups"] == []
