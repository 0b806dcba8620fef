"""The cloud's one door, from outside: who is let in, what each service says to those who are not, and what HTTP has to carry."""

from __future__ import annotations

import http.client
import io
import json
import socket
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.support import CloudUnderTest

STRANGER = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "wJalrXUtnFEMI"}


def get(url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, str]:
    """A plain request, as curl would send it."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, names, method=method)) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def raw(cloud: CloudUnderTest, text: bytes) -> bytes:
    """What the server sends back to these bytes, until it closes or has answered."""
    parts = urlsplit(cloud.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def signed(cloud: CloudUnderTest, method: str, path: str, body: bytes = b"", service: str = "dynamodb", **headers: str) -> tuple[int, str]:
    """A request that botocore signs and nobody shapes."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    # urllib would call every body a form.
    request = AWSRequest(method, cloud.url + path, headers={"Content-Type": "application/octet-stream"} | names, data=body)
    key = cloud.credentials
    SigV4Auth(Credentials(key.access_key_id, key.secret_access_key), service, cloud.region).add_auth(request)
    sent = {name.replace("-", "_"): value for name, value in request.headers.items()}
    return get(cloud.url + path, method, body or None, **sent)


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("dynamodb", "list_tables", "UnrecognizedClientException"),
        ("sqs", "list_queues", "UnrecognizedClientException"),
        ("iam", "list_roles", "InvalidClientTokenId"),
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("lambda", "list_functions", "UnrecognizedClientException"),
        ("logs", "describe_log_groups", "UnrecognizedClientException"),
        ("ec2", "describe_instances", "AuthFailure"),
    ],
)
def test_a_stranger_is_refused_in_the_words_of_the_service(cloud: CloudUnderTest, service: str, operation: str, code: str) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(cloud.client(service, **STRANGER), operation)()
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("s3", "list_buckets", "SignatureDoesNotMatch"),
        ("sns", "list_topics", "SignatureDoesNotMatch"),
        ("lambda", "list_functions", "InvalidSignatureException"),
    ],
)
def test_a_wrong_secret_is_refused(cloud: CloudUnderTest, service: str, operation: str, code: str) -> None:
    with pytest.raises(ClientError, match=code):
        getattr(cloud.client(service, aws_secret_access_key="wrong"), operation)()


@pytest.mark.parametrize(
    ("method", "path", "headers", "says"),
    [
        ("GET", "/", {}, "Access Denied"),
        ("GET", "/bucket", {}, "Access Denied"),
        ("PUT", "/bucket/key", {}, "Access Denied"),
        ("DELETE", "/bucket", {}, "Access Denied"),
        ("GET", "/2015-03-31/functions", {}, "Missing Authentication Token"),
        ("POST", "/2015-03-31/functions/f/invocations", {}, "Missing Authentication Token"),
        ("POST", "/", {"X_Amz_Target": "DynamoDB_20120810.ListTables"}, "Missing Authentication Token"),
        ("POST", "/", {"Content_Type": "application/x-www-form-urlencoded"}, "MissingAuthenticationToken"),
        ("GET", "/?Action=ListUsers&Version=2010-05-08", {}, "MissingAuthenticationToken"),
        ("POST", "/moto-api/reset", {}, "shut"),
        ("GET", "/moto-api/", {}, "shut"),
        ("GET", "/moto-api/data.json", {}, "shut"),
        ("GET", "/latest/meta-data/iam/security-credentials/", {}, "Access Denied"),
        ("GET", "/_lab/clock", {}, "own credentials"),
        ("POST", "/_lab/shutdown", {}, "own credentials"),
    ],
)
def test_without_a_signature_nothing_answers(cloud: CloudUnderTest, method: str, path: str, headers: dict[str, str], says: str) -> None:
    status, text = get(cloud.url + path, method, **headers)
    assert status == 403
    assert says in text


def test_motos_own_api_is_shut_to_the_owner_too(cloud: CloudUnderTest) -> None:
    cloud.client("s3").create_bucket(Bucket="bucket")
    assert signed(cloud, "POST", "/moto-api/reset", service="s3")[0] == 403
    assert len(cloud.client("s3").list_buckets()["Buckets"]) == 1


