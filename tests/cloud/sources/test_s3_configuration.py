"""What S3 refuses in a notification configuration, in its words; and the events that go to EventBridge."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from lablib.cloud.moto_seam.buckets import Configuration, Rule
from lablib.cloud.sources.s3.configuration import Invalid, concerns, parse, write
from lablib.models import s3_events
from tests.cloud.sources.support import ACCOUNT, TELLS, Queue, permit, received
from tests.support import CloudUnderTest

BUCKET = "pictures"
UNABLE = "Unable to validate the following destination configurations"
AMBIGUOUS = (
    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the "
    "same event type."
)
MALFORMED = "The XML you provided was not well-formed or did not validate against our published schema"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"


def rule(*events: str, arn: str = QUEUE, id: str = "", element: str = "Queue", **filters: str) -> str:
    rules = "".join(f"<FilterRule><Name>{name}</Name><Value>{value}</Value></FilterRule>" for name, value in filters.items())
    named = "".join(f"<Event>{event}</Event>" for event in events)
    kept = f"<Filter><S3Key>{rules}</S3Key></Filter>" if rules else ""
    given = f"<Id>{id}</Id>" if id else ""
    return f"<{element}Configuration>{given}<{element}>{arn}</{element}>{named}{kept}</{element}Configuration>"


def whole(*rules: str) -> bytes:
    return f"<NotificationConfiguration>{''.join(rules)}</NotificationConfiguration>".encode()


CREATED, PUT, REMOVED = "s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectRemoved:*"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"<Notification", "MalformedXML", MALFORMED),
        (b"", "MalformedXML", MALFORMED),
        (b"<Other/>", "MalformedXML", MALFORMED),
        (whole("<Strange/>"), "MalformedXML", MALFORMED),
        (whole(rule()), "MalformedXML", MALFORMED),
        (whole("<QueueConfiguration><Event>s3:ObjectCreated:Put</Event></QueueConfiguration>"), "MalformedXML", MALFORMED),
        (whole(rule("s3:ObjectCreated:Nothing")), "InvalidArgument", "The event is not supported for notifications"),
        (whole(rule("ObjectCreated:Put")), "InvalidArgument", "The event is not supported for notifications"),
        (whole(rule(PUT, arn="queue")), "InvalidArgument", "The ARN could not be parsed"),
        (whole(rule(PUT, arn=QUEUE.replace("sqs", "sns"))), "InvalidArgument", "The ARN could not be parsed"),
        (
            whole(rule(PUT, arn=QUEUE.replace("us-east-1", "eu-west-1"))), "InvalidArgument",
            "The notification destination service region is not valid for the bucket location constraint",
        ),
        (whole(rule(PUT, middle="x")), "InvalidArgument", "filter rule name must be either prefix or suffix"),
        (whole(rule(PUT, prefix="a", Prefix="b")), "InvalidArgument", "Cannot specify more than one prefix rule in a filter."),
        (
            whole(rule(PUT, suffix="é" * 513)), "InvalidArgument",
            "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation",
        ),
        (
            whole(rule(PUT, id="a"), rule(REMOVED, id="a")), "InvalidArgument",
            "Same ID used for multiple configurations. IDs must be unique.",
        ),
        (
            whole(rule(CREATED), rule(PUT)), "InvalidArgument",
            "Configurations overlap. Configurations on the same bucket cannot share a common event type.",
        ),
        (whole(rule(CREATED, prefix="images"), rule(PUT, prefix="images/jpg")), "InvalidArgument", AMBIGUOUS),
        (whole(rule(PUT, suffix="jpg"), rule(PUT, suffix=".jpg")), "InvalidArgument", AMBIGUOUS),
        (whole(rule(PUT, prefix="images"), rule(PUT, suffix=".jpg")), "InvalidArgument", AMBIGUOUS),
        (whole(rule(PUT, prefix="images"), rule(PUT)), "InvalidArgument", AMBIGUOUS),
        (
            whole(*(rule(PUT, prefix=f"{number:03}") for number in range(101))), "InvalidArgument",
            "Configuration exceeds the maximum number of allowed notification configurations.",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(body: bytes, code: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(body, "us-east-1")
    assert (refused.value.code, refused.value.message) == (code, message)


@pytest.mark.parametrize(
    "rules",
    [
        [rule(PUT), rule(REMOVED)],
        [rule(PUT, prefix="images/"), rule(PUT, prefix="logs/")],
        [rule(PUT, prefix="images", suffix=".jpg"), rule(PUT, prefix="images", suffix=".png")],
        [rule(PUT, prefix="images"), rule("s3:ObjectCreated:Copy", prefix="images")],
        [rule(PUT, "s3:ObjectRetention:Put", "s3:ObjectAnnotation:*"), rule("s3:ReducedRedundancyLostObject")],
    ],
)
def test_what_the_user_guide_calls_valid(rules: list[str]) -> None:
    assert len(parse(whole(*rules), "us-east-1").rules) == len(rules)


KEYS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
SHORT = st.none() | st.text(alphabet="ab", max_size=3)
EVENTS = st.sampled_from(sorted(s3_events.NAMES))


def made(id: str, event: str, prefix: str | None, suffix: str | None) -> Rule:
    return Rule(id, "sqs", QUEUE, (event,), prefix, suffix)


@given(EVENTS, st.none() | KEYS, st.none() | KEYS, st.booleans())
def test_a_configuration_comes_back_as_it_was_written(event: str, prefix: str | None, suffix: str | None, bridge: bool) -> None:
    wanted = Configuration((made("a", event, prefix, suffix),), bridge)
    assert parse(write(wanted), "us-east-1") == wanted


@given(EVENTS, EVENTS, SHORT, SHORT, SHORT, SHORT, st.text(alphabet="ab", max_size=6))
def test_no_event_goes_to_two(
    one: str, other: str, prefix: str | None, suffix: str | None, prefix_too: str | None, suffix_too: str | None, key: str
) -> None:
    """Two rules are taken if, and only if, there is nothing that both of them are about."""
    first, second = made("1", one, prefix, suffix), made("2", other, prefix_too, suffix_too)
    longest = [max(pair, key=lambda text: len(text or "")) or "" for pair in ((prefix, prefix_too), (suffix, suffix_too))]
    common = s3_events.covered(one) & s3_events.covered(other)
    names = [name.removeprefix("s3:") for name in common]
    keys = (key, "".join(longest))
    both = any(concerns(first, name, key) and concerns(second, name, key) for name in names for key in keys)
    try:
        parse(write(Configuration((first, second))), "us-east-1")
    except Invalid:
        assert both
    else:
        assert not both


def refused(s3: Any, **configuration: Any) -> tuple[dict[str, Any], str]:
    with pytest.raises(ClientError) as caught:
        s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=configuration)
    answer = caught.value.response["Error"]
    return answer, answer["Code"]


def test_destinations_that_are_not_there_or_do_not_let_s3_in(cloud: CloudUnderTest) -> None:
    s3, region = cloud.client("s3"), cloud.region
    assert refused(s3)[1] == "NoSuchBucket"
    s3.create_bucket(Bucket=BUCKET)
    there, quiet, name = Queue(cloud, "there"), cloud.client("sqs").create_queue(QueueName="quiet"), cloud.function(TELLS)
    topic = cloud.client("sns").create_topic(Name="quiet")["TopicArn"]
    function = f"arn:aws:lambda:{region}:{ACCOUNT}:function:{name}"
    away = [f"arn:aws:{service}:{region}:{ACCOUNT}:{rest}" for service, rest in (("sqs", "away"), ("lambda", "function:away"))]
    wrong = [
        (f"{away[1]}, null", f"Not authorized to invoke function [{away[1]}]"),
        (f"{function}, null", f"Not authorized to invoke function [{function}]"),
        (topic, "Permissions on the destination topic do not allow S3 to publish notifications from this bucket"),
        (away[0], "The destination queue does not exist"),
        (
            f"arn:aws:sqs:{region}:{ACCOUNT}:quiet",
            "Permissions on the destination queue do not allow S3 to publish notifications from this bucket",
        ),
    ]  # fmt: skip
    configuration = {
        "LambdaFunctionConfigurations": [
            {"LambdaFunctionArn": away[1], "Events": [PUT]}, {"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:Post"]},
        ],
        "TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:Copy"]}],
        "QueueConfigurations": [
            {"QueueArn": away[0], "Events": ["s3:ObjectTagging:*"]},
            {"QueueArn": there.arn, "Events": ["s3:ObjectRemoved:*"]},
            {"QueueArn": wrong[4][0], "Events": ["s3:ObjectAcl:Put"]},
        ],
    }  # fmt: skip
    answer, code = refused(s3, **configuration)
    assert (code, answer["Message"]) == ("InvalidArgument", UNABLE)
    named = [(answer[f"ArgumentName{number}"], answer[f"ArgumentValue{number}"]) for number in range(1, 6)]
    assert sorted(named) == sorted(wrong)
    assert set(s3.get_bucket_notification_configuration(Bucket=BUCKET)) == {"ResponseMetadata"} and there.take() == []
    # Whoever does not want to be checked is not; nor is a test sent.
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration=configuration, SkipDestinationValidation=True
    )  # fmt: skip
    assert len(s3.get_bucket_notification_configuration(Bucket=BUCKET)["QueueConfigurations"]) == 3 and there.take() == []
    assert quiet["QueueUrl"]


@pytest.mark.parametrize("suffix", ["", ":live", ":1"])
def test_a_function_of_which_s3_may_invoke_another_part(cloud: CloudUnderTest, suffix: str) -> None:
    """A permission is for the function, an alias or a version, and for none of the others."""
    s3, client, name = cloud.client("s3"), cloud.client("lambda"), cloud.function(TELLS)
    s3.create_bucket(Bucket=BUCKET)
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    permit(cloud, name, "s3.amazonaws.com", f"arn:aws:s3:::{BUCKET}", Qualifier="live")
    target = f"arn:aws:lambda:{cloud.region}:{ACCOUNT}:function:{name}{suffix}"
    configuration = {"LambdaFunctionConfigurations": [{"LambdaFunctionArn": target, "Events": [PUT]}]}
    if suffix == ":live":
        s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=configuration)
    else:
        assert refused(s3, **configuration)[0]["ArgumentValue1"] == f"Not authorized to invoke function [{target}]"


def test_events_on_eventbridge(cloud: CloudUnderTest) -> None:
    s3, events, queue = cloud.client("s3"), cloud.client("events"), Queue(cloud, "told")
    events.put_rule(Name="s3", EventPattern=json.dumps({"source": ["aws.s3"]}))
    events.put_targets(Rule="s3", Targets=[{"Id": "1", "Arn": queue.arn}])
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=BUCKET, Key="before", Body=b"")
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )  # fmt: skip
    made = s3.put_object(Bucket=BUCKET, Key="a key/é", Body=b"12345")
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": "a key/é"})
    marker = s3.delete_object(Bucket=BUCKET, Key="a key/é")["VersionId"]
    s3.delete_object(Bucket=BUCKET, Key="a key/é", VersionId=made["VersionId"])
    cloud.advance(0)
    told = queue.bodies()
    whole = told[0]
    assert set(whole) == {"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"}
    assert (whole["source"], whole["account"], whole["region"]) == ("aws.s3", ACCOUNT, cloud.region)
    assert whole["resources"] == [f"arn:aws:s3:::{BUCKET}"]
    sequencer = whole["detail"]["object"].pop("sequencer")
    assert re.fullmatch(r"00[0-9A-F]{16}", sequencer)
    assert whole["detail"] == {
        "version": "0", "event-version": "1.2", "bucket": {"name": BUCKET},
        "object": {"key": "a key/é", "size": 5, "etag": made["ETag"].strip('"'), "version-id": made["VersionId"]},
        "request-id": made["ResponseMetadata"]["HTTPHeaders"]["x-amz-request-id"], "requester": ACCOUNT,
        "source-ip-address": "127.0.0.1", "reason": "PutObject",
    }  # fmt: skip
    details = [(event["detail-type"], event["detail"]["reason"], event["detail"].get("deletion-type")) for event in told]
    assert details == [
        ("Object Created", "PutObject", None), ("Object Created", "CopyObject", None),
        ("Object Deleted", "DeleteObject", "Delete Marker Created"), ("Object Deleted", "DeleteObject", "Permanently Deleted"),
    ]  # fmt: skip
    assert told[1]["detail"]["object"]["has-object-annotation"] is False
    assert told[2]["detail"]["object"]["version-id"] == marker and "size" not in told[2]["detail"]["object"]


def test_a_function_by_way_of_eventbridge(cloud: CloudUnderTest) -> None:
    s3, events, name = cloud.client("s3"), cloud.client("events"), cloud.function(TELLS)
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"object": {"key": [{"suffix": ".jpg"}]}}}
    rule = events.put_rule(Name="pictures", EventPattern=json.dumps(pattern))["RuleArn"]
    events.put_targets(Rule="pictures", Targets=[{"Id": "1", "Arn": f"arn:aws:lambda:{cloud.region}:{ACCOUNT}:function:{name}"}])
    permit(cloud, name, "events.amazonaws.com", rule)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )  # fmt: skip
    for key in ("a.jpg", "a.txt"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    s3.delete_object(Bucket=BUCKET, Key="a.jpg")
    cloud.advance(0)
    assert [event["detail"]["object"]["key"] for event in received(cloud, name)] == ["a.jpg"]
