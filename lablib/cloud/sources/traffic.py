"""What Kinesis tells CloudWatch of records that are put. Names and units: Amazon Kinesis Data Streams Developer Guide, 2026."""

from __future__ import annotations

from lablib.cloud.moto_seam import kinesis
from lablib.cloud.sources.context import SourceContext

NAMESPACE = "AWS/Kinesis"


class KinesisTraffic:
    """Counts the records and the bytes that come into streams, a minute at a time."""

    def __init__(self, context: SourceContext) -> None:
        self._metrics = context.metrics
        kinesis.on_traffic = lambda stream, size, records: context.soon(self._count, stream, size, records)

    def _count(self, stream: str, size: int, records: int) -> None:
        dimensions = (("StreamName", stream),)
        self._metrics.add("IncomingBytes", dimensions, float(size), unit="Bytes", namespace=NAMESPACE)
        self._metrics.add("IncomingRecords", dimensions, float(records), namespace=NAMESPACE)
