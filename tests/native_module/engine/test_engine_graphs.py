"""Whole graphs against the official TFLM runtime: branches, long-lived tensors, several outputs, work in place."""

import numpy as np
import pytest
from operator_cases import random_inputs
from small_models import SMALL_MODELS
from tflite_builder import TfliteBuilder

from picket_host.native.engine import Engine
from picket_host.paths import ROOT

# Public benchmark models, where a checkout has them beside it: name -> bytes that the arena may have on 32 bits.
BENCHMARKS = {
    "person_detect": 82300,
    "mlperf_kws_ref_model": 22780,
    "mlperf_ad01_int8": 2380,
    "hello_world_int8": 1500,
}
BENCHMARK_FOLDER = ROOT.parent / "shared" / "data" / "tflite"
SHAPE = (1, 4, 3, 5)


def random_graph(rng) -> bytes:
    """Element-wise operators, reshapes and 1x1 convolutions that take any earlier tensors, and several outputs."""
    b = TfliteBuilder()

    def tensor(shape=SHAPE):
        return b.tensor(shape, np.int8, scale=0.05, zero_point=3)

    inputs = [tensor() for _ in range(rng.integers(1, 4))]
    known = list(inputs)
    for _ in range(rng.integers(3, 25)):
        first, second = (known[i] for i in rng.integers(0, len(known), 2))
        if rng.random() < 0.6:  # prefer what is fresh, so that lifetimes end
            first = known[-1]
        y = tensor()
        match rng.integers(0, 6):
            case 0:
                b.operator("RELU", [first], [y], version=2)
            case 1:
                b.operator("ADD", [first, second], [y], "AddOptions", version=2)
            case 2:
                b.operator("MUL", [second, first], [y], "MulOptions", version=2)
            case 3:
                flat = tensor((1, 60))
                shapes = [b.tensor((len(s),), np.int32, np.array(s, np.int32)) for s in ((1, 60), SHAPE)]
                b.operator("RESHAPE", [first, shapes[0]], [flat], "ReshapeOptions", NewShape=[1, 60])
                b.operator("RESHAPE", [flat, shapes[1]], [y], "ReshapeOptions", NewShape=list(SHAPE))
            case 4:
                wide = b.tensor((1, 4, 3, 10), np.int8, scale=0.05, zero_point=3)
                b.operator("CONCATENATION", [first, second], [wide], "ConcatenationOptions", version=2, Axis=3)
                options = {"Padding": 1, "StrideW": 1, "StrideH": 1, "DilationWFactor": 1, "DilationHFactor": 1}
                f = b.tensor((5, 1, 1, 10), np.int8, rng.integers(-127, 128, (5, 1, 1, 10)).astype(np.int8), 0.004)
                b.operator("CONV_2D", [wide, f], [y], "Conv2DOptions", version=3, **options)
            case _:
                b.operator("RELU6", [second], [y], version=2)
        known.append(y)
    computed = known[len(inputs) :]
    count = int(rng.integers(1, min(4, len(computed)) + 1))
    outputs = [computed[-1], *(computed[i] for i in rng.choice(len(computed) - 1, count - 1, replace=False))]
    return b.build(inputs, outputs)


def assert_same_as_tflm(model, judge, rng, invocations=3):
    engine = Engine(model)
    batches = [random_inputs(rng, engine.inputs) for _ in range(invocations)]
    for inputs, expected in zip(batches, judge.run(model, batches), strict=True):
        for actual, want in zip(engine.invoke(inputs), expected, strict=True):
            np.testing.assert_array_equal(actual, want)
    return engine


def test_random_graphs(judge):
    rng = np.random.default_rng(7)
    for _ in range(60):
        assert_same_as_tflm(random_graph(rng), judge, rng)


@pytest.mark.parametrize("name", SMALL_MODELS)
def test_small_models(name, judge):
    for seed in range(5):
        assert_same_as_tflm(SMALL_MODELS[name](seed), judge, np.random.default_rng(seed))


@pytest.mark.parametrize("name", BENCHMARKS)
def test_benchmark_models(name, judge):
    file = BENCHMARK_FOLDER / f"{name}.tflite"
    if not file.exists():
        pytest.skip(f"no {file.name}: the public benchmark models are not beside this checkout")
    engine = assert_same_as_tflm(file.read_bytes(), judge, np.random.default_rng(1), 5)
    assert engine.arena_bytes <= BENCHMARKS[name]


def test_arena_of_a_chain_is_its_largest_pair():
    b = TfliteBuilder()
    sizes = [1000, 3000, 500, 2000, 1500]
    tensors = [b.tensor((1, size), np.int8, scale=0.05, zero_point=3) for size in sizes]
    for k, (depth, outputs) in enumerate(zip(sizes, sizes[1:], strict=False)):
        weights = b.tensor((outputs, depth), np.int8, bytes(outputs * depth), 0.01)
        b.operator("FULLY_CONNECTED", [tensors[k], weights, -1], [tensors[k + 1]], "FullyConnectedOptions", version=4)
    state_bytes = Engine(b.build([tensors[0]], [tensors[-1]])).arena_bytes - (1000 + 3000)
    assert 0 < state_bytes < 700


def test_element_wise_work_happens_in_place():
    b = TfliteBuilder()
    tensors = [b.tensor((10000,), np.int8, scale=0.05, zero_point=3) for _ in range(6)]
    for source, target in zip(tensors, tensors[1:], strict=False):
        b.operator("RELU", [source], [target], version=2)
    assert Engine(b.build(tensors[:1], tensors[-1:])).arena_bytes < 10000 + 700
