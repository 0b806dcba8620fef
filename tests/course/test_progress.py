"""Progress: nothing lost between two notebooks, nothing lost when the file is damaged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lablib.course.progress import HOME_VARIABLE, Progress, Record, home

WRITER = """
import sys
from pathlib import Path
from lablib.course.progress import Progress
for number in range(20):
    Progress(Path(sys.argv[1])).keep_done(f"{sys.argv[2]}.{number}")
"""


def test_home_is_the_variable_else_the_platforms_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    assert home() == tmp_path
    monkeypatch.delenv(HOME_VARIABLE)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert home().name == "lambda-lab" and home().is_absolute()


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "when needed"
    progress = Progress(folder)
    assert progress.done() == frozenset() and not folder.exists()
    progress.keep_done("00.1")
    progress.keep_done("00.2")
    progress.keep_prediction("00.p1", "b")
    progress.keep_quiz("00.q1")
    again = Progress(folder)
    assert again.read() == Record(frozenset({"00.1", "00.2"}), {"00.p1": "b"}, frozenset({"00.q1"}))
    assert again.prediction("00.p1") == "b" and again.prediction("00.p2") is None
    assert again.notes == []


def test_two_notebooks_at_once_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(folder), name], cwd=Path(__file__).resolve().parents[2])
        for name in ("a", "b")
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    assert Progress(folder).done() == {f"{name}.{number}" for name in "ab" for number in range(20)}


@pytest.mark.parametrize(
    "broken",
    ['{"done": ["00.1"', "", "[]", '{"done": "00.1"}', '{"predictions": {"00.p1": 3}}', "\ufffd\x00", "[" * 100_000],
    ids=["cut", "empty", "a list", "done is text", "a number", "noise", "deep"],
)
def test_a_damaged_file_is_said_and_kept_aside(tmp_path: Path, broken: str) -> None:
    progress = Progress(tmp_path)
    progress.file.write_text(broken, encoding="utf-8")
    assert progress.read() == Record()
    assert progress.notes and "was damaged" in progress.notes[0] and "progress.broken-1.json" in progress.notes[0]
    assert (tmp_path / "progress.broken-1.json").read_text(encoding="utf-8") == broken
    progress.keep_done("00.1")
    assert Progress(tmp_path).done() == {"00.1"}


def test_a_second_damaged_file_does_not_replace_the_first(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    for text in ("first", "second"):
        progress.file.write_text(text, encoding="utf-8")
        progress.keep_done("00.1")
    assert (tmp_path / "progress.broken-1.json").read_text(encoding="utf-8") == "first"
    assert (tmp_path / "progress.broken-2.json").read_text(encoding="utf-8") == "second"


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder", encoding="utf-8")
    progress = Progress(in_the_way)
    progress.keep_done("00.1")
    assert progress.notes == [
        f"Your progress cannot be kept in {in_the_way} (File exists). Set LAMBDA_LAB_HOME to a folder you can write."
    ]


def test_a_crash_while_writing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    progress = Progress(tmp_path)
    progress.keep_done("00.1")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    progress.keep_done("00.2")
    monkeypatch.undo()
    assert "No space left on device" in progress.notes[0]
    assert Progress(tmp_path).done() == {"00.1"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["progress.json", "progress.lock"]


def test_the_file_is_plain_json(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    progress.keep_done("00.1")
    content = json.loads(progress.file.read_text(encoding="utf-8"))
    assert content == {"done": ["00.1"], "predictions": {}, "quizzes": []}
