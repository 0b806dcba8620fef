"""Services that call functions on AWS and not here: a clear answer, and nothing that looks as if it were there.

moto would keep what is asked of it and never call the function, or look for the function in a Lambda of its own, which is empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from lablib.cloud.access.resources import operation_of
from lablib.cloud.authentication.refusals import error, style_of
from lablib.cloud.moto_seam import engine
from lablib.cloud.web import Answer, Request

_A_FUNCTION = re.compile(r"arn:aws[\w-]*:lambda:[\w-]+:\d+:function:")
_IN_A_TEMPLATE = re.compile(r"AWS::Lambda::\w+|AWS::Serverless[:\w-]*|Custom::[\w@-]+|AWS::CloudFormation::CustomResource")


@dataclass(frozen=True)
class _Later:
    """What of a service's operations is refused: requests that name something, and the sentence."""

    operations: frozenset[str]
    names: re.Pattern[str]
    sentence: str


def _calls(service: str, what: str, *operations: str) -> _Later:
    return _Later(frozenset(operations), _A_FUNCTION, f"This local cloud's {service} cannot call functions yet: {what}.")


# By the service for which a request is signed.
_LATER: Mapping[str, _Later] = {
    "cloudformation": _Later(
        frozenset({"CreateStack", "UpdateStack", "CreateChangeSet", "CreateStackSet", "UpdateStackSet"}), _IN_A_TEMPLATE,
        "This local cloud's CloudFormation has no resources of Lambda yet: {found}. Create functions with Lambda's API.",
    ),
    "secretsmanager": _calls("Secrets Manager", "rotation by a function", "RotateSecret"),
    "config": _calls("Config", "rules that are functions", "PutConfigRule", "PutOrganizationConfigRule"),
    "ses": _calls("SES", "receipt rules with a Lambda action", "CreateReceiptRule", "UpdateReceiptRule"),
    "cognito-idp": _calls("Cognito", "triggers of a user pool", "CreateUserPool", "UpdateUserPool"),
    "iot": _calls("IoT", "rules with a Lambda action", "CreateTopicRule", "ReplaceTopicRule"),
    "firehose": _calls("Firehose", "transformation by a function", "CreateDeliveryStream", "UpdateDestination"),
    "appsync": _calls("AppSync", "data sources that are functions", "CreateDataSource", "UpdateDataSource"),
    "pipes": _Later(frozenset({"CreatePipe", "UpdatePipe"}), re.compile(""), "This local cloud has no EventBridge Pipes yet."),
    "elasticloadbalancing": _calls("Elastic Load Balancing", "functions as targets", "RegisterTargets"),
}  # fmt: skip


def answer(request: Request, service: str) -> Answer | None:
    """Refuse what no function would ever hear of, with ``NotImplemented``; None for all else."""
    later = _LATER.get(service)
    if later is None:
        return None
    text = unquote_plus(request.body.decode("utf-8", "replace"))
    found = later.names.search(text)
    if found is None:
        return None
    if operation_of(request, service, engine.place.region, engine.place.account).name not in later.operations:
        return None
    style = style_of(service, request.headers, request.query)
    return error(style, 501, "NotImplemented", later.sentence.format(found=found[0]))
