"""Layers: their versions, for as long as somebody can add one to a function.

A function keeps what it has of a layer version for itself (the code store counts its users), so that a deleted version goes on
working where it is already: Developer Guide, "Deleting a layer version", 2026.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lablib.cloud.functions.code import CodeStore
from lablib.cloud.functions.resource_policy import ResourcePolicy


@dataclass(frozen=True)
class LayerVersion:
    """One version of a layer.

    Attributes
    ----------
    arn, layer_arn : str
        With the version's number and without.
    sha256, size, unzipped
        Of its archive: base64, bytes; bytes of its files.
    created : str
        On the cloud's clock, in the API's form.
    runtimes, architectures : tuple[str, ...] or None
        What it says it is made for: to be found in lists; a function of another kind may have it all the same. None: it does not say.
    """

    name: str
    number: int
    arn: str
    layer_arn: str
    description: str
    created: str
    sha256: str
    size: int
    unzipped: int
    runtimes: tuple[str, ...] | None = None
    architectures: tuple[str, ...] | None = None
    license: str | None = None

    def suits(self, runtime: str | None, architecture: str | None) -> bool:
        """Whether it says that it is made for these, as far as they are given."""
        return runtime in (None, *(self.runtimes or ())) and architecture in (None, *(self.architectures or ()))


@dataclass
class Layer:
    """A layer: the versions that were not deleted. Numbers are never given twice, not even after all versions are gone."""

    name: str
    versions: dict[int, LayerVersion] = field(default_factory=dict)
    next_number: int = 1

    def newest_first(self) -> list[LayerVersion]:
        return [self.versions[number] for number in sorted(self.versions, reverse=True)]


class Layers:
    """All layers of this cloud."""

    def __init__(self, packages: CodeStore, *, account_id: str, region: str) -> None:
        self._packages = packages
        self._prefix = f"arn:aws:lambda:{region}:{account_id}:layer:"
        self._layers: dict[str, Layer] = {}
        self.policies: dict[str, tuple[ResourcePolicy, str]] = {}  # by a version's ARN: who else may use it; its revision

    def arn(self, name: str, number: int | None = None) -> str:
        """``arn:aws:lambda:REGION:ACCOUNT:layer:NAME[:NUMBER]``."""
        return f"{self._prefix}{name}" if number is None else f"{self._prefix}{name}:{number}"

    def next_number(self, name: str) -> int:
        """Take the number of a layer's next version."""
        layer = self._layers.setdefault(name, Layer(name))
        layer.next_number += 1
        return layer.next_number - 1

    def add(self, version: LayerVersion) -> None:
        """Keep a new version. Its package counts as in use already."""
        self._layers[version.name].versions[version.number] = version

    def find(self, name: str, number: int) -> LayerVersion | None:
        """A version that was not deleted."""
        layer = self._layers.get(name)
        return None if layer is None else layer.versions.get(number)

    def by_arn(self, arn: str) -> LayerVersion | None:
        """The version with this ARN, if it is of this account and region and was not deleted."""
        name, _, number = arn.removeprefix(self._prefix).partition(":")
        return self.find(name, int(number)) if arn.startswith(self._prefix) and number.isdecimal() else None

    def versions(self, name: str) -> list[LayerVersion]:
        """A layer's versions, newest first; none if there is no such layer."""
        return self._layers[name].newest_first() if name in self._layers else []

    def delete(self, name: str, number: int) -> None:
        """Delete a version; nothing happens if there is none."""
        version = self.find(name, number)
        if version is not None:
            del self._layers[name].versions[number]
            self.policies.pop(version.arn, None)
            self._packages.release(version.sha256)

    def size(self) -> int:
        """Bytes of all archives."""
        return sum(version.size for layer in self for version in layer.versions.values())

    def clear(self) -> None:
        """Forget every layer. The code store is cleared by whoever calls this."""
        self._layers.clear()
        self.policies.clear()

    def __iter__(self) -> Iterator[Layer]:
        """All layers that have a version, by name."""
        return iter([self._layers[name] for name in sorted(self._layers) if self._layers[name].versions])
