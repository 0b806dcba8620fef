"""HTTP as every service's answers have it."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

from tests.support import CloudUnderTest


def test_every_answer_has_the_real_date(cloud: CloudUnderTest) -> None:
    """Whatever the cloud's clock says: SDKs compare it with their own clock, by which they sign."""
    cloud.advance(7200)
    for answer in (cloud.client("lambda").list_functions(), cloud.client("s3").list_buckets(), cloud.client("sqs").list_queues()):
        date = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        assert abs(date.timestamp() - time.time()) < 60
