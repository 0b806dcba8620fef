"""Fixtures for every room: a running cloud, and a learner's data folder of the tests' own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

from lablib.local import launch
from tests.support import CloudUnderTest

# How long an example takes says something about the machine, and nothing about the code.
settings.register_profile("lab", deadline=None)
settings.load_profile("lab")


def pytest_configure(config: pytest.Config) -> None:
    """No test, and no kernel of a notebook under test, writes into the progress of the person who runs it.

    Here and not in a fixture: the cells that nbval runs take no fixtures.
    """
    folder = tempfile.mkdtemp(prefix="lambda-lab-tests-")
    config.add_cleanup(lambda: shutil.rmtree(folder))
    os.environ["LAMBDA_LAB_HOME"] = folder


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
