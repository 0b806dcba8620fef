"""Resource-based policies of Lambda: of a function, one of its versions or aliases, and of a layer's version.

Without one, nobody but the account itself may invoke a function: S3, SNS, API Gateway and EventBridge need a statement that names
them. Source: "Using resource-based policies for Lambda", Developer Guide, 2026.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lablib.cloud.access.decision import Asked, service_may
from lablib.cloud.access.documents import Statement, statements
from lablib.models import limits

if TYPE_CHECKING:
    from lablib.cloud.functions import Function


class TooLong(ValueError):
    """The policy would be larger than Lambda allows. Its text is AWS's sentence."""


@dataclass(frozen=True)
class ResourcePolicy:
    """A policy document as Lambda keeps it.

    Attributes
    ----------
    content
        The JSON document, parsed: ``{"Version": …, "Id": …, "Statement": […]}``.
    revision_id
        Of a function's policy: another after each change, and none of the function's (captured, third party, 2026; in answers of
        2023 it was the function's).
    """

    content: Mapping[str, Any]
    revision_id: str = field(init=False, compare=False, default_factory=lambda: str(uuid.uuid4()))

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """Its statements, ready for a decision."""
        return statements(self.content)

    @cached_property
    def text(self) -> str:
        """The document as the API gives it back."""
        return json.dumps(self.content, separators=(",", ":"), ensure_ascii=False)

    def has(self, statement_id: str) -> bool:
        """Whether one of the statements has this id."""
        return any(statement.get("Sid") == statement_id for statement in self.content["Statement"])

    def with_statement(self, statement: Mapping[str, Any]) -> ResourcePolicy:
        """This policy and one more statement. Raises `TooLong`."""
        return self._of([*self.content["Statement"], statement]).checked()

    def without(self, statement_id: str) -> ResourcePolicy | None:
        """This policy without a statement; None if none is left."""
        kept = [statement for statement in self.content["Statement"] if statement.get("Sid") != statement_id]
        return self._of(kept) if kept else None

    def checked(self) -> ResourcePolicy:
        """This policy, if it is not too long. Raises `TooLong`."""
        size = len(self.text.encode())
        if size > limits.RESOURCE_POLICY_BYTES:
            raise TooLong(f"The final policy size ({size}) is bigger than the limit ({limits.RESOURCE_POLICY_BYTES}).")
        return self

    def _of(self, given: list[Mapping[str, Any]]) -> ResourcePolicy:
        return replace(self, content={**self.content, "Statement": given})


EMPTY = ResourcePolicy({"Version": "2012-10-17", "Id": "default", "Statement": []})


def allows(
    function: Function, qualifier: str | None, principal_service: str, source_arn: str | None, source_account: str | None,
    action: str = "lambda:InvokeFunction",
) -> bool:  # fmt: skip
    """Whether a service may invoke a function, as S3, SNS, API Gateway or EventBridge ask before they deliver.

    Parameters
    ----------
    qualifier
        The version or alias by which the source calls it. Each has a policy of its own; the function's does not count for them.
    principal_service
        Such as ``s3.amazonaws.com``.
    source_arn, source_account
        Whose event it is: the bucket's ARN and its owner, for example.
    """
    policy = function.policies.get(qualifier)
    if policy is None:
        return False
    context = {"aws:sourcearn": source_arn, "aws:sourceaccount": source_account}
    arn = function.latest.arn + (f":{qualifier}" if qualifier else "")
    known = {key: value for key, value in context.items() if value is not None}
    return service_may(principal_service, Asked(action, arn, known), policy.statements)
