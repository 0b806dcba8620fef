"""What may receive an event's end, by its ARN."""

from __future__ import annotations

from dataclasses import dataclass

# What Lambda does to each service's resources, with the function's role. DG invocation-async-retain-records, 2026.
_ACTIONS = {"sqs": "SendMessage", "sns": "Publish", "lambda": "InvokeFunction", "events": "PutEvents", "s3": "PutObject"}


@dataclass(frozen=True)
class Target:
    """An ARN of a destination or a dead-letter queue.

    Attributes
    ----------
    service
        ``"sqs"``, ``"sns"``, ``"lambda"``, ``"events"``, ``"s3"``, or any other, which receives nothing.
    region
        Empty for a bucket.
    """

    arn: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def of(cls, arn: str) -> Target:
        """Read an ARN; what is none has no service."""
        parts = arn.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn":
            return cls(arn, "", "", "", arn)
        return cls(arn, *parts[2:])

    @property
    def action(self) -> str:
        """``SendMessage``, ``Publish``, …: what the function's role must be allowed to do."""
        return _ACTIONS[self.service]

    @property
    def supported(self) -> bool:
        """Whether Lambda sends anything to such a service."""
        return self.service in _ACTIONS

    @property
    def fifo(self) -> bool:
        """A FIFO queue or topic."""
        return self.service in ("sqs", "sns") and self.arn.endswith(".fifo")

    def permissions(self, function: str) -> list[tuple[str, str]]:
        """Each (action, resource) that the role of the function of that name must be allowed."""
        if self.service == "s3":
            return [("s3:PutObject", f"{self.arn}/{folder(function)}*"), ("s3:ListBucket", self.arn)]
        return [(f"{self.service}:{self.action}", self.arn)]


def folder(function: str) -> str:
    """Where in a bucket the records of a function go. DG invocation-async-retain-records, 2026."""
    return f"aws/lambda/async/{function}/"
