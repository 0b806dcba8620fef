"""Policy documents, read once, and what a statement says about a request.

Source: "IAM JSON policy elements reference" and "Policy evaluation logic", AWS IAM User Guide, 2026. A document that is not as
IAM would have accepted it allows nothing and denies nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from lablib.cloud.access import conditions

# A request's condition keys, in lower case: one value, or several for a key that has them.
Context = Mapping[str, str | tuple[str, ...]]

_VARIABLE = re.compile(r"\$\{([^},]+)(?:,\s*'([^']*)')?\}")
_ITSELF = {"*": conditions.STAR, "?": conditions.MARK, "$": "$"}
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True)
class Statement:
    """One statement.

    Attributes
    ----------
    actions, resources
        Patterns; `not_action` and `not_resource` say that they are those of NotAction and NotResource. No resources at all (a
        role's trust policy) means any.
    principals
        (kind, name) of each principal, such as ``("Service", "s3.amazonaws.com")``; None in an identity-based policy.
    conditions
        (operator, key, values) of each.
    """

    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_action: bool = False
    not_resource: bool = False
    principals: tuple[tuple[str, str], ...] | None = None
    not_principal: bool = False
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    def concerns(self, action: str, resource: str, context: Context) -> bool:
        """Whether it speaks of this action on this resource, under these circumstances. Whom it is about is not looked at."""
        if any(_matches(pattern, action, ignore_case=True) for pattern in self.actions) is self.not_action:
            return False
        if self.resources and self._has_resource(resource, context) is self.not_resource:
            return False
        return all(
            conditions.hold(operator, context.get(key.lower()), [filled(value, context) for value in values])
            for operator, key, values in self.conditions
        )

    def _has_resource(self, resource: str, context: Context) -> bool:
        return any(_matches(filled(pattern, context), resource) for pattern in self.resources)

    def names(self, principals: Iterable[tuple[str, str]]) -> bool:
        """Whether one of these principals is among its own."""
        given = set(principals)
        found = any(own in given or (own == ("AWS", "*") and given) for own in self.principals or ())
        return found is not self.not_principal


def filled(text: str, context: Context) -> str:
    """A pattern with its policy variables, such as ``${aws:username}``, replaced; one without a value stays, to match nothing."""
    if "${" not in text:
        return text

    def value(match: re.Match[str]) -> str:
        if match[1] in _ITSELF:
            return _ITSELF[match[1]]
        found = context.get(match[1].lower(), match[2])
        return found if isinstance(found, str) else match[0]

    return _VARIABLE.sub(value, text)


def _matches(pattern: str, text: str, ignore_case: bool = False) -> bool:
    return pattern == "*" or conditions.compiled(pattern, ignore_case).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def read(document: str) -> tuple[Statement, ...]:
    """The statements of a document: JSON, also percent-encoded as IAM gives it back."""
    try:
        content = json.loads(document if document.lstrip().startswith("{") else unquote(document))
    except ValueError:
        return ()
    return statements(content)


def statements(content: Any) -> tuple[Statement, ...]:
    """The statements of a document that is parsed already."""
    listed = listing(content.get("Statement", [])) if isinstance(content, dict) else []
    found = [_statement(statement) for statement in listed if isinstance(statement, dict)]
    return tuple(statement for statement in found if statement is not None)


def _statement(given: Mapping[str, Any]) -> Statement | None:
    if given.get("Effect") not in ("Allow", "Deny") or not ("Action" in given or "NotAction" in given):
        return None
    try:
        return Statement(
            allows=given["Effect"] == "Allow",
            actions=_texts(given.get("Action", given.get("NotAction"))), not_action="Action" not in given,
            resources=_texts(given.get("Resource", given.get("NotResource", []))), not_resource="NotResource" in given,
            principals=_principals(given.get("Principal", given.get("NotPrincipal"))), not_principal="NotPrincipal" in given,
            conditions=tuple(
                (operator, key, _texts(values))
                for operator, keys in given.get("Condition", {}).items() for key, values in keys.items()
            ),
        )  # fmt: skip
    except (AttributeError, TypeError):  # a Condition or a Principal that is no object
        return None


def _principals(given: Any) -> tuple[tuple[str, str], ...] | None:
    if given is None:
        return None
    if given == "*":
        return (("AWS", "*"),)
    named = [(kind, name) for kind, names in given.items() for name in _texts(names)]
    return tuple((kind, f"arn:aws:iam::{name}:root" if _ACCOUNT.fullmatch(name) else name) for kind, name in named)


def _texts(given: Any) -> tuple[str, ...]:
    return tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in listing(given))


def listing(value: Any) -> list[Any]:
    """What may be one thing or a list of them, as a list."""
    return value if isinstance(value, list) else [value]