def test_the_lab_door_is_for_the_owner_alone(cloud: CloudUnderTest) -> None:
    assert signed(cloud, "GET", "/_lab/clock", service="s3")[0] == 403
    assert cloud.lab("GET", "/_lab/clock").status == 200
    iam = cloud.client("iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    request = AWSRequest("GET", f"{cloud.url}/_lab/clock")
    SigV4Auth(Credentials(key["AccessKeyId"], key["SecretAccessKey"]), "lab", cloud.region).add_auth(request)
    status, text = get(request.url, **{name.replace("-", "_"): value for name, value in request.headers.items()})
    assert (status, "own credentials" in text) == (403, True)


@pytest.mark.parametrize("headers", [{"Origin": "https://example.com"}, {"Origin": "null"}, {"Host": "example.com"}, {"Host": "127.0.0.1.example.com"}])
def test_pages_of_other_sites_are_refused(cloud: CloudUnderTest, headers: dict[str, str]) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="public")
    s3.put_object(Bucket="public", Key="page", Body=b"hello", ACL="public-read")
    assert get(cloud.url + "/public/page") == (200, "hello")
    assert get(cloud.url + "/public/page", **headers)[0] == 403
    assert get(cloud.url + "/public/page", Origin="http://localhost:8888")[0] == 200


def test_keys_of_iam_and_sts_are_good(cloud: CloudUnderTest) -> None:
    iam, sts = cloud.client("iam"), cloud.client("sts")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    ann = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    assert cloud.client("sts", **ann).get_caller_identity()["Arn"].endswith(":user/ann")
    iam.update_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        cloud.client("sts", **ann).get_caller_identity()
    assumed = sts.assume_role(RoleArn=cloud.role("reader"), RoleSessionName="session")["Credentials"]
    assert identity(cloud, assumed).endswith(":assumed-role/reader/session")
    assert identity(cloud, sts.get_session_token()["Credentials"]) == "arn:aws:iam::123456789012:root"


def identity(cloud: CloudUnderTest, key: dict[str, Any]) -> str:
    sts = cloud.client(
        "sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key["SessionToken"],
    )  # fmt: skip
    return str(sts.get_caller_identity()["Arn"])


def test_two_sessions_have_keys_of_their_own_and_their_tokens_matter(cloud: CloudUnderTest) -> None:
    sts = cloud.client("sts")
    first, second = (sts.get_session_token()["Credentials"] for _ in range(2))
    assert first["AccessKeyId"] != second["AccessKeyId"]
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        identity(cloud, first | {"SessionToken": second["SessionToken"]})


def test_a_session_ends_on_the_clouds_clock(cloud: CloudUnderTest) -> None:
    key = cloud.client("sts").assume_role(RoleArn=cloud.role(), RoleSessionName="session", DurationSeconds=900)["Credentials"]
    cloud.advance(901)
    with pytest.raises(ClientError, match="ExpiredToken"):
        identity(cloud, key)


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls(cloud: CloudUnderTest, version: str) -> None:
    s3 = cloud.client("s3", config=Config(signature_version=version))
    cloud.client("s3").create_bucket(Bucket="bucket")
    name = "a b/ü+(x).txt"
    put = s3.generate_presigned_url("put_object", {"Bucket": "bucket", "Key": name, "ContentType": "text/plain"})
    assert get(put, "PUT", b"hello", Content_Type="text/plain")[0] == 200
    url = s3.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": name, "ResponseContentType": "text/html"})
    assert get(url) == (200, "hello")
    assert get(url.replace("Signature=", "Signature=0"))[0] == 403
    assert get(url, "DELETE")[0] == 403
    assert get(url.replace("%C3%BC", "u"))[0] == 403
    past = s3.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": name}, ExpiresIn=-5 if version == "s3" else 0)
    assert get(past)[0] == 403


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_upload_forms(cloud: CloudUnderTest, version: str) -> None:
    import urllib3

    s3 = cloud.client("s3", config=Config(signature_version=version))
    cloud.client("s3").create_bucket(Bucket="bucket")
    form = s3.generate_presigned_post("bucket", "up/load.txt")
    fields = {**form["fields"], "file": ("load.txt", b"hello")}
    assert urllib3.request("POST", form["url"], fields=fields).status in (200, 204)
    assert cloud.client("s3").get_object(Bucket="bucket", Key="up/load.txt")["Body"].read() == b"hello"
    forged = {**fields, "policy": "e30="}
    assert urllib3.request("POST", form["url"], fields=forged).status == 403
    assert urllib3.request("POST", form["url"], fields={"key": "x", "file": ("x", b"x")}).status == 403


