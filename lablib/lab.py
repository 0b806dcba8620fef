"""The lab: what a notebook calls. Everything it shows comes from AWS's public API, through plain boto3.

The one exception is `wait` (and `reset`, `close`): the local cloud's clock can be moved, and AWS's cannot.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lablib import deployment, surroundings
from lablib.deployment import Settings
from lablib.errors import CloudIsGone, Interrupted, LabError, StillRunning, aws_errors
from lablib.local import LocalCloud
from lablib.packaging import Package
from lablib.run import Run

if TYPE_CHECKING:
    from lablib.models.report import Report

LONGEST_CALL = 910
"""Seconds a client waits for an answer: a function may run for 900 (AWS Lambda quotas, read 2026-11-23)."""


class Lab:
    """A lab on the local cloud; made by `lablib.start`.

    Examples
    --------
    >>> lab = lablib.start()                                            # doctest: +SKIP
    >>> lab.deploy("thumbnail", "thumbnail.py", memory=512, timeout=10)  # doctest: +SKIP
    >>> lab.invoke("thumbnail", {"key": "cat.jpg"})                      # doctest: +SKIP
    """

    def __init__(self, cloud: LocalCloud, options: tuple[str, ...] = ()):
        self.cloud = cloud
        self.options = options
        self.closed = False

    def __repr__(self) -> str:
        return f"<Lab on the local cloud, region {self.cloud.region}{', closed' if self.closed else ''}>"

    def use(self, cloud: LocalCloud, options: tuple[str, ...]) -> None:
        """Go on with another cloud; `lablib.start` does this when the first one died."""
        self.cloud, self.options = cloud, options
        self._forget_clients()

    def deploy(
        self,
        name: str,
        source: str | os.PathLike[str] | Package,
        *,
        handler: str | None = None,
        runtime: str | None = None,
        role: str | None = None,
        layers: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
        memory: int = 512,
        timeout: int = 3,
    ) -> None:
        """Create the function, or update it, and wait until it is Active.

        Parameters
        ----------
        source : a .py file, a folder or a zip.
        handler : `module.function`; for a file its own name and `lambda_handler`, as in `thumbnail.lambda_handler`.
        runtime : this interpreter's, such as `python3.11`, unless given.
        role : an ARN; without it one role that all functions of the lab share, created through IAM when it is missing.
        layers, environment : left as they are when an existing function is deployed again without them.
        memory : MB, 128 to 10,240. AWS's own default is 128.
        timeout : seconds, 1 to 900.

        Raises `SourceError` for a source that is not there, `RejectedByAWS` with AWS's own message.
        """
        settings = Settings(handler, runtime, role, layers, environment, memory, timeout)
        with aws_errors():
            deployment.deploy(self._lambda, self._iam, name, source, settings)

    def invoke(self, name: str, event: Any = None, *, qualifier: str | None = None, kind: str = "RequestResponse") -> Run:
        """Invoke the function with an event (anything that JSON can say; `{}` without one) and return what came back.

        A function that fails is no exception: `run.error` says what it failed with, and showing the run shows it.
        Interrupting returns at once; the function runs on to its end or its timeout, as on AWS.

        Raises `RejectedByAWS` when Lambda refuses the invocation.
        """
        try:
            payload = json.dumps({} if event is None else event).encode()
        except (TypeError, ValueError) as error:
            raise LabError(f"This event cannot be written as JSON, which Lambda needs: {error}.") from None
        request: dict[str, Any] = {"FunctionName": name, "Payload": payload, "InvocationType": kind}
        if kind == "RequestResponse":
            request["LogType"] = "Tail"
        if qualifier is not None:
            request["Qualifier"] = qualifier
        try:
            with aws_errors():
                return Run.from_response(name, self._lambda.invoke(**request))
        except KeyboardInterrupt:
            self._forget_clients()  # the interrupted connection must not carry another request
            raise Interrupted("Interrupted. The function runs on until it ends or times out, as on AWS.") from None

    def logs(self, name: str) -> list[str]:
        """Every line of the function's log group in CloudWatch Logs, in order of time; none when it never ran."""
        return list(self._log_lines(name))

    def reports(self, name: str) -> list[Report]:
        """Every REPORT line of the function's log group, parsed, in order of time."""
        from lablib.models.report import parse_report

        return [report for line in self._log_lines(name) if (report := parse_report(line))]

    def wait(
        self,
        seconds: float = 0,
        minutes: float = 0,
        hours: float = 0,
        days: float = 0,
        *,
        until: Callable[[], object] | None = None,
    ) -> bool:
        """Let this much of the cloud's time pass: it jumps to each event that is due, in order, and lets it finish.

        Parameters
        ----------
        until : stop as soon as this is true; it is asked before the wait and after each event.

        Returns whether `until` became true; True without it.

        Raises `StillRunning` when, after a minute of real time, something has not come to rest.
        """
        left = seconds + 60 * (minutes + 60 * (hours + 24 * days))
        if left <= 0:
            raise LabError("lab.wait needs to know how long, as in lab.wait(minutes=3).")
        if until is None:
            self._advance(left)
            return True
        while not until():
            if left <= 0:
                return False
            left = self._advance(left, step=True)
        return True

    def reset(self) -> None:
        """Empty the cloud: no functions, no data, no logs, and the clock back at real time."""
        self._door("POST", "/_lab/reset")

    def close(self) -> None:
        """Stop the cloud and everything in it. AWS's variables stay pointed at an address where nothing answers."""
        if not self.closed:
            self.closed = True
            self._forget_clients()
            self.cloud.close()
            if os.environ.get("AWS_ENDPOINT_URL") == self.cloud.url:
                surroundings.point_nowhere()

    def check(self, exercise: str) -> Any:
        """An exercise's verdict, such as ``lab.check("01.1")``: not started, not yet (and why), or done."""
        from lablib import course

        return course.check(self, exercise, _namespace())

    def predict(self, question: str, got: str | None = None) -> Any:
        """A question to answer before the cell that answers it; with `got`, the answer beside what was predicted."""
        from lablib import course

        return course.predict(question, got)

    def quiz(self, question: str) -> Any:
        """A question about what was learned."""
        from lablib import course

        return course.quiz(question)

    def map(self) -> Any:
        """The course: its labs, and how far you are."""
        from lablib import course

        return course.course_map()

    def picture(self, name: str) -> Any:
        """A picture to move, such as ``lab.picture("who-manages-what")``."""
        from lablib import course

        return course.picture(name)

    def client(self, service: str) -> Any:
        """A boto3 client for this cloud, which waits for the longest function and never repeats a request by itself."""
        from botocore.config import Config

        config = Config(read_timeout=LONGEST_CALL, retries={"total_max_attempts": 1})
        return self._session.client(service, endpoint_url=self.cloud.url, config=config)

    @cached_property
    def _session(self) -> Any:
        """A session of our own: what a learner does to the environment or to boto3's default session does not move it."""
        import boto3

        key = self.cloud.credentials
        return boto3.session.Session(key.access_key_id, key.secret_access_key, region_name=self.cloud.region)

    @cached_property
    def _lambda(self) -> Any:
        return self.client("lambda")

    @cached_property
    def _iam(self) -> Any:
        return self.client("iam")

    @cached_property
    def _logs(self) -> Any:
        return self.client("logs")

    def _forget_clients(self) -> None:
        for name in ("_session", "_lambda", "_iam", "_logs"):
            self.__dict__.pop(name, None)

    def _log_lines(self, name: str) -> Iterator[str]:
        with aws_errors():
            group = self._lambda.get_function_configuration(FunctionName=name)["LoggingConfig"]["LogGroup"]
            pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=group)
            try:
                events = [event for page in pages for event in page["events"]]
            except self._logs.exceptions.ResourceNotFoundException:
                return
        for event in sorted(events, key=lambda event: event["timestamp"]):
            yield str(event["message"]).rstrip("\n")

    def _advance(self, seconds: float, step: bool = False) -> float:
        """Move the clock; the seconds that remain."""
        answer = self._door("POST", f"/_lab/clock/advance?seconds={seconds}" + ("&step=true" if step else ""))
        return float(str(answer["remaining"]))

    def _door(self, method: str, path: str) -> Mapping[str, object]:
        if self.closed:
            raise CloudIsGone("This lab is closed. lablib.start() opens another.")
        try:
            answer = self.cloud.door(method, path)
        except KeyboardInterrupt:
            raise Interrupted("Interrupted. The local cloud finishes what it was asked.") from None
        if answer.status == 409:
            raise StillRunning(str(answer.body.get("message", "Something still runs.")))
        if answer.status != 200:
            raise LabError(f"The local cloud refused {path}: {answer.body.get('message', answer.status)}")
        return answer.body


def _namespace() -> dict[str, Any]:
    """The names that the learner's cells made: the notebook's, else those of the caller's caller."""
    if "IPython" in sys.modules:
        from IPython import get_ipython

        shell: Any = get_ipython()
        if shell is not None:
            return dict(shell.user_ns)
    return dict(sys._getframe(2).f_globals)
