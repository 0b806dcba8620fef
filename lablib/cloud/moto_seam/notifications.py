"""What a topic's subscribers get: SNS's envelope, signed, and what else goes into a queue.

Names, order and layout: messages captured in 2023 and 2025. One key signs everything in this process, and its certificate is
where the envelope says, for who asks this cloud in the name of that host.

Touches: of `moto.sns.models` `Topic.arn`, `.signature_version`, `Subscription.attributes`; ``cryptography``, which moto needs.
"""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lablib.cloud.moto_seam import clockwork
from lablib.models.timestamps import timestamp

# Type and Value of each attribute by its name; the value of a binary one is base64.
Attributes = Mapping[str, Mapping[str, str]]

_SIGNED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
CERTIFICATE = "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"


def envelope(
    topic: Any, subscription: str, message_id: str, text: str, subject: str | None, attributes: Attributes, sequence: str | None
) -> dict[str, Any]:  # fmt: skip
    """A notification, with SNS's names in SNS's order."""
    region = topic.arn.split(":")[3]
    version = str(getattr(topic, "signature_version", None) or "1")
    made: dict[str, Any] = {"Type": "Notification", "MessageId": message_id}
    if sequence is not None:
        made["SequenceNumber"] = sequence
    made["TopicArn"] = topic.arn
    if subject:
        made["Subject"] = subject
    made |= {"Message": text, "Timestamp": timestamp(clockwork.now()), "SignatureVersion": version}
    made["Signature"] = _signature(made, version)
    made["SigningCertURL"] = f"https://sns.{region}.amazonaws.com/{CERTIFICATE}"
    made["UnsubscribeURL"] = f"https://sns.{region}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={subscription}"
    if attributes:
        made["MessageAttributes"] = {name: {"Type": value["Type"], "Value": value["Value"]} for name, value in attributes.items()}
    return made


def body(made: Mapping[str, Any]) -> str:
    """An envelope as a queue gets it: SNS's own layout."""
    lines = []
    for name, value in made.items():
        text = _attributes(value) if isinstance(value, Mapping) else json.dumps(value, ensure_ascii=False)
        lines.append(f'  "{name}" : {text}')
    return "{\n" + ",\n".join(lines) + "\n}"


def _attributes(values: Mapping[str, Any]) -> str:
    lines = [
        f"    {json.dumps(name, ensure_ascii=False)} : {json.dumps(value, separators=(',', ':'), ensure_ascii=False)}"
        for name, value in values.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n  }"


def of_queue(attributes: Attributes) -> dict[str, dict[str, Any]]:
    """A message's attributes as SQS has them, for a subscription with raw delivery.

    moto's SNS keeps bytes as base64, its SQS as bytes.
    """
    made: dict[str, dict[str, Any]] = {}
    for name, value in attributes.items():
        if value["Type"].startswith("Binary"):
            made[name] = {"DataType": value["Type"], "BinaryValue": base64.b64decode(value["Value"])}
        else:
            made[name] = {"DataType": value["Type"], "StringValue": str(value["Value"])}
    return made


def dead_letter_of(subscription: Any) -> str | None:
    """The ARN of a subscription's dead-letter queue."""
    policy = subscription.attributes.get("RedrivePolicy")
    if not policy:
        return None
    found = json.loads(policy).get("deadLetterTargetArn")
    return str(found) if found else None


def next_sequence_number(topic: Any) -> str:
    """The next of a FIFO topic's sequence numbers: twenty digits that grow."""
    last: int = getattr(topic, "lab_sequence", 10_000_000_000_000_000_000)
    topic.lab_sequence = last + 1
    return str(last + 1)


@functools.cache
def _key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def certificate() -> bytes:
    """The certificate of that key, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import NameOID

    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    start = datetime.fromtimestamp(clockwork.now(), UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(_key().public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(start + timedelta(days=3650))
        .sign(_key(), hashes.SHA256())
    )  # fmt: skip
    return made.public_bytes(serialization.Encoding.PEM)


def _signature(made: Mapping[str, Any], version: str) -> str:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    text = "".join(f"{name}\n{made[name]}\n" for name in _SIGNED if name in made)
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()
    return base64.b64encode(_key().sign(text.encode(errors="surrogatepass"), padding.PKCS1v15(), algorithm)).decode()
