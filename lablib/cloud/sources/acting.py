"""What a service does in a role's name: a request to this cloud like any other, signed with credentials of the role.

So the role's policies are asked, every service and every error is as for anybody else.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lablib.cloud.access import execution
from lablib.cloud.clock import Clock
from lablib.cloud.moto_seam import roles

# Credentials of a role are used so long, in seconds of the cloud's time; they are good for twelve hours.
_FRESH = 6 * 3600
_PATIENCE = 910  # seconds that an answer may take: a function may run for 900


class Failed(Exception):
    """A request was refused, or went wrong."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class Acting:
    """Makes requests in the names of roles.

    Parameters
    ----------
    url
        Where this cloud answers.
    service
        Who assumes the roles: ``scheduler.amazonaws.com``.
    """

    def __init__(self, url: str, clock: Clock, service: str) -> None:
        self._url, self._clock, self._service = url, clock, service
        self._sessions: dict[str, tuple[float, roles.Credentials]] = {}
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="acting")
        self._botocore: Any = None
        self._making = threading.Lock()

    async def call(self, role: str, region: str, service: str, operation: str, parameters: Mapping[str, Any]) -> Any:
        """Do one operation, named as in the API (``SendMessage``), and return what it answered.

        Raises
        ------
        Failed
            With the code that the service answered; ``AccessDeniedException`` where the role may not be assumed.
        """
        credentials = await self.credentials(role)
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, self._call, credentials, region, service, operation, parameters
        )

    async def credentials(self, role: str) -> roles.Credentials:
        """Credentials of a role, for whoever signs requests itself. Raises `Failed`: it may not be assumed."""
        if not await execution.may_be_assumed(role, self._service):
            raise Failed("AccessDeniedException", f"{self._service} is not authorized to assume {role}")
        return self._credentials(role)

    def _credentials(self, role: str) -> roles.Credentials:
        now = self._clock.now()
        until, credentials = self._sessions.get(role, (now, None))
        if credentials is None or until <= now:
            old = credentials.access_key_id if credentials is not None else None
            self._clients = {key: client for key, client in self._clients.items() if key[0] != old}
            credentials = roles.assume(role, self._service.partition(".")[0], function=False)
            self._sessions[role] = now + _FRESH, credentials
        return credentials

    def _call(
        self, credentials: roles.Credentials, region: str, service: str, operation: str, parameters: Mapping[str, Any]
    ) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.model import OperationNotFoundError

        try:
            return self._client(credentials, region, service)._make_api_call(operation, dict(parameters))
        except ClientError as error:
            said = error.response["Error"]
            raise Failed(said.get("Code", "Unknown"), said.get("Message", "")) from None
        except (BotoCoreError, OperationNotFoundError, ValueError) as error:  # also parameters that the operation does not have
            raise Failed("ValidationException", str(error)) from None

    def _client(self, credentials: roles.Credentials, region: str, service: str) -> Any:
        import botocore.session
        from botocore.config import Config

        key = (credentials.access_key_id, region, service)
        with self._making:  # which is not safe for threads, though a client is
            if key not in self._clients:
                self._botocore = self._botocore or botocore.session.Session()
                self._clients[key] = self._botocore.create_client(
                    service, region, endpoint_url=self._url, aws_access_key_id=credentials.access_key_id,
                    aws_secret_access_key=credentials.secret_access_key, aws_session_token=credentials.session_token,
                    config=Config(
                        proxies={}, read_timeout=_PATIENCE, retries={"total_max_attempts": 1}, inject_host_prefix=False
                    ),
                )  # fmt: skip
            return self._clients[key]

    def reset(self) -> None:
        """Forget every role's credentials."""
        self._sessions.clear()
        self._clients.clear()
