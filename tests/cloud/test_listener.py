"""HTTP as every service's answers have it."""

from __future__ import annotations

import http.client
import time
from email.utils import parsedate_to_datetime

from tests.cloud.sources.http import public_url
from tests.support import CloudUnderTest


def test_every_answer_has_the_real_date(cloud: CloudUnderTest) -> None:
    """Whatever the cloud's clock says: SDKs compare it with their own clock, by which they sign."""
    cloud.advance(7200)
    for answer in (cloud.client("lambda").list_functions(), cloud.client("s3").list_buckets(), cloud.client("sqs").list_queues()):
        date = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        assert abs(date.timestamp() - time.time()) < 60


def test_names_of_headers_go_out_as_they_are_written(cloud: CloudUnderTest) -> None:
    code = "def lambda_handler(event, context): return {'statusCode': 200, 'headers': {'x-lower': '1', 'X-MiXed': '2'}}"
    url = public_url(cloud, code)
    connection = http.client.HTTPConnection(cloud.url.removeprefix("http://"))
    connection.request("GET", url.removeprefix(cloud.url))
    answer = connection.getresponse()
    names = [name for name, _ in answer.getheaders()]
    connection.close()
    assert {"x-lower", "X-MiXed", "Content-Type", "x-amzn-RequestId", "X-Amzn-Trace-Id", "Date", "Content-Length"} == set(names)
