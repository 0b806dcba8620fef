"""The catalogue, the exercises and the notebooks name the same things."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lablib.course import course_map, picture
from lablib.course.catalogue import LABS
from lablib.course.checks import REGISTRY
from lablib.course.progress import HOME_VARIABLE, Progress
from lablib.course.question_bank import PREDICTIONS, QUIZZES
from lablib.course.unknown import UnknownName

ROOT = Path(__file__).resolve().parents[2]


def test_seventeen_labs_in_order() -> None:
    assert [lab.number for lab in LABS] == [f"{number:02d}" for number in range(17)]


def test_written_labs_are_the_notebooks() -> None:
    written = [f"{lab.slug}.ipynb" for lab in LABS if lab.written]
    assert written == sorted(path.name for path in (ROOT / "solutions").glob("*.ipynb"))


def test_exercises_are_those_that_can_be_checked() -> None:
    assert [exercise for lab in LABS for exercise in lab.exercises] == sorted(REGISTRY)


def test_every_question_is_of_a_written_lab() -> None:
    written = {lab.number for lab in LABS if lab.written}
    assert {name[:2] for name in [*PREDICTIONS, *QUIZZES]} == written


def test_map_shows_this_learners_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    assert "you have done 0 of its 3 exercises" in course_map().sentence
    still = course_map().still
    for exercise in LABS[0].exercises:
        Progress(tmp_path).keep_done(exercise)
    assert "you have done 3 of its 3 exercises. You have finished 1 of the " in course_map().sentence
    assert course_map().still == still, "the line without a kernel is the same for everybody"


def test_unknown_picture() -> None:
    with pytest.raises(UnknownName, match="There is no picture 'x'; there is .*who-manages-what"):
        picture(None, "x")


def test_questions_and_checks_need_no_matplotlib() -> None:
    code = "import sys; from lablib.course import check, predict, quiz; print('matplotlib' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
