"""Parameter mapping of HTTP APIs: what of a request is changed before its integration sees it, and of the answer to it.

Source: API Gateway's http-api-parameter-mapping, 2026. A value is text, an expression (``$request.header.name``), or text with
expressions in braces (``${request.path.id}``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from lablib.cloud.sources.http.api_call import ApiCall, Authorized
from lablib.cloud.sources.http.incoming import header_lines, joined
from lablib.cloud.web import Answer

_KEY = re.compile(r"(append|overwrite|remove):(?:(header|querystring)\.(.+)|(path|statuscode))")
_BRACES = re.compile(r"\$\{([^}]+)\}")
_INDEX = re.compile(r"\[(\d+)\]")
# Headers that no mapping changes: the same page.
_RESERVED = re.compile(
    r"access-control-.*|apigw-.*|authorization|connection|content-(?:encoding|length|location)|forwarded|keep-alive|origin"
    r"|proxy-authenticate|proxy-authorization|te|trailers|transfer-encoding|upgrade|via|x-amz-.*|x-amzn-.*"
    r"|x-forwarded-(?:for|host|proto)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Values:
    """What expressions are replaced by."""

    call: ApiCall
    authorized: Authorized
    response: Answer | None = None

    def of(self, text: str) -> str:
        """A mapping's value. What an expression does not find is empty."""
        if text.startswith("$") and not text.startswith("${"):
            return _text(self.find(text[1:]))
        return _BRACES.sub(lambda match: _text(self.find(match[1])), text)

    def find(self, expression: str) -> Any:
        """What an expression, without its dollar sign, means; None if there is no such thing."""
        kind, _, rest = expression.partition(".")
        if kind == "request":
            return self._request(*rest.partition(".")[::2])
        if kind == "response" and self.response is not None:
            return _response(self.response, *rest.partition(".")[::2])
        if kind == "stageVariables":
            return self.call.stage.variables.get(rest)
        return lookup(context_of(self.call, self.authorized), rest) if kind == "context" else None

    def _request(self, where: str, name: str) -> Any:
        incoming = self.call.incoming
        if where == "header":
            return incoming.headers.get(name.lower())
        if where == "querystring":
            return joined(incoming.query).get(name)
        if where == "path":
            return self.call.taken.variables.get(name) if name else self.call.own_path
        return _body(incoming.request.body, name) if where == "body" else None


def context_of(call: ApiCall, authorized: Authorized) -> Mapping[str, Any]:
    """What ``$context`` holds of a request."""
    context = call.event_1(authorized)["requestContext"]
    return {**context, "routeKey": call.taken.route.key}


def of_request(values: Values, parameters: Mapping[str, str]) -> tuple[ApiCall, str | None]:
    """The request as its integration sees it, and the path that a mapping gives it, if one does."""
    incoming = values.call.incoming
    headers, query, path = list(header_lines(incoming.request.headers)), list(incoming.query), None
    for key, value in parameters.items():
        match = _KEY.fullmatch(key)
        if match is None:
            continue
        if match[4] == "path":
            path = values.of(value)
        elif match[2] == "querystring":
            query = _changed(query, match[1], match[3], values.of(value), exactly=True)
        elif match[2] == "header" and not _RESERVED.fullmatch(match[3]):
            headers = _changed(headers, match[1], match[3], values.of(value))
    request = replace(incoming.request, headers=_headers(headers), query=urlencode(query, quote_via=quote))
    address = incoming.address if path is None else replace(incoming.address, path=quote(path, safe="/%"))
    return replace(values.call, incoming=replace(incoming, request=request, address=address)), path


def of_answer(values: Values, parameters: Mapping[str, Mapping[str, str]]) -> Answer:
    """The integration's answer as the client sees it: what is mapped for its status."""
    answer = values.response
    assert answer is not None
    status, lines = answer.status, [*answer.headers.items(), *answer.lines]
    for key, value in parameters.get(str(answer.status), {}).items():
        match = _KEY.fullmatch(key)
        if match is None:
            continue
        if match[4] == "statuscode":
            given = values.of(value)
            status = int(given) if given.isdecimal() and 200 <= int(given) <= 599 else status
        elif match[2] == "header" and not _RESERVED.fullmatch(match[3]):
            lines = _changed(lines, match[1], match[3], values.of(value))
    return Answer(status, body=answer.body, lines=tuple(lines))


def _changed(
    pairs: list[tuple[str, str]], how: str, name: str, value: str, *, exactly: bool = False
) -> list[tuple[str, str]]:  # fmt: skip
    def same(known: str) -> bool:
        return known == name if exactly else known.lower() == name.lower()

    kept = pairs if how == "append" else [pair for pair in pairs if not same(pair[0])]
    return kept if how == "remove" else [*kept, (name, re.sub(r"[\r\n\0]", " ", value))]


def _headers(lines: list[tuple[str, str]]) -> Any:
    from tornado.httputil import HTTPHeaders

    headers = HTTPHeaders()
    for name, value in lines:
        headers.add(name, value)
    return headers


def _response(answer: Answer, where: str, name: str) -> Any:
    if where == "header":
        return joined((known.lower(), value) for known, value in [*answer.headers.items(), *answer.lines]).get(name.lower())
    return _body(answer.body, name) if where == "body" else None


def _body(body: bytes, path: str) -> Any:
    """A body, or what a simple JSON path names in it."""
    if not path:
        return body.decode("utf-8", "replace")
    try:
        return lookup(json.loads(body), path)
    except ValueError:
        return None


def lookup(content: Any, path: str) -> Any:
    """What a path such as ``identity.sourceIp`` or ``list[0].name`` names in it; None if there is no such thing."""
    for part in _INDEX.sub(r".\1", path).split("."):
        if isinstance(content, list) and part.isdecimal() and int(part) < len(content):
            content = content[int(part)]
        elif isinstance(content, Mapping):
            content = content.get(part)
        else:
            return None
    return content


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
