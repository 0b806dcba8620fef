"""Running a compiler: what is said while it runs, and when it refuses."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from lablib.packaging import NotPackageable, workshop


def test_a_compiler_that_takes_long_is_announced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workshop, "_SILENT_S", 0.01)
    go_on = tmp_path / "go on"
    os.mkfifo(go_on)
    command = [sys.executable, "-c", f"import sys; sys.stdout.write(open({str(go_on)!r}).read())"]

    def announced(said: str, **_: object) -> None:
        real_print(said)
        go_on.write_text("")

    real_print = print
    monkeypatch.setattr(workshop, "print", announced, raising=False)
    workshop.compile_with(command, "main.go", cwd=tmp_path)
    assert capsys.readouterr().out.startswith("Still compiling. The first time takes longest: ")


def test_what_could_not_be_fetched_is_not_called_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(NotPackageable, match="^What it imports could not be fetched:\n\nno network$"):
        command = [sys.executable, "-c", "print('no network'); exit(1)"]
        workshop.compile_with(command, "What it imports", cwd=tmp_path, failed="could not be fetched")
