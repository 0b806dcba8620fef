"""Java libraries by their Maven coordinates: from the local repository of who runs this, else fetched by Maven itself."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lablib.environments.runtimes.prepared import cache_folder, prepared
from lablib.environments.runtimes.toolchains import find, missing
from lablib.environments.spec import RuntimeUnavailable

_FETCH_S = 300.0
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies"  # Maven 3's own default version


@dataclass(frozen=True)
class Artifact:
    """A jar that is named exactly, so that it is the same one everywhere."""

    group: str
    name: str
    version: str

    @property
    def jar(self) -> str:
        return f"{self.name}-{self.version}.jar"

    @property
    def in_repository(self) -> Path:
        return Path(*self.group.split("."), self.name, self.version, self.jar)


# AWS's runtime client for Java with all that it needs, and what functions are compiled against (Maven Central, 2026-11-23).
CORE = Artifact("com.amazonaws", "aws-lambda-java-core", "1.4.0")
RUNTIME_CLIENT = (
    Artifact("com.amazonaws", "aws-lambda-java-runtime-interface-client", "2.9.0"),
    CORE,
    # Not 1.2.0, which the client names: it cannot read records, and AWS's sample java17-examples wants one. (Which of the two
    # AWS's own runtimes have is unconfirmed.)
    Artifact("com.amazonaws", "aws-lambda-java-serialization", "1.1.6"),
    Artifact("software.amazon.awssdk", "utils-lite", "2.34.0"),
)
EVENTS = (Artifact("com.amazonaws", "aws-lambda-java-events", "3.16.1"), Artifact("joda-time", "joda-time", "2.10.8"))


def jars(name: str, artifacts: Iterable[Artifact]) -> list[Path]:
    """The jars, in this order; fetched at most once, then kept.

    Raises RuntimeUnavailable with the line that helps where they are not here and cannot be fetched.
    """
    wanted = list(artifacts)
    folder = prepared(name, [artifact.jar for artifact in wanted], lambda into: _collect(wanted, into))
    return [folder / artifact.jar for artifact in wanted]


def at_hand() -> bool:
    """Whether Java functions have AWS's runtime client here, or Maven that fetches it."""
    fetched = any((cache_folder() / "runtimes").glob("java-client-*"))
    return fetched or find("mvn") is not None or any(_has(repository, RUNTIME_CLIENT) for repository in _local_repositories())


def _has(repository: Path, artifacts: Iterable[Artifact]) -> bool:
    return all((repository / artifact.in_repository).is_file() for artifact in artifacts)


def _collect(artifacts: list[Artifact], into: Path) -> None:
    for repository in _local_repositories():
        if _has(repository, artifacts):
            for artifact in artifacts:
                shutil.copy(repository / artifact.in_repository, into)
            return
    _fetch(artifacts, into)


def _local_repositories() -> Iterator[Path]:
    """Maven's own, and what Debian's packages of Java libraries put."""
    settings = Path.home() / ".m2" / "settings.xml"
    if settings.is_file():
        chosen = next((item.text for item in ET.parse(settings).iter() if item.tag.endswith("localRepository")), None)
        if chosen and "$" not in chosen:
            yield Path(chosen)
    yield Path.home() / ".m2" / "repository"


def _fetch(artifacts: list[Artifact], into: Path) -> None:
    names = ", ".join(f"{artifact.name} {artifact.version}" for artifact in artifacts)
    maven = find("mvn")
    if maven is None:
        why = f"AWS's Java libraries ({names}) are not on this machine, and Maven, which fetches them, is not installed"
        raise missing("mvn", why)
    with tempfile.TemporaryDirectory(prefix="lablib-maven-") as folder:
        Path(folder, "pom.xml").write_text(_project(artifacts), encoding="utf-8")
        command = [str(maven), "-B", "-q", "-Dstyle.color=never", "-f", f"{folder}/pom.xml", _PLUGIN, f"-DoutputDirectory={into}"]
        ran = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_FETCH_S, stdin=subprocess.DEVNULL, check=False
        )
    lacking = [artifact.jar for artifact in artifacts if not (into / artifact.jar).is_file()]
    if ran.returncode or lacking:
        said = next((line for line in ran.stdout.splitlines() if "ERROR" in line), f"{', '.join(lacking)} did not arrive")
        why = f"could not be fetched: {said}. They are needed once, with a network"
        raise RuntimeUnavailable(f"AWS's Java libraries ({names}) {why}")


def _project(artifacts: list[Artifact]) -> str:
    """A project that needs exactly these jars and nothing of theirs."""
    dependency = (
        "<dependency><groupId>{0.group}</groupId><artifactId>{0.name}</artifactId><version>{0.version}</version>"
        "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>"
    )
    return (
        "<project><modelVersion>4.0.0</modelVersion><groupId>lab</groupId>"
        "<artifactId>lab</artifactId><version>1</version><dependencies>"
        + "".join(dependency.format(artifact) for artifact in artifacts)
        + "</dependencies></project>"
    )
