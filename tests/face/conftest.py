"""Notebooks for the tests of what a learner touches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.face.notebook import Notebook


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[Notebook]:
    """A kernel of the test's own, nothing imported."""
    opened = Notebook(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def lab_notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """A kernel in which `lab = lablib.start()` has run; shared by the tests of one file."""
    opened = Notebook(tmp_path_factory.mktemp("notebook"))
    started = opened.run("import lablib\nlab = lablib.start()")
    assert not started.traceback, started.traceback
    yield opened
    opened.close()
