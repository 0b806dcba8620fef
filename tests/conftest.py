"""Fixtures for every room: a running cloud, and a learner's data folder of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lablib.local import launch
from tests.support import CloudUnderTest


@pytest.fixture(autouse=True, scope="session")
def learner_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test writes into the progress of the person who runs it."""
    folder = tmp_path_factory.mktemp("lambda-lab-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAMBDA_LAB_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def cloud_process() -> Iterator[CloudUnderTest]:
    process = launch()
    yield CloudUnderTest(process)
    process.close()


@pytest.fixture(scope="session")
def shared_cloud_process() -> Iterator[CloudUnderTest]:
    process = launch(options=("--isolation", "off"))
    yield CloudUnderTest(process)
    process.close()


@pytest.fixture
def cloud(cloud_process: CloudUnderTest) -> CloudUnderTest:
    """The cloud as this machine runs it best (with namespaces where the kernel has them), empty."""
    cloud_process.reset()
    return cloud_process


@pytest.fixture
def cloud_shared(shared_cloud_process: CloudUnderTest) -> CloudUnderTest:
    """A cloud that runs functions without user namespaces, as on the machines that have none; empty."""
    shared_cloud_process.reset()
    return shared_cloud_process
