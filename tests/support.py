"""What several rooms' tests share: zips, the cloud under test, and what a machine may lack."""

from __future__ import annotations

import functools
import io
import os
import threading
import uuid
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest

from lablib.aws.role import ensure_role
from lablib.local import Answer, LocalCloud

# Making a client is not safe for threads, though a client is.
_SESSION_LOCK = threading.Lock()


@functools.cache
def _session() -> Any:
    """One session for all tests: each reads the service models anew, which takes longer than most of what a test asks."""
    import boto3

    return boto3.session.Session()


def make_zip(files: Mapping[str, str | bytes]) -> bytes:
    """A zip with these files, each readable by all (0644; `bootstrap` is a program, 0755), as a careful person's zip has them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o100755 if name == "bootstrap" else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()


def require(available: object, what: str, install_line: str) -> None:
    """Skip this test when the machine lacks something, with the line that installs it; fail under LAB_REQUIRE_ALL=1.

    For what no package can install (user namespaces, Landlock) use `pytest.skip` with the reason.
    """
    if available:
        return
    reason = f"{what} is not on this machine; install it with: {install_line}"
    if os.environ.get("LAB_REQUIRE_ALL") == "1":
        pytest.fail(f"LAB_REQUIRE_ALL=1, and {reason}")
    pytest.skip(reason)


class CloudUnderTest:
    """A running cloud, as the fixtures `cloud` and `cloud_shared` give it: empty at the start of each test."""

    def __init__(self, process: LocalCloud):
        self.process = process
        self.url = process.url
        self.region = process.region
        self.credentials = process.credentials

    def client(self, service: str, **settings: Any) -> Any:
        """A boto3 client with the cloud's own credentials. No retries, unless `config` says otherwise: a test sees the first answer."""
        from botocore.config import Config

        given: dict[str, Any] = {
            "endpoint_url": self.url,
            "region_name": self.region,
            "aws_access_key_id": self.credentials.access_key_id,
            "aws_secret_access_key": self.credentials.secret_access_key,
            "config": Config(retries={"total_max_attempts": 1}, read_timeout=120),
        }
        with _SESSION_LOCK:
            return _session().client(service, **(given | settings))

    def lab(self, method: str, path: str) -> Answer:
        """One signed request to the `/_lab/` door; `path` begins with /_lab/."""
        return self.process.door(method, path)

    def advance(self, seconds: float, *, step: bool = False) -> Answer:
        """Move the cloud's clock; fails the test when the cloud does not come to rest."""
        answer = self.lab("POST", f"/_lab/clock/advance?seconds={seconds}" + ("&step=true" if step else ""))
        assert answer.status == 200, answer.body
        return answer

    def reset(self) -> None:
        answer = self.lab("POST", "/_lab/reset")
        assert answer.status == 200, answer.body

    def role(self, name: str = "lambda-test-role") -> str:
        """The ARN of a role that Lambda may assume; created when it is not there."""
        return ensure_role(self.client("iam"), name)

    def function(self, files: Mapping[str, str | bytes] | str, name: str | None = None, **settings: Any) -> str:
        """Create a function (a string is its lambda_function.py) and return its name once it is Active."""
        name = name or f"f-{uuid.uuid4().hex[:8]}"
        code = {"lambda_function.py": files} if isinstance(files, str) else files
        given: dict[str, Any] = {
            "FunctionName": name,
            "Runtime": "python3.11",
            "Handler": "lambda_function.lambda_handler",
            "Role": self.role(),
            "Code": {"ZipFile": make_zip(code)},
            "MemorySize": 512,
        }
        client = self.client("lambda")
        client.create_function(**(given | settings))
        client.get_waiter("function_active_v2").wait(FunctionName=name)
        return name
