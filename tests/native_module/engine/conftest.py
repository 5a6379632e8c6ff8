"""Shared by the engine's tests: the support modules on the path, and one judge for the whole run."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from picket_host.models.tflm import Judge  # noqa: E402


@pytest.fixture(scope="session")
def judge():
    """The official TFLM runtime, in one worker process for all tests."""
    with Judge() as instance:
        yield instance