def test_a_presigned_url_of_another_service(cloud: CloudUnderTest) -> None:
    url = cloud.client("sts").generate_presigned_url("get_caller_identity", HttpMethod="GET")
    status, text = get(url)
    assert (status, "arn:aws:iam::123456789012:root" in text) == (200, True)


def test_objects_are_public_only_when_their_owner_says_so(cloud: CloudUnderTest) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="open", Body=b"1", ACL="public-read")
    s3.put_object(Bucket="bucket", Key="closed", Body=b"2")
    s3.upload_fileobj(io.BytesIO(bytes(9 << 20)), "bucket", "in parts")
    assert get(cloud.url + "/bucket/open") == (200, "1")
    for path in ("/bucket/closed", "/bucket/in%20parts", "/bucket/none", "/bucket", "/bucket/", "/bucket/open?acl", "/none/none"):
        assert get(cloud.url + path)[0] == 403, path
    assert get(cloud.url + "/bucket/open", "PUT", b"x")[0] == 403
    policy = {"Effect": "Allow", "Principal": {"AWS": cloud.role()}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}
    s3.put_bucket_policy(Bucket="bucket", Policy=json.dumps({"Statement": [policy]}))
    assert get(cloud.url + "/bucket/closed")[0] == 403
    s3.put_bucket_policy(Bucket="bucket", Policy=json.dumps({"Statement": [policy | {"Principal": "*"}]}))
    assert get(cloud.url + "/bucket/closed") == (200, "2")


@pytest.mark.parametrize(
    "text",
    [
        b"\r\n\r\n", b"nonsense\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /%ff%00%zz?%=&&=&a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET http://127.0.0.1/bucket/key HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: AWS4-HMAC-SHA256 \xff\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_no_request_gets_an_error_and_no_traceback(cloud: CloudUnderTest, text: bytes) -> None:
    answer = raw(cloud, text)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 403"))
    assert b"Traceback" not in answer
    assert cloud.lab("GET", "/_lab/clock").status == 200


@pytest.mark.parametrize(
    ("path", "service", "body", "headers"),
    [
        ("/", "dynamodb", b"{}", {}),
        ("/", "dynamodb", b"not json", {"X_Amz_Target": "DynamoDB_20120810.PutItem"}),
        ("/", "dynamodb", b"[1]", {"X_Amz_Target": "DynamoDB_20120810.PutItem"}),
        ("/", "dynamodb", b"{}", {"X_Amz_Target": "nonsense"}),
        ("/", "dynamodb", b"{}", {"X_Amz_Target": "DynamoDB_20120810.NoSuchOperation"}),
        ("/", "sqs", b"{}", {"X_Amz_Target": "AmazonSQS.ReceiveMessage"}),
        ("/", "sqs", b'{"QueueUrl": 7, "WaitTimeSeconds": "x"}', {"X_Amz_Target": "AmazonSQS.ReceiveMessage"}),
        ("/", "sqs", b"Action=ReceiveMessage&WaitTimeSeconds=x", {"Content_Type": "application/x-www-form-urlencoded"}),
        ("/", "iam", b"Action=NoSuchAction", {"Content_Type": "application/x-www-form-urlencoded"}),
        ("/", "iam", b"\xff\xfe", {"Content_Type": "application/x-www-form-urlencoded"}),
        ("/", "nosuchservice", b"", {}),
        ("/x", "", b"", {}),
        ("/2015-03-31/nothing", "lambda", b"{}", {}),
    ],
)
def test_a_signed_request_that_is_nonsense_gets_an_error_and_no_traceback(
    cloud: CloudUnderTest, path: str, service: str, body: bytes, headers: dict[str, str]
) -> None:
    status, text = signed(cloud, "POST", path, body, service, **headers)
    assert 400 <= status < 600
    assert "Traceback" not in text
    assert ".py" not in text


def test_an_operation_that_moto_lacks_says_so(cloud: CloudUnderTest) -> None:
    with pytest.raises(ClientError, match="NotImplemented.*cannot do that yet"):
        cloud.client("dynamodb").list_imports()


def test_connections_are_kept_and_bodies_may_come_in_chunks(cloud: CloudUnderTest) -> None:
    s3 = cloud.client("s3", config=Config(signature_version="s3v4"))
    s3.create_bucket(Bucket="bucket")
    parts = urlsplit(cloud.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    url = s3.generate_presigned_url("put_object", {"Bucket": "bucket", "Key": "chunks"})
    target = url.removeprefix(cloud.url)
    for body in (b"first", b"second"):
        connection.request("PUT", target, body=iter([body[:2], body[2:]]), encode_chunked=True)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
        first = connection.sock
    assert connection.sock is first
    connection.close()
    assert s3.get_object(Bucket="bucket", Key="chunks")["Body"].read() == b"second"


def test_a_head_request_says_the_length_and_sends_nothing(cloud: CloudUnderTest) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=b"12345", ACL="public-read")
    parts = urlsplit(cloud.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    for _ in range(2):
        connection.request("HEAD", "/bucket/key")
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("Content-Length"), answer.read()) == (200, "5", b"")
    connection.close()


class Unseekable(io.RawIOBase):
    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._content.read(size)


def test_uploads_of_every_kind_arrive_whole(cloud: CloudUnderTest) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="bucket")
    content = bytes(range(256)) * 80_000
    s3.put_object(Bucket="bucket", Key="at once", Body=content)
    s3.upload_fileobj(io.BytesIO(content), "bucket", "in parts")
    s3.upload_fileobj(Unseekable(content), "bucket", "a stream")
    s3.put_object(Bucket="bucket", Key="checked", Body=content, ChecksumAlgorithm="SHA256")
    s3.put_object(Bucket="bucket", Key="empty", Body=b"")
    for key in ("at once", "in parts", "a stream", "checked"):
        assert s3.get_object(Bucket="bucket", Key=key)["Body"].read() == content, key
    assert s3.get_object(Bucket="bucket", Key="empty")["Body"].read() == b""


@pytest.mark.parametrize("payload", ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"])
def test_aws_chunked_bodies(cloud: CloudUnderTest, payload: str) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="bucket")
    signature = ";chunk-signature=" + "0" * 64 if "HMAC" in payload else ""
    body = f"5{signature}\r\nhello\r\n0{signature}\r\n".encode()
    body += b"x-amz-checksum-crc32:NhCmhg==\r\n\r\n" if not signature else b"\r\n"
    status, text = signed(
        cloud, "PUT", "/bucket/chunked", body, "s3", X_Amz_Content_Sha256=payload, Content_Encoding="aws-chunked",
        X_Amz_Decoded_Content_Length="5", X_Amz_Trailer="x-amz-checksum-crc32",
    )  # fmt: skip
    assert status == 200, text
    assert s3.get_object(Bucket="bucket", Key="chunked")["Body"].read() == b"hello"


def test_names_of_metadata_keep_their_underscores(cloud: CloudUnderTest) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=b"", Metadata={"under_score": "1", "da-sh": "2"})
    assert s3.head_object(Bucket="bucket", Key="key")["Metadata"] == {"under_score": "1", "da-sh": "2"}


