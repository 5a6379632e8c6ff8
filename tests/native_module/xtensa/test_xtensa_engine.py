"""The engine on the ESP32's processor against the official TFLM runtime: the same bits, the host's refusals."""

import itertools
import zlib

import numpy as np
import pytest
from all_operator_cases import CASES
from esp32_program import Esp32, Run
from operator_cases import random_inputs
from small_models import SMALL_MODELS

from picket_host.errors import ModelError
from picket_host.models.tflm import Judge
from picket_host.native.engine import Engine

MODELS = 20
INVOCATIONS = 2


def assert_the_bits_of_tflm(esp32: Esp32, judge: Judge, models: list[bytes], rng: np.random.Generator) -> None:
    runs = []
    for model in models:
        inputs = Engine(model).inputs
        runs.append(Run(model, [random_inputs(rng, inputs) for _ in range(INVOCATIONS)]))
    for number, (run, outputs) in enumerate(zip(runs, esp32.run_models(runs), strict=True)):
        assert not isinstance(outputs, str), f"model {number} is refused: {outputs}"
        expected = judge.run(run.model, run.invocations)
        for at, (actual, arrays) in enumerate(zip(outputs, expected, strict=True)):
            want = b"".join(array.tobytes() for array in arrays)
            assert len(actual) == len(want)
            differing = [(i, a, w) for i, (a, w) in enumerate(zip(actual, want, strict=True)) if a != w]
            assert not differing, f"model {number}, invocation {at}: (byte, actual, expected) {differing[:5]}"


@pytest.mark.parametrize("operator", CASES)
def test_operator_gives_the_bits_of_tflm(operator: str, esp32: Esp32, judge: Judge) -> None:
    rng = np.random.default_rng(zlib.crc32(f"{operator} on xtensa".encode()))
    drawn = (CASES[operator](rng) for _ in range(10 * MODELS))
    models = list(itertools.islice((model for model in drawn if model is not None), MODELS))
    assert len(models) == MODELS
    assert_the_bits_of_tflm(esp32, judge, models, rng)


@pytest.mark.parametrize("name", SMALL_MODELS)
def test_small_graph_gives_the_bits_of_tflm(name: str, esp32: Esp32, judge: Judge) -> None:
    assert_the_bits_of_tflm(esp32, judge, [SMALL_MODELS[name](seed) for seed in range(3)], np.random.default_rng(3))


def test_benchmark_model_gives_the_bits_of_tflm(benchmark: bytes, esp32: Esp32, judge: Judge) -> None:
    assert_the_bits_of_tflm(esp32, judge, [benchmark], np.random.default_rng(1))


def refusal(model: bytes) -> str:
    with pytest.raises(ModelError) as error:
        Engine(model)
    return str(error.value)


def test_damaged_model_is_refused_in_the_same_words(esp32: Esp32) -> None:
    model = SMALL_MODELS["convolutional"](0)
    damaged = [model[:length] for length in range(0, len(model), 37)]
    refusals = [refusal(content) for content in damaged]
    assert esp32.run_models([Run(content, []) for content in damaged]) == refusals
