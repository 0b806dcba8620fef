"""The fixtures `api` and `slow_api`: the Lambda API without the rest of the cloud."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.api.harness import Api


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """The API, empty."""
    running = Api(tmp_path / "code")
    yield running
    running.close()


@pytest.fixture
def slow_api(tmp_path: Path) -> Iterator[Api]:
    """The API of ``serve --pending 60``: states last until the clock is moved."""
    running = Api(tmp_path / "code", pending=60.0)
    yield running
    running.close()
