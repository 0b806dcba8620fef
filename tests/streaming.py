"""A custom runtime that streams: bash, which speaks to the Runtime API over its own sockets.

The package is `bootstrap` and `handler.sh`, in which a test says what happens at an event: `begin TYPE`, `chunk TEXT`,
`end [TRAILERS]`, `fail JSON`, `answer TEXT`, and `$event` is the payload.
"""

from __future__ import annotations

BOOTSTRAP = r"""#!/bin/bash
connect() { exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API%:*}/${AWS_LAMBDA_RUNTIME_API#*:}"; }
post() { connect; printf "POST /2018-06-01/runtime/invocation/$id/$1 HTTP/1.1\r\nHost: x\r\n$2\r\n\r\n" >&3; }
next() {
  local line length=0
  connect
  printf 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&3
  while IFS= read -r line <&3 && line=${line%$'\r'} && [ -n "$line" ]; do
    case "${line,,}" in
      lambda-runtime-aws-request-id:*) id=${line#*: } ;;
      content-length:*) length=${line#*: } ;;
    esac
  done
  LC_ALL=C IFS= read -r -N "$length" event <&3
  exec 3>&-
}
finish() { local status; IFS= read -r status <&3; echo "${status%$'\r'}"; cat <&3 >/dev/null; exec 3>&-; }
begin() {
  post response "Content-Type: $1\r\nLambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked"
}
chunk() { printf '%x\r\n%s\r\n' "${#1}" "$1" >&3; }
zeros() { printf '%x\r\n' "$1" >&3; head -c "$1" /dev/zero >&3; printf '\r\n' >&3; }
end() { printf "0\r\n$1\r\n" >&3; finish; }
answer() { post response "Connection: close\r\nContent-Length: ${#1}"; printf '%s' "$1" >&3; finish; }
fail() { post error "Connection: close\r\nContent-Length: ${#1}"; printf '%s' "$1" >&3; finish; }
. ./handler.sh
while next; do handle; done
"""


def streaming_package(handler: str) -> dict[str, str]:
    """The files of a function whose `handle` is these lines of bash."""
    return {"bootstrap": BOOTSTRAP, "handler.sh": f"handle() {{\n{handler}\n}}\n"}