def test_a_form_is_an_object_like_any_other(cloud: CloudUnderTest) -> None:
    s3 = cloud.client("s3", config=Config(signature_version="s3v4"))
    s3.create_bucket(Bucket="bucket")
    url = s3.generate_presigned_url("put_object", {"Bucket": "bucket", "Key": "key"})
    assert get(url, "PUT", b"a=1&b=2", Content_Type="application/x-www-form-urlencoded")[0] == 200
    assert s3.get_object(Bucket="bucket", Key="key")["Body"].read() == b"a=1&b=2"


@pytest.mark.parametrize("host", ["bucket.s3.amazonaws.com", "bucket.s3.us-east-1.amazonaws.com", "bucket.localhost:4566"])
def test_buckets_in_the_hosts_name(cloud: CloudUnderTest, host: str) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="fol/der/key", Body=b"hello", ACL="public-read")
    s3.put_object(Bucket="bucket", Key="closed", Body=b"hello")
    assert get(cloud.url + "/fol/der/key", Host=host) == (200, "hello")
    assert get(cloud.url + "/closed", Host=host)[0] == 403


def test_policies_of_awss_own_can_be_attached(cloud: CloudUnderTest) -> None:
    iam, role = cloud.client("iam"), cloud.role().rpartition("/")[2]
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    assert [policy["PolicyArn"] for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]] == [arn]
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")
    page = iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"MaxItems": 2000})
    assert sum(len(part["Policies"]) for part in page) > 1000


def test_the_cloud_answers_while_moto_works(cloud: CloudUnderTest) -> None:
    import threading

    iam = cloud.client("iam")
    listing = threading.Thread(target=lambda: iam.list_policies(Scope="AWS"))
    listing.start()
    assert cloud.lab("GET", "/_lab/clock").status == 200
    listing.join()
