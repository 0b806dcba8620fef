"""AWS's own managed policies, such as AWSLambdaBasicExecutionRole, in moto's IAM as they are needed.

moto has all 1,582 of them as text, and by itself loads none or all: 20 MB and a tenth of a second, once for each of AWS's
partitions. Here those that a request names are loaded, and all of them for a request that lists policies.

Touches: `moto.iam.aws_managed_policies.aws_managed_policies_data` (JSON, one space of indent), `moto.iam.models.AWSManagedPolicy`,
`IAMBackend.aws_managed_policies` and `.managed_policies`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

from lablib.cloud.moto_seam import engine
from lablib.cloud.web import Request

_NAMED = re.compile(r":iam::aws:policy/(?:[\w+=,.@-]+/)*([\w+=,.@-]+)")
_LISTING = ("ListPolicies", "GetAccountAuthorizationDetails")


def provide(request: Request) -> None:
    """Have the policies in IAM that a request names. The caller holds the lock."""
    text = unquote_plus(request.body.decode("latin-1")) + unquote_plus(request.query)
    names = set(_NAMED.findall(text))
    everything = any(action in text for action in _LISTING)
    if not names and not everything:
        return
    from moto.iam.models import AWSManagedPolicy, iam_backends

    backend = iam_backends[engine.place.account]["aws"]
    there = {policy.name for policy in backend.aws_managed_policies}
    for name, content in _all() if everything else _some(names - there):
        if name not in there:
            policy = AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, content)
            backend.aws_managed_policies.append(policy)
            backend.managed_policies[policy.arn] = policy


def _all() -> Iterator[tuple[str, dict[str, Any]]]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    yield from json.loads(aws_managed_policies_data).items()


def _some(names: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    decoder = json.JSONDecoder()
    for name in sorted(names):
        start = aws_managed_policies_data.find(f'\n "{name}":{{')
        if start >= 0:
            brace = aws_managed_policies_data.index("{", start)
            yield name, decoder.raw_decode(aws_managed_policies_data, brace)[0]
