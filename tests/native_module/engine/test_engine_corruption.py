"""Damaged models under AddressSanitizer and UndefinedBehaviorSanitizer: refused with a text or run, never a crash."""

import subprocess
from pathlib import Path

import pytest
from small_models import SMALL_MODELS

from picket_host.native.build import SANITIZE, program
from picket_host.native.engine import sources
from picket_host.paths import NATIVE

RANDOM_MUTANTS = 20000


@pytest.mark.parametrize("name", SMALL_MODELS)
def test_no_damage_crashes_the_engine(name, tmp_path):
    folder = NATIVE / "engine"
    driver = Path(__file__).parent / "mutate_model.c"
    executable = program("mutate-model", [driver, *sources()], [folder, driver.parent], SANITIZE)
    model = SMALL_MODELS[name]()
    file = tmp_path / "model.tflite"
    file.write_bytes(model)
    done = subprocess.run([executable, file, str(RANDOM_MUTANTS)], capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stderr[-3000:]
    refused, ran = map(int, done.stdout.split())
    # One sound model, 8 flips and 5 extremes for each byte, each length, and the random ones; the few that ask for
    # more memory than the driver gives are neither refused nor run.
    tried = 1 + 13 * len(model) + len(model) - 1 + RANDOM_MUTANTS
    assert 0.99 * tried < refused + ran <= tried
    assert refused > tried // 10 and ran > tried // 10
