"""Damaged models in a build that checks them whole: refused with a text or run, never a crash."""

from __future__ import annotations

import subprocess

import flatbuffers
import pytest
from small_models import SMALL_MODELS

from picket_host.native.build import SANITIZE
from picket_host.paths import TESTS
from picket_host.tflm_build import engine

RANDOM_MUTANTS = 3000


@pytest.mark.parametrize("name", SMALL_MODELS)
def test_no_damage_crashes_tflm(checked, name, tmp_path):
    driver = TESTS / "native_module" / "engine" / "mutate_model.c"
    program = engine.program(checked, driver, SANITIZE)
    model = SMALL_MODELS[name]()
    file = tmp_path / "model.tflite"
    file.write_bytes(model)
    done = subprocess.run([program, file, str(RANDOM_MUTANTS)], capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stderr[-3000:]
    refused, ran = map(int, done.stdout.split())
    assert refused > len(model)
    assert ran > len(model)


def with_memory_plan(model: bytes) -> bytes:
    """The model with metadata of the name under which TFLM looks for offsets of the tensors."""
    from tflite_micro.python.tflite_micro import runtime

    schema = runtime.schema_fb
    copy = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    copy.metadata = [schema.MetadataT(name="OfflineMemoryAllocation", buffer=0)]
    builder = flatbuffers.Builder()
    builder.Finish(copy.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def test_a_model_with_its_own_memory_plan_is_refused(runner):
    refused = runner.run(with_memory_plan(SMALL_MODELS["convolutional"]()), []).refused
    assert refused.startswith("the model brings its own memory plan")
