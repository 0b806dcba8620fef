"""The hands of a check: it looks at functions and calls them through public AWS APIs alone."""

from __future__ import annotations

import base64
import io
import json
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol

from lablib.course.verdict import NotStarted


_ROLE: Final = "lambda-lab-check"
_TRUST: Final = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
})


_STUB: Final = "NotImplementedError"
"""The stub's own error; of a stub in another language, what its interpreter quotes when it cannot read it."""


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
        self._clients: dict[str, Any] = {}
        self._made: list[str] = []
        self._undo: list[Callable[[], object]] = []
        self._own_role = False

    @cached_property
    def client(self) -> Any:
        """A boto3 client for Lambda."""
        return self.service("lambda")

    def service(self, name: str) -> Any:
        """A boto3 client for another service of the lab's cloud, made once."""
        if name not in self._clients:
            self._clients[name] = self._lab.client(name)
        return self._clients[name]

    def configuration(self, name: str, qualifier: str | None = None) -> dict[str, Any] | None:
        """GetFunctionConfiguration, or None when there is no such function or version."""
        which = {"Qualifier": qualifier} if qualifier else {}
        try:
            found: dict[str, Any] = self.client.get_function_configuration(FunctionName=name, **which)
        except self.client.exceptions.ResourceNotFoundException:
            return None
        return found

    def versions(self, name: str) -> list[str]:
        """The numbers of a function's published versions, oldest first; none when there is no such function."""
        try:
            listed = self.client.list_versions_by_function(FunctionName=name)["Versions"]
        except self.client.exceptions.ResourceNotFoundException:
            return []
        return [version["Version"] for version in listed if version["Version"] != "$LATEST"]

    def invoke(self, name: str, event: Any, qualifier: str | None = None) -> Answered:
        """Call the function. Raises NotStarted when its handler, or its bootstrap, is still the stub."""
        which = {"Qualifier": qualifier} if qualifier else {}
        reply = self.client.invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail", **which)
        payload = _parsed(reply["Payload"].read())
        log = base64.b64decode(reply.get("LogResult", "")).decode("utf-8", "replace").splitlines()
        request_id = reply["ResponseMetadata"].get("RequestId", "")
        if not reply.get("FunctionError"):
            return Answered(payload, None, request_id, log)
        known = payload if isinstance(payload, dict) else {}
        kind = known.get("errorType", "error")
        if kind == "NotImplementedError" or (kind == "Runtime.ExitError" and any(_STUB in line for line in log)):
            raise NotStarted
        return Answered(None, f"{kind}: {known.get('errorMessage', payload)}", request_id, log)

    def log_lines(self, name: str, pattern: str = "") -> list[str]:
        """The lines of the function's own log group that match a filter pattern; none when it never ran."""
        logs = self.service("logs")
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=_log_group(name), filterPattern=pattern)
        try:
            return [event["message"] for page in pages for event in page["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []  # the group is made with the first line

    def make(self, name: str, source: str, **settings: Any) -> str:
        """A function of the check's own, Active; `clear` removes it. `settings` go to CreateFunction as they are."""
        self.will_make(name)
        box = io.BytesIO()
        with zipfile.ZipFile(box, "w") as archive:
            archive.writestr("lambda_function.py", source)
        given = {
            "FunctionName": name, "Runtime": f"python3.{sys.version_info.minor}", "Role": self._role(), "MemorySize": 512,
            "Handler": "lambda_function.lambda_handler", "Code": {"ZipFile": box.getvalue()},
        }
        self.client.create_function(**(given | settings))
        self.client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        return name

    def _role(self) -> str:
        """The role of one of the learner's functions; without one, a role of the check's own."""
        for found in self.client.list_functions()["Functions"]:
            if found["FunctionName"] not in self._made:
                return str(found["Role"])
        iam = self.service("iam")
        self._own_role = True
        try:
            return str(iam.create_role(RoleName=_ROLE, AssumeRolePolicyDocument=_TRUST)["Role"]["Arn"])
        except iam.exceptions.EntityAlreadyExistsException:  # made a moment ago, or left by an interrupted check
            return str(iam.get_role(RoleName=_ROLE)["Role"]["Arn"])

    def will_make(self, name: str) -> str:
        """Note a function that the check is about to make, so that `clear` removes it."""
        self.clear_one(name)
        self._made.append(name)
        return name

    def afterwards(self, undo: Callable[[], object]) -> None:
        """Note what `clear` shall call, last first: it removes what is no function."""
        self._undo.append(undo)

    def clear(self) -> None:
        """Remove every function that this check made, with its log group, and the role it made for them; then the rest."""
        while self._made:
            self.clear_one(self._made.pop())
        while self._undo:
            self._undo.pop()()
        if self._own_role:
            self._own_role = False
            self.service("iam").delete_role(RoleName=_ROLE)

    def clear_one(self, name: str) -> None:
        logs = self.service("logs")
        if self.configuration(name) is not None:
            self.client.delete_function(FunctionName=name)
        try:
            logs.delete_log_group(logGroupName=_log_group(name))
        except logs.exceptions.ResourceNotFoundException:
            return  # it never logged


def _log_group(name: str) -> str:
    return f"/aws/lambda/{name}"


def _parsed(payload: bytes) -> Any:
    """What a function answered; as text when it is no JSON, which a runtime of one's own may send."""
    try:
        return json.loads(payload or b"null")
    except ValueError:
        return payload.decode("utf-8", "replace")
