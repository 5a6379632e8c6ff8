"""Shared by the tests of the model bench: the support modules on the path, and one judge and one TensorFlow."""

import sys
from pathlib import Path

import pytest

from picket_host.models.keras_bench import KerasBench
from picket_host.models.tflm import Judge

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))


@pytest.fixture(scope="session")
def judge():
    """The official TFLM runtime, in one worker process for all tests."""
    with Judge() as instance:
        yield instance


@pytest.fixture(scope="session")
def bench():
    """TensorFlow, in one worker process for all tests."""
    with KerasBench() as instance:
        yield instance
