"""A packed model gives the converter's own bits, in the engine and in the official runtime, and takes less space."""

from __future__ import annotations

import numpy as np
import pytest
import tflite

from picket_host.models import packing, tflite_file
from picket_host.models.verify import run_engine, run_tflm
from picket_host.native.engine import Engine
from picket_host.paths import ROOT

PUBLIC = ROOT.parent / "shared" / "data" / "tflite"
NAMES = ("mlperf_kws_ref_model", "person_detect", "mlperf_ad01_int8", "hello_world_int8")
LAYERS = {
    "shape": (12, 8, 3),
    "stack": (
        ("Conv2D", {"filters": 8, "kernel_size": 3, "activation": "relu"}),
        ("DepthwiseConv2D", {"kernel_size": 3, "padding": "same"}),
        ("Flatten", {}),
        ("Dense", {"units": 5, "activation": "softmax"}),
    ),
    "merge": None,
}


@pytest.fixture(scope="module")
def converted(bench):
    return bench.sample(LAYERS, 1)


def same_bits(judge, model, packed, runs):
    inputs = np.random.default_rng(1).integers(-128, 128, (runs, *Engine(model).inputs[0].shape)).astype(np.int8)
    expected = run_tflm(judge, model, inputs)
    found = run_tflm(judge, packed, inputs), run_engine(Engine(packed), inputs)
    return all((outputs == expected).all() for outputs in found)


def test_what_the_converter_writes_shrinks_and_stays_the_same(judge, converted):
    packed = packing.pack(converted)
    assert len(converted) - len(packed) >= 1000
    assert same_bits(judge, converted, packed, 20)
    for word in (b"StatefulPartitionedCall", b"MLIR", b"serving_default", b"min_runtime_version"):
        assert word not in packed


def test_the_graph_stays_tensor_for_tensor(converted):
    before, after = tflite_file.read(converted), tflite_file.read(packing.pack(converted))
    assert [(t.dtype, t.shape, t.scale, t.zero_point, t.constant_bytes) for t in before.tensors] == [
        (t.dtype, t.shape, t.scale, t.zero_point, t.constant_bytes) for t in after.tensors
    ]
    assert [(o.name, o.inputs, o.outputs) for o in before.operators] == [
        (o.name, o.inputs, o.outputs) for o in after.operators
    ]


def test_packing_again_changes_nothing(converted):
    packed = packing.pack(converted)
    assert packing.pack(packed) == packed


def test_values_lie_at_16_byte_bounds(converted):
    packed = packing.pack(converted)
    root = tflite.Model.GetRootAs(packed, 0)
    starts = []
    for i in range(root.BuffersLength()):
        table = root.Buffers(i)._tab
        if table.Offset(4):
            starts.append(table.Vector(table.Offset(4)))
    assert len(starts) >= 5
    assert not any(start % 16 for start in starts)


@pytest.mark.parametrize("name", NAMES)
def test_public_models(judge, name):
    file = PUBLIC / f"{name}.tflite"
    if not file.is_file():
        pytest.skip("the public benchmark models are not on this machine")
    model = file.read_bytes()
    packed = packing.pack(model)
    assert len(packed) < len(model)
    assert same_bits(judge, model, packed, 2)
