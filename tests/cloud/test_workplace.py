"""The folder of a cloud, and who removes it when."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lablib.cloud import workplace


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path


def folder(temporary: Path, owner: object) -> Path:
    made = temporary / "lablib-abc"
    (made / "code" / "deep").mkdir(parents=True)
    (made / "code" / "deep" / "file").write_text("x")
    os.chmod(made / "code" / "deep", 0o555)
    if owner is not None:
        (made / "owner.json").write_text(owner if isinstance(owner, str) else json.dumps(owner))
    return made


def test_it_is_private_and_goes_with_what_is_read_only_in_it() -> None:
    place = workplace.Workplace()
    assert stat.S_IMODE(place.folder.stat().st_mode) == 0o700
    (place.folder / "code").mkdir()
    (place.folder / "code" / "file").write_text("x")
    os.chmod(place.folder / "code", 0o555)
    place.remove()
    assert not place.folder.exists()


def test_a_living_clouds_folder_stays(temporary: Path) -> None:
    made = folder(temporary, {"pid": os.getpid(), "started": workplace.started(os.getpid())})
    assert workplace.remove_stale() == []
    assert made.exists()


def test_a_dead_clouds_folder_goes(temporary: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    made = folder(temporary, {"pid": process.pid, "started": "1"})
    assert workplace.remove_stale() == [made]
    assert not made.exists()


def test_a_pid_that_is_anothers_by_now_is_no_owner(temporary: Path) -> None:
    made = folder(temporary, {"pid": os.getpid(), "started": "another time"})
    assert workplace.remove_stale() == [made]


@pytest.mark.parametrize("owner", [None, "", "no JSON", [1], {"pid": "x"}, {}])
def test_a_folder_that_names_no_owner_stays(temporary: Path, owner: object) -> None:
    made = folder(temporary, owner)
    assert workplace.remove_stale() == []
    assert made.exists()


def test_a_link_is_not_followed(temporary: Path) -> None:
    real = temporary / "elsewhere"
    real.mkdir()
    (real / "owner.json").write_text(json.dumps({"pid": 999999999, "started": "1"}))
    (temporary / "lablib-link").symlink_to(real)
    assert workplace.remove_stale() == []
    assert real.exists()


def test_when_a_process_started() -> None:
    assert workplace.started(os.getpid()) == workplace.started(os.getpid())
    assert workplace.started(os.getpid()) is not None
    assert workplace.started(2**22 + 1) is None
