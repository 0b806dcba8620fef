"""Function URLs and HTTP APIs in a browser: opened, and called by a page of another origin."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.browser.jupyter import CHROMIUM, chromium
from tests.cloud.sources.http import public_url
from tests.support import CloudUnderTest, require

CODE = (
    "def lambda_handler(event, context): "
    "return {'statusCode': 200, 'headers': {'content-type': 'text/html'}, 'body': '<h1>Hi</h1>'}"
)
FETCH = """async ([url, options]) => {
  try { const answer = await fetch(url, options); return [answer.status, await answer.text()]; }
  catch (error) { return [0, error.name]; }
}"""
POST = {"method": "POST", "headers": {"Content-Type": "application/json", "X-Mine": "1"}, "body": "{}"}


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>elsewhere</title>")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """A page of another origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    require(CHROMIUM, "Chromium", "sudo apt-get install chromium")
    with chromium() as opened:
        yield opened


def test_a_url_opens(cloud: CloudUnderTest, page: Any) -> None:
    page.goto(public_url(cloud, CODE))
    assert page.locator("h1").inner_text() == "Hi"


def test_a_page_reads_only_what_cors_lets_it(cloud: CloudUnderTest, page: Any, elsewhere: str) -> None:
    origin = elsewhere.rstrip("/")
    closed = public_url(cloud, CODE)
    cors = {"AllowMethods": ["POST", "GET"], "AllowHeaders": ["content-type", "x-mine"]}
    opened = public_url(cloud, CODE, Cors={"AllowOrigins": [origin], **cors})
    others = public_url(cloud, CODE, Cors={"AllowOrigins": ["https://other.example"], **cors})
    page.goto(elsewhere)
    assert page.evaluate(FETCH, [opened, POST]) == [200, "<h1>Hi</h1>"]
    assert page.evaluate(FETCH, [opened, {}]) == [200, "<h1>Hi</h1>"]
    for url in (closed, others):
        assert page.evaluate(FETCH, [url, POST]) == [0, "TypeError"]
        assert page.evaluate(FETCH, [url, {}]) == [0, "TypeError"]


def test_a_page_calls_an_http_api(cloud: CloudUnderTest, page: Any, elsewhere: str) -> None:
    name, gateway = cloud.function(CODE), cloud.client("apigatewayv2")
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    cors = {"AllowOrigins": ["*"], "AllowMethods": ["*"], "AllowHeaders": ["*"]}
    api = gateway.create_api(Name="api", ProtocolType="HTTP", Target=arn, CorsConfiguration=cors)
    cloud.client("lambda").add_permission(
        FunctionName=name, StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    page.goto(elsewhere)
    assert page.evaluate(FETCH, [f"{api['ApiEndpoint']}/x", POST]) == [200, "<h1>Hi</h1>"]
