"""The hands of a check: it looks at functions and calls them through public AWS APIs alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from lablib.course.verdict import NotStarted


class Clients(Protocol):
    """The part of a lab that a check needs: boto3 clients for its cloud."""

    def client(self, service: str) -> Any:
        """A client for one AWS service."""


@dataclass(frozen=True)
class Answered:
    """What one invocation gave.

    Attributes
    ----------
    payload : Any
        The parsed answer; None when the function failed.
    error : str or None
        "KeyError: 'name'": the function's own error, or None.
    request_id : str
    log : list of str
        The last 4 KB of its log, line by line.
    """

    payload: Any
    error: str | None
    request_id: str
    log: list[str]


class Bench:
    """What a check may do in the cloud.

    Parameters
    ----------
    lab : Lab
        Its clients ask once: a check never hides a throttle or a timeout behind a retry.
    namespace : mapping
        The notebook's variables.
    """

    def __init__(self, lab: Clients, namespace: Mapping[str, Any]) -> None:
        self.namespace = namespace
        self._lab = lab
        self._made: list[str] = []

    @cached_property
    def client(self) -> Any:
        """A boto3 client for Lambda."""
        return self._lab.client("lambda")

    def configuration(self, name: str, qualifier: str | None = None) -> dict[str, Any] | None:
        """GetFunctionConfiguration, or None when there is no such function or version."""
        which = {"Qualifier": qualifier} if qualifier else {}
        try:
            found: dict[str, Any] = self.client.get_function_configuration(FunctionName=name, **which)
        except self.client.exceptions.ResourceNotFoundException:
            return None
        return found

    def invoke(self, name: str, event: Any, qualifier: str | None = None) -> Answered:
        """Call the function. Raises NotStarted when its handler is still the stub."""
        which = {"Qualifier": qualifier} if qualifier else {}
        reply = self.client.invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail", **which)
        payload = json.loads(reply["Payload"].read() or b"null")
        log = base64.b64decode(reply.get("LogResult", "")).decode("utf-8", "replace").splitlines()
        request_id = reply["ResponseMetadata"].get("RequestId", "")
        if not reply.get("FunctionError"):
            return Answered(payload, None, request_id, log)
        known = payload if isinstance(payload, dict) else {}
        kind = known.get("errorType", "error")
        if kind == "NotImplementedError":
            raise NotStarted
        return Answered(None, f"{kind}: {known.get('errorMessage', payload)}", request_id, log)

    def any_function(self) -> dict[str, Any]:
        """The configuration of one of the learner's functions. Raises LookupError, for the reader, when there is none."""
        for found in self.client.list_functions()["Functions"]:
            if found["FunctionName"] not in self._made:
                return dict(found)
        raise LookupError("this lab has no function yet; run its cells from the top first.")

    def will_make(self, name: str) -> str:
        """Note a function that the check is about to make, so that `clear` removes it."""
        self.clear_one(name)
        self._made.append(name)
        return name

    def clear(self) -> None:
        """Remove every function that this check made, with its log group."""
        while self._made:
            self.clear_one(self._made.pop())

    def clear_one(self, name: str) -> None:
        logs = self._lab.client("logs")
        if self.configuration(name) is not None:
            self.client.delete_function(FunctionName=name)
        try:
            logs.delete_log_group(logGroupName=f"/aws/lambda/{name}")
        except logs.exceptions.ResourceNotFoundException:
            return  # it never logged
