"""The lab: what a notebook calls. Everything it shows comes from AWS's public API, through plain boto3.

The one exception is `wait` (and `reset`, `close`): the local cloud's clock can be moved, and AWS's cannot.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from numbers import Real
from typing import TYPE_CHECKING, Any

from lablib import deployment, surroundings
from lablib.addresses import Link, in_the_browser
from lablib.advice import advice
from lablib.deployment import Settings
from lablib.errors import CloudIsGone, Interrupted, LabError, RejectedByAWS, StillRunning, aws_errors
from lablib.local import LocalCloud
from lablib.packaging import Package
from lablib.run import Run

if TYPE_CHECKING:
    from lablib.models.report import Report

LONGEST_CALL = 910
"""Seconds a client waits for an answer: a function may run for 900 (AWS Lambda quotas, read 2026-11-23)."""

_REPORTS = '?"REPORT RequestId" ?"platform.report"'
"""A filter pattern for REPORT lines, in either log format: `until` asks for them after each event of a long wait."""

# How far one request moves the clock: a schedule of every minute makes more of a day than a request may take on a slow machine.
_AT_A_TIME_S = 6 * 3_600
_UNITS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}


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
        architecture: str | None = None,
    ) -> None:
        """Create the function, or update it, and wait until it is Active. Java, C# and Go are compiled first.

        Parameters
        ----------
        source : a source file (.py, .mjs, .rb, .java, .cs, .go, or `bootstrap`), a folder, a zip or a jar.
        handler : `module.function`; for a .py file its own name and `lambda_handler`, as in `thumbnail.lambda_handler`. For
            other languages what the sources suggest; the printed line says it.
        runtime : for Python this interpreter's, such as `python3.11`; else the newest that the machine's toolchain runs.
        role : an ARN; without it one role that all functions of the lab share (`lambda-lab-role`), created through IAM when it
            is missing. What it does not allow, its functions may not do.
        layers, environment : left as they are when an existing function is deployed again without them.
        memory : MB, 128 to 10,240. AWS's own default is 128.
        timeout : seconds, 1 to 900.
        architecture : `x86_64` or `arm64`; Go is compiled for it, and without it for this machine's.

        Raises `SourceError` for a source that is not there or does not compile, `RejectedByAWS` with AWS's own message.
        """
        settings = Settings(handler, runtime, role, layers, environment, memory, timeout, architecture)
        with self._asking_about(name):
            deployment.deploy(self._lambda, self._iam, name, source, settings)

    def invoke(self, name: str, event: Any = None, *, qualifier: str | None = None, kind: str = "RequestResponse") -> Run:
        """Invoke the function with an event (anything that JSON can say; `{}` without one) and return what came back.

        Parameters
        ----------
        qualifier : a version's number or an alias; without it `$LATEST`.
        kind : `RequestResponse` waits for the result; `Event` hands the event to Lambda's queue, which runs it later and
            again when it fails (`lab.wait` lets that time pass); `DryRun` only asks whether you may.

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
            with self._asking_about(name, qualifier):
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

        return [report for line in self._log_lines(name, _REPORTS) if (report := parse_report(line))]

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
        self._must_be_open()
        left = _seconds_of(seconds=seconds, minutes=minutes, hours=hours, days=days)
        if until is not None and not callable(until):
            raise LabError("lab.wait asks `until` more than once: it takes a function, as in until=lambda: lab.reports('hello').")
        if until is None:
            while left > 0:
                self._advance(min(left, _AT_A_TIME_S))
                left -= _AT_A_TIME_S
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

    def url(self, address: str) -> Link:
        """Where the learner's browser finds a `FunctionUrl` or an `ApiEndpoint`, given as AWS's API returned it, or a REST API, as AWS
        names it: ``lab.url(f"https://{api}.execute-api.us-east-1.amazonaws.com/prod/items")``.

        On one's own machine that is the address itself; on JupyterHub and Binder, where the browser is on another machine, the
        way through the learner's own server. A notebook shows it as a link. boto3, `requests` and functions use the address as it
        is.
        """
        return in_the_browser(address, self.cloud.url, os.environ)

    def check(self, exercise: str) -> Any:
        """An exercise's verdict, such as ``lab.check("01.1")``: not started, not yet (and why), or done."""
        from lablib import course

        self._must_be_open()
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

    def picture(self, name: str, **data: Any) -> Any:
        """A picture to move, such as ``lab.picture("who-manages-what")``; some are drawn from `data` that you hand over."""
        from lablib import course

        return course.picture(self, name, **data)

    def client(self, service: str) -> Any:
        """A boto3 client for this cloud, which waits for the longest function and never repeats a request by itself."""
        from botocore.config import Config

        self._must_be_open()
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

    def _must_be_open(self) -> None:
        if self.closed:
            raise CloudIsGone("This lab is closed. lablib.start() opens another.")

    @contextmanager
    def _asking_about(self, name: str, qualifier: str | None = None) -> Iterator[None]:
        """AWS's refusals as `RejectedByAWS`, in AWS's words, followed by what to do about them."""
        try:
            with aws_errors():
                yield
        except RejectedByAWS as refused:
            what_to_do = advice(self._lambda, name, refused, qualifier)
            raise (refused.followed_by(what_to_do) if what_to_do else refused) from None

    def _forget_clients(self) -> None:
        for name in ("_session", "_lambda", "_iam", "_logs"):
            self.__dict__.pop(name, None)

    def _log_lines(self, name: str, pattern: str | None = None) -> Iterator[str]:
        chosen = {} if pattern is None else {"filterPattern": pattern}
        with self._asking_about(name):
            group = self._lambda.get_function_configuration(FunctionName=name)["LoggingConfig"]["LogGroup"]
            pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=group, **chosen)
            try:
                found = [event for page in pages for event in page["events"]]
            except self._logs.exceptions.ResourceNotFoundException:
                return
        # A group of one's own may hold other functions' streams too; theirs have another name in front.
        events = found if group == f"/aws/lambda/{name}" else [one for one in found if f"/{name}[" in one["logStreamName"]]
        for event in sorted(events, key=lambda event: event["timestamp"]):
            yield str(event["message"]).rstrip("\n")

    def _advance(self, seconds: float, step: bool = False) -> float:
        """Move the clock; the seconds that remain."""
        answer = self._door("POST", f"/_lab/clock/advance?seconds={seconds}" + ("&step=true" if step else ""))
        return float(str(answer["remaining"]))

    def _door(self, method: str, path: str) -> Mapping[str, object]:
        self._must_be_open()
        try:
            answer = self.cloud.door(method, path)
        except KeyboardInterrupt:
            raise Interrupted("Interrupted. The local cloud finishes what it was asked.") from None
        if answer.status == 409:
            raise StillRunning(str(answer.body.get("message", "Something still runs.")))
        if answer.status != 200:
            raise LabError(f"The local cloud refused {path}: {answer.body.get('message', answer.status)}")
        return answer.body


def _seconds_of(**amounts: Any) -> float:
    """The sum of what `lab.wait` was given, by unit. Raises `LabError` when it is no time to wait."""
    for unit, amount in amounts.items():
        if not isinstance(amount, Real) or not math.isfinite(amount):
            raise LabError(f"lab.wait takes numbers, as in lab.wait(minutes=3); {unit} was given as {amount!r}.")
    total = sum(amount * _UNITS[unit] for unit, amount in amounts.items())
    if total <= 0:
        raise LabError("lab.wait needs to know how long, as in lab.wait(minutes=3).")
    return total


def _namespace() -> dict[str, Any]:
    """The names that the learner's cells made: the notebook's, else those of the caller's caller."""
    if "IPython" in sys.modules:
        from IPython import get_ipython

        shell: Any = get_ipython()
        if shell is not None:
            return dict(shell.user_ns)
    return dict(sys._getframe(2).f_globals)
