"""The interpreter calls other services through this cloud's own door, signed by its state machine's role: IAM is asked as on AWS.

moto's own clients carry one key that everybody knows, which the door refuses.

Touches: `boto_client_for` of the interpreter, which `corrections` replaces in every module that has it.
"""

from __future__ import annotations

import os
import secrets
import string
import threading
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, UnknownServiceError
from botocore.loaders import create_loader
from botocore.model import OperationModel, ServiceModel

from lablib.cloud.moto_seam import clockwork, keys, roles
from lablib.cloud.moto_seam.stepfunctions import threads

if TYPE_CHECKING:
    from botocore.client import BaseClient

# In seconds of real time. Longer than any function may run; a thread that waits for an answer ends with its connection.
_READ_TIMEOUT = 1000

url = ""
may_be_assumed: Callable[[str], bool] = lambda role_arn: True

_lock = threading.Lock()
_sessions: dict[str, RoleSession] = {}


def follow(endpoint_url: str, assumable: Callable[[str], bool]) -> None:
    """From here on services are called there, by roles that are `assumable`: IAM has them, and they trust Step Functions."""
    global url, may_be_assumed
    url, may_be_assumed = endpoint_url, assumable
    forget()


def forget() -> None:
    """Forget every role's credentials: the cloud is being emptied."""
    with _lock:
        _sessions.clear()


class RoleSession:
    """A session of a state machine's role, and its clients."""

    def __init__(self, role_arn: str) -> None:
        # AWS names the session by 32 letters of chance, as seen in CloudTrail records of state machines' calls.
        name = "".join(secrets.choice(string.ascii_letters) for _ in range(32))
        self.credentials = roles.assume(role_arn, name, function=False)
        self.expires = clockwork.now() + roles.SESSION_SECONDS - 3600
        self._clients: dict[tuple[str, str], BaseClient] = {}
        self._lock = threading.Lock()

    @cached_property
    def _session(self) -> Any:
        import botocore.session  # 50 ms, which the cloud's start does not wait for

        # What the machine's own files and variables say about AWS is not this cloud's business.
        session = botocore.session.Session()
        for variable in ("config_file", "credentials_file"):
            session.set_config_variable(variable, os.devnull)
        session.set_config_variable("profile", None)
        return session

    def client(self, service: str, region: str) -> BaseClient:
        """Making one takes tens of milliseconds, and is not safe for threads as a client is."""
        with self._lock:
            found = self._clients.get((service, region))
            if found is None:
                found = self._clients[service, region] = self._make(service, region)
            return found

    def _make(self, service: str, region: str) -> BaseClient:
        from botocore.config import Config

        client: BaseClient = self._session.create_client(
            service, region_name=region, endpoint_url=url, aws_access_key_id=self.credentials.access_key_id,
            aws_secret_access_key=self.credentials.secret_access_key, aws_session_token=self.credentials.session_token,
            config=Config(
                parameter_validation=False, retries={"total_max_attempts": 1}, read_timeout=_READ_TIMEOUT, proxies={},
                max_pool_connections=100, inject_host_prefix=False, s3={"addressing_style": "path"},
            ),
        )  # fmt: skip
        client.meta.events.register("before-send", _before)
        return client


def _before(**_: Any) -> None:
    threads.check()


def client_for(region: str, service: str, state_credentials: Any = None) -> BaseClient:
    """A client as the role of a state, in place of the interpreter's `boto_client_for`.

    Raises
    ------
    ClientError
        ``AccessDenied`` where the role may not be assumed by Step Functions.
    """
    role_arn = str(state_credentials.role_arn)
    if not may_be_assumed(role_arn):
        refused = {
            "Error": {"Code": "AccessDenied", "Message": f"The role {role_arn} is not authorized to be assumed by Step Functions."},
            "ResponseMetadata": {"HTTPStatusCode": 403, "RequestId": "", "HTTPHeaders": {}},
        }
        raise ClientError(refused, "AssumeRole")
    return _session_of(role_arn).client(service, region)


def _session_of(role_arn: str) -> RoleSession:
    with _lock:
        found = _sessions.get(role_arn)
        if found is None or found.expires <= clockwork.now() or keys.known(found.credentials.access_key_id) is None:
            found = _sessions[role_arn] = RoleSession(role_arn)
        return found


@lru_cache(maxsize=None)
def _service(name: str) -> ServiceModel | None:
    try:
        return ServiceModel(create_loader().load_service_model(name, "service-2"), name)
    except UnknownServiceError:
        return None


def operation(service: str, method: str) -> OperationModel | None:
    """botocore's model of an operation, by the name of a client's method; None if there is none."""
    from botocore import xform_name

    model = _service(service)
    names = model.operation_names if model is not None else ()
    found = next((name for name in names if xform_name(name) == method), None)
    return model.operation_model(found) if model is not None and found is not None else None
