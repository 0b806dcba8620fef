"""labs/ is what solutions/ gives, and a run of now shows what is stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from lablib.course import build

ROOT = Path(__file__).resolve().parents[2]


def test_build_check(capsys: pytest.CaptureFixture[str]) -> None:
    code = build.main(check=True, root=ROOT)
    out = capsys.readouterr().out
    assert code == 0, out
    assert out.count("labs/ is what solutions/ gives") == len(list((ROOT / "solutions").glob("*.ipynb")))
