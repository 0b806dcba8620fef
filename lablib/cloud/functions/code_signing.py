"""Code signing configurations: who may have signed a function's code, and what comes of code that they did not sign.

This cloud has no AWS Signer, so no package here is signed by anyone: where a configuration enforces, nothing can be deployed.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

_LETTERS = string.ascii_lowercase + string.digits


@dataclass(frozen=True)
class CodeSigningConfig:
    """A code signing configuration at one moment.

    Attributes
    ----------
    publishers
        ARNs of the versions of signing profiles whose signatures count.
    untrusted
        What to do about other code: ``"Warn"`` or ``"Enforce"``.
    """

    id: str
    arn: str
    publishers: Sequence[str]
    untrusted: str
    description: str
    last_modified: str


class CodeSigning:
    """All code signing configurations of this cloud, and their tags."""

    def __init__(self, *, account_id: str, region: str) -> None:
        self._prefix = f"arn:aws:lambda:{region}:{account_id}:code-signing-config:"
        self._configs: dict[str, CodeSigningConfig] = {}
        self._tags: dict[str, dict[str, str]] = {}

    def create(
        self, publishers: Sequence[str], untrusted: str, description: str, tags: Mapping[str, str], now: str
    ) -> CodeSigningConfig:
        """Add a configuration."""
        name = "csc-" + "".join(secrets.choice(_LETTERS) for _ in range(17))
        config = CodeSigningConfig(name, self._prefix + name, publishers, untrusted, description, now)
        self._configs[config.arn] = config
        self._tags[config.arn] = dict(tags)
        return config

    def find(self, arn: str) -> CodeSigningConfig | None:
        """The configuration with this ARN, if there is one."""
        return self._configs.get(arn)

    def update(self, arn: str, now: str, changes: Mapping[str, Any]) -> CodeSigningConfig:
        """Change a configuration's `publishers`, `untrusted`, `description`. It must be there."""
        self._configs[arn] = replace(self._configs[arn], last_modified=now, **changes)
        return self._configs[arn]

    def delete(self, arn: str) -> None:
        """Remove a configuration. It must be there."""
        del self._configs[arn], self._tags[arn]

    def tags(self, arn: str) -> dict[str, str]:
        """The tags of a configuration that is there, to be changed in place."""
        return self._tags[arn]

    def clear(self) -> None:
        """Forget every configuration."""
        self._configs.clear()
        self._tags.clear()

    def __iter__(self) -> Iterator[CodeSigningConfig]:
        """All configurations, by ARN."""
        return iter([self._configs[arn] for arn in sorted(self._configs)])
