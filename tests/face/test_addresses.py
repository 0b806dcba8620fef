"""`lab.url`: the address for the learner's browser, tried through a real Jupyter server with jupyter-server-proxy."""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lablib.addresses import in_the_browser
from lablib.errors import LabError
from lablib.lab import Lab
from tests.bench.targets import wait_for_port
from tests.browser.jupyter import listen
from tests.support import CloudUnderTest

CLOUD = "http://127.0.0.1:4711"
URL = f"{CLOUD}/_aws/lambda-url/abc/"
HUB = {"JUPYTERHUB_SERVICE_PREFIX": "/user/ada/"}
PUBLIC = HUB | {"JUPYTERHUB_PUBLIC_URL": "https://hub.example.org/user/ada/"}
ECHO = """
import json
def lambda_handler(event, context):
    return {"statusCode": 201, "headers": {"x-own": "1"}, "body": json.dumps(event)}
"""


@pytest.mark.parametrize(
    ("address", "environment", "expected"),
    [
        (URL, {}, URL),
        (URL, HUB, "/user/ada/proxy/4711/_aws/lambda-url/abc/"),
        (f"{URL}a%20b?c=d%2F", HUB, "/user/ada/proxy/4711/_aws/lambda-url/abc/a%20b?c=d%2F"),
        (f"{CLOUD}/_aws/execute-api/xyz/dev", HUB, "/user/ada/proxy/4711/_aws/execute-api/xyz/dev"),
        (URL, PUBLIC, "https://hub.example.org/user/ada/proxy/4711/_aws/lambda-url/abc/"),
        ("https://abc.lambda-url.us-east-1.on.aws/a?b=c%2F", {}, f"{URL}a?b=c%2F"),
        ("https://xyz.execute-api.us-east-1.amazonaws.com/dev", {}, f"{CLOUD}/_aws/execute-api/xyz/dev"),
        ("https://xyz.execute-api.us-east-1.amazonaws.com", HUB, "/user/ada/proxy/4711/_aws/execute-api/xyz/"),
        ("https://execute-api.example.org/", HUB, "https://execute-api.example.org/"),
        ("http://127.0.0.1:80/other", HUB, "http://127.0.0.1:80/other"),
    ],
)
def test_where_a_browser_finds_an_address(address: str, environment: dict[str, str], expected: str) -> None:
    assert in_the_browser(address, CLOUD, environment) == expected


@pytest.mark.parametrize("address", ["hello", "", None, "arn:aws:lambda:us-east-1:123456789012:function:hello", "127.0.0.1:80/"])
def test_what_is_no_address(address: Any) -> None:
    with pytest.raises(LabError, match="FunctionUrl"):
        in_the_browser(address, CLOUD, HUB)


def test_a_notebook_shows_a_link() -> None:
    link = in_the_browser(f"{URL}?a=1&b=2", CLOUD, {})
    assert 'href="http://127.0.0.1:4711/_aws/lambda-url/abc/?a=1&amp;b=2"' in link._repr_html_()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[str]:
    """A Jupyter server as a hub runs it for somebody: below a prefix, called by a name that is not this machine's."""
    environment = os.environ | {
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"), "JUPYTER_CONFIG_DIR": str(tmp_path / "config"), "IPYTHONDIR": str(tmp_path / "ipython"),
    }  # fmt: skip
    command = [
        sys.executable, "-m", "jupyter_server", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root",
        "--IdentityProvider.token=", "--ServerApp.base_url=/user/ada/", "--ServerApp.allow_remote_access=True",
        f"--ServerApp.root_dir={tmp_path}",
    ]
    addresses: queue.Queue[str | None] = queue.Queue()
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as server:
        said: list[str] = []
        listener = threading.Thread(target=listen, args=(server.stderr, said, addresses, r"http://127\.0\.0\.1:\d+(?=/user/ada/)"))
        listener.start()
        try:
            address = addresses.get(timeout=60)
            assert address is not None, "".join(said)
            wait_for_port(int(address.rpartition(":")[2]), server)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=20)
            listener.join(timeout=20)


def test_a_function_url_answers_through_the_learners_own_server(
    cloud: CloudUnderTest, hub: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, client = cloud.function(ECHO), cloud.client("lambda")
    url = client.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    for action, more in (("lambda:InvokeFunctionUrl", {"FunctionUrlAuthType": "NONE"}), ("lambda:InvokeFunction", {})):
        client.add_permission(FunctionName=name, StatementId=action.replace(":", "-"), Action=action, Principal="*", **more)
    lab = Lab(cloud.process)
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
    assert lab.url(url) == url
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    monkeypatch.delenv("JUPYTERHUB_PUBLIC_URL", raising=False)
    address = hub + lab.url(f"{url}cats/1?size=2")
    headers = {"Host": "hub.example.org", "Origin": "https://hub.example.org", "Content-Type": "text/plain"}
    request = urllib.request.Request(address, b"miau", headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert (answer.status, answer.headers["x-own"]) == (201, "1")
        event = json.load(answer)
    assert (event["rawPath"], event["rawQueryString"], event["body"]) == ("/cats/1", "size=2", "miau")
    assert re.fullmatch(r"[a-z0-9]+\.lambda-url\.us-east-1\.on\.aws", event["requestContext"]["domainName"])
    # What is not public stays shut to a page of the hub.
    secret = urllib.request.Request(hub + f"/user/ada/proxy/{cloud.url.rpartition(':')[2]}/_lab/doctor", headers=headers)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(secret, timeout=60)
    assert refused.value.code == 403
