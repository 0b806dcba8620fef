"""Which runtime a package gets when nobody named one."""

from __future__ import annotations

from datetime import date

import pytest

from lablib import toolbox
from lablib.environments.runtimes import toolchains
from lablib.packaging import NotPackageable

TODAY = date(2026, 11, 23)
CHOICES = [
    ("nodejs", (24, 19), "nodejs24.x"),
    ("nodejs", (23, 1), "nodejs22.x"),
    ("nodejs", (20, 20), "nodejs22.x"),  # nodejs20.x is deprecated: the oldest that is not
    ("nodejs", None, "nodejs24.x"),
    ("ruby", (3, 1), "ruby3.3"),
    ("ruby", (3, 4), "ruby3.4"),
    ("ruby", (4, 1), "ruby4.0"),
    ("java", (17,), "java17"),
    ("java", (24,), "java21"),
    ("java", (25,), "java25"),
    ("dotnet", (3,), "dotnet10"),
    ("dotnet", (10,), "dotnet10"),
    ("provided", None, "provided.al2023"),
]


@pytest.mark.parametrize(("family", "here", "runtime"), CHOICES)
def test_the_newest_runtime_that_the_machine_runs(
    family: str, here: tuple[int, ...] | None, runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toolbox, "_version_here", lambda family: here)
    assert toolbox.runtime_for(family, TODAY) == runtime


@pytest.mark.parametrize(("tool", "line"), [("go", "golang-go"), ("mvn", "maven")])
def test_a_compiler_that_is_missing_is_named_with_the_line_that_installs_it(
    tool: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toolchains, "find", lambda name: None)
    with pytest.raises(NotPackageable, match=f"{tool} is not installed. To install it: .*{line}"):
        toolbox.workshop().need(tool)


def test_a_machine_without_a_java_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    real = toolchains.find
    monkeypatch.setattr(toolchains, "find", lambda name: None if name == "javac" else real(name))
    monkeypatch.setattr("sys.prefix", "/nowhere")
    with pytest.raises(NotPackageable, match="There is no Java compiler. To install it: .*default-jdk-headless"):
        toolbox.workshop().java()
