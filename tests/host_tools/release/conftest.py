"""A small but real release: a model that the engine runs with golden vectors, and an application of two modules."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_model import small_model
from small_package import FOUR_PIXELS, description, golden

from picket_host.paths import TESTS
from picket_host.release import keys
from picket_host.release.make import Recipe, make
from picket_host.release.sign import sign

sys.path.insert(0, str(TESTS / "support"))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    folder.mkdir()
    model = small_model(np.array([[10, -10, 5, 0], [-10, 10, 0, 5]]), np.zeros(2))
    (folder / "model.tflite").write_bytes(model)
    (folder / "model.json").write_text(json.dumps(description("small")))
    (folder / "pipeline.bin").write_bytes(FOUR_PIXELS)
    inputs = [np.arange(4, dtype=np.int8) * k for k in (-20, 1, 30)]
    (folder / "golden.bin").write_bytes(golden(model, inputs))
    return folder


@pytest.fixture
def application(tmp_path: Path) -> Path:
    folder = tmp_path / "application"
    sources = {
        "boot.py": "never()", "main.py": "import picket.app", "picket/__init__.py": "", "picket/app.py": "x = 1\n",
        "picket/update/slots.py": "y = 2\n", "lib/umqtt/simple.py": "z = 3\n",
    }
    for path, text in sources.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.fixture
def key(tmp_path: Path) -> keys.KeyPair:
    return keys.keygen(tmp_path / "plant.key")


@pytest.fixture
def recipe(package: Path, application: Path) -> Recipe:
    return Recipe(sequence=3, model=package, application=application, created="2026-11-22T12:00:00Z")


@pytest.fixture
def signed(tmp_path: Path, recipe: Recipe, key: keys.KeyPair) -> Path:
    folder = tmp_path / "release"
    make(folder, replace(recipe))
    sign(folder, key.seed_file)
    return folder
