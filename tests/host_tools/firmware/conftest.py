"""A small model, and plans of firmware builds made for it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from picket_host.paths import TESTS

sys.path.insert(0, str(TESTS / "support"))

from small_models import convolutional  # noqa: E402


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "small.tflite"
    path.write_bytes(convolutional())
    return path
