"""What CloudWatch Logs refuses of filters and moto takes; and TestMetricFilter, which moto has not.

Sources: BOTO PutSubscriptionFilter, PutMetricFilter, TestMetricFilter, FilterLogEvents (botocore 1.44.5), 2026; words as
captured, 2016 to 2026.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from lablib.cloud.access.resources import operation_of
from lablib.cloud.api.errors import LambdaError
from lablib.cloud.authentication.refusals import Style, error
from lablib.cloud.functions import NoSuchFunction
from lablib.cloud.moto_seam import engine, subscriptions
from lablib.cloud.sources.calling import Source, Target
from lablib.cloud.sources.context import SourceContext
from lablib.cloud.sources.logs.filters import FilterPattern, InvalidPattern, compiled
from lablib.cloud.web import Answer, Request
from lablib.models import limits

_FILTER_NAME = re.compile(r"[^:*]*")
_PATTERN_CHARACTERS = 1024
_NAME_CHARACTERS = 512
_TEST_MESSAGES = 50

_UNABLE = "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function."
_OWN = "The log group provided is reserved for the function logs of the destination function."
_NO_ROLE = "destinationArn for vendor lambda cannot be used with roleArn"
_NOT_EMPTY = "Member must have length greater than or equal to 1"

Parameters = dict[str, Any]


class Refused(Exception):
    """CloudWatch Logs refuses a request. Its text is the service's sentence."""

    def __init__(self, message: str, code: str = "InvalidParameterException") -> None:
        super().__init__(message)
        self.code = code


def _invalid(value: object, name: str, constraint: str) -> Refused:
    return Refused(f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {constraint}")


class Desk:
    """Looks at the requests that have a filter in them, before moto does."""

    def __init__(self, context: SourceContext) -> None:
        self._context = context
        self._looks: dict[str, Callable[[Parameters], Awaitable[Answer | None]]] = {
            "PutSubscriptionFilter": self._subscription, "PutMetricFilter": self._metric, "TestMetricFilter": self._test,
            "FilterLogEvents": self._search,
        }  # fmt: skip

    async def answer(self, request: Request) -> Answer | None:
        """Answer a request, or leave it to moto (None)."""
        operation = operation_of(request, "logs", self._context.region, self._context.account)
        look = self._looks.get(operation.name)
        try:
            return await look(dict(operation.parameters)) if look is not None else None
        except Refused as refused:
            return error(Style.JSON, 400, refused.code, str(refused))

    async def _subscription(self, given: Parameters) -> None:
        group, name = str(given.get("logGroupName", "")), str(given.get("filterName", ""))
        _check_name(name)
        pattern = _pattern(given, "subscription filter")
        if not await engine.call(subscriptions.exists, self._context.region, group):
            return  # moto says so
        await self._check_expressions(group, name, pattern)
        destination = str(given.get("destinationArn", ""))
        if destination.split(":")[2:3] == ["lambda"]:
            if given.get("roleArn"):
                raise Refused(_NO_ROLE)
            self._check_function(group, destination)

    def _check_function(self, group: str, destination: str) -> None:
        target, context = Target.of(destination), self._context
        source_arn = f"arn:aws:logs:{context.region}:{context.account}:log-group:{group}:*"
        try:
            if target is None:
                raise Refused(_UNABLE)
            version = context.functions.get(target.name, target.qualifier)
        except NoSuchFunction:
            raise Refused(_UNABLE) from None
        if version.log_group == group:
            raise Refused(_OWN)
        for service in (f"logs.{context.region}.amazonaws.com", "logs.amazonaws.com"):
            try:
                context.caller.check(destination, Source(service, source_arn, context.account))
            except LambdaError:
                continue
            return
        raise Refused(_UNABLE)

    async def _metric(self, given: Parameters) -> None:
        group, name = str(given.get("logGroupName", "")), str(given.get("filterName", ""))
        _check_name(name)
        pattern = _pattern(given, "metric filter")
        transformations = given.get("metricTransformations") or []
        if not pattern.names_parts and any(isinstance(one, dict) and one.get("dimensions") for one in transformations):
            raise Refused("The specified filter pattern does not support dimensions")
        if not await engine.call(subscriptions.exists, self._context.region, group):
            raise Refused("The specified log group does not exist.", "ResourceNotFoundException")
        await self._check_expressions(group, name, pattern)
        known = await engine.call(subscriptions.metric_filters, self._context.region, group)
        if name not in known and len(known) >= limits.METRIC_FILTERS:
            raise Refused("Resource limit exceeded.", "LimitExceededException")

    async def _check_expressions(self, group: str, name: str, pattern: FilterPattern) -> None:
        if not pattern.expressions:
            return
        others = await engine.call(subscriptions.patterns, self._context.region, group, name)
        if sum(_has_expressions(other) for other in others) >= limits.GROUP_EXPRESSION_PATTERNS:
            raise Refused("Resource limit exceeded.", "LimitExceededException")  # the words are unconfirmed

    async def _search(self, given: Parameters) -> None:
        _pattern(given, "filter")

    async def _test(self, given: Parameters) -> Answer:
        pattern, messages = _pattern(given, "metric filter"), given.get("logEventMessages")
        if not isinstance(messages, list) or not 1 <= len(messages) <= _TEST_MESSAGES:
            raise _invalid(messages, "logEventMessages", _length(_TEST_MESSAGES) if messages else _NOT_EMPTY)
        # That events are counted from 0 is unconfirmed.
        found = [
            {"eventNumber": number, "eventMessage": str(message), "extractedValues": pattern.extracted(str(message))}
            for number, message in enumerate(messages) if pattern.matches(str(message))
        ]  # fmt: skip
        return Answer(200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps({"matches": found}).encode())


def _length(most: int) -> str:
    return f"Member must have length less than or equal to {most}"


def _has_expressions(text: str) -> bool:
    try:
        return compiled(text).expressions > 0
    except InvalidPattern:  # it came past the desk
        return False


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= _NAME_CHARACTERS:
        raise _invalid(name, "filterName", _length(_NAME_CHARACTERS) if name else _NOT_EMPTY)
    if not _FILTER_NAME.fullmatch(name):
        raise _invalid(name, "filterName", "Member must satisfy regular expression pattern: [^:*]*")


def _pattern(given: Parameters, kind: str) -> FilterPattern:
    text = given.get("filterPattern") or ""
    if not isinstance(text, str) or len(text) > _PATTERN_CHARACTERS:
        raise _invalid(text, "filterPattern", _length(_PATTERN_CHARACTERS))
    try:
        return compiled(text)
    except InvalidPattern as invalid:
        raise Refused(invalid.sentence(kind)) from None
