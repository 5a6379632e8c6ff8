"""Every operator against the official TFLM runtime, on random shapes, parameters and quantisations: the same bits."""

import zlib

import numpy as np
import pytest
from all_operator_cases import CASES
from operator_cases import random_inputs

from picket_host.native.engine import Engine

MODELS = 60
INVOCATIONS = 3
COMPACT = ("-DPICKET_COMPACT=1",)
# Operators of which a compact build computes something in another way.
COMPACTED = {
    *("conv_2d", "depthwise_conv_2d", "fully_connected", "dequantize", "quantize", "logistic", "softmax"),
    *("conv_2d_i4", "depthwise_conv_2d_i4"),
}


def first_difference(actual: np.ndarray, expected: np.ndarray) -> str:
    """Index, actual and expected of the first element that differs."""
    at = tuple(int(i[0]) for i in np.nonzero(actual.view(np.uint8) != expected.view(np.uint8)))
    return f"first difference at {at}: {actual.view(np.uint8)[at]}, expected {expected.view(np.uint8)[at]}"


@pytest.mark.parametrize("operator", CASES)
def test_operator_gives_the_bits_of_tflm(operator, judge):
    rng = np.random.default_rng(zlib.crc32(operator.encode()))
    compared = 0
    for number in range(MODELS):
        model = CASES[operator](rng)
        if model is None:
            continue
        engines = [Engine(model)] + ([Engine(model, COMPACT)] if operator in COMPACTED else [])
        invocations = [random_inputs(rng, engines[0].inputs) for _ in range(INVOCATIONS)]
        for inputs, expected in zip(invocations, judge.run(model, invocations), strict=True):
            for build, engine in enumerate(engines):
                for actual, want in zip(engine.invoke(inputs), expected, strict=True):
                    where = f"model {number}, build {build}"
                    assert actual.dtype == want.dtype and actual.shape == want.shape, where
                    assert actual.tobytes() == want.tobytes(), f"{where}: {first_difference(actual, want)}"
        compared += 1
    assert compared > MODELS // 3
