"""The engine over TensorFlow Lite Micro: the same outputs as the official wheel's and the portable engine's."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from all_operator_cases import CASES
from operator_cases import random_inputs
from small_models import SMALL_MODELS, convolutional

from picket_host.native.engine import Engine

MODELS = 10
TRIES = 100  # a random case may come out as nothing to compare


def joined(arrays: list[np.ndarray]) -> bytes:
    return b"".join(array.tobytes() for array in arrays)


def test_public_models_give_the_outputs_of_the_wheel_and_of_the_portable_engine(runner, judge, public_model):
    rng = np.random.default_rng(3)
    portable = Engine(public_model)
    invocations = [random_inputs(rng, portable.inputs) for _ in range(4)]
    expected = [joined(outputs) for outputs in judge.run(public_model, invocations)]
    answer = runner.run(public_model, invocations)
    assert answer.refused == ""
    assert list(answer.outputs) == expected
    assert [joined(portable.invoke(inputs)) for inputs in invocations] == expected
    assert answer.ops == portable.ops


def test_the_arena_is_no_larger_than_the_wheels(runner, judge, public_model):
    portable = Engine(public_model)
    inputs = random_inputs(np.random.default_rng(0), portable.inputs)
    # The wheel's has no allocators and no table of operators in it: some hundred bytes.
    assert runner.run(public_model, [inputs]).arena_bytes < judge.arena_bytes(public_model) + 4096


@pytest.mark.parametrize("operator", CASES)
def test_operators_give_the_bits_of_the_wheel(runner, judge, operator):
    rng = np.random.default_rng(zlib.crc32(operator.encode()) + 1)
    compared = 0
    for number in range(TRIES):
        model = CASES[operator](rng)
        if model is None or compared == MODELS:
            continue
        invocations = [random_inputs(rng, Engine(model).inputs) for _ in range(2)]
        answer = runner.run(model, invocations)
        expected = [joined(outputs) for outputs in judge.run(model, invocations)]
        assert (answer.refused, list(answer.outputs)) == ("", expected), f"model {number}"
        compared += 1
    assert compared == MODELS


@pytest.mark.parametrize("name", SMALL_MODELS)
def test_small_models_run(runner, judge, name):
    model = SMALL_MODELS[name]()
    inputs = random_inputs(np.random.default_rng(1), Engine(model).inputs)
    assert list(runner.run(model, [inputs]).outputs) == [joined(judge.run(model, [inputs])[0])]


def test_what_is_no_model_is_refused_with_a_reason(runner):
    assert runner.run(b"not a model", []).refused.startswith("not a .tflite file")
    assert "byte" in runner.run(convolutional()[:300], []).refused
