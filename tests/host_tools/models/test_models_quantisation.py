"""The host quantises inputs as the engine does on the device."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_models import convolutional

from picket_host.models.quantisation import quantize
from picket_host.native.engine import Engine


@given(st.floats(-1e6, 1e6, width=32), st.sampled_from([0.5, 0.25, 2.0]), st.integers(-128, 127))
def test_rounds_half_away_from_zero_and_saturates(value, scale, zero_point):
    ratio = Fraction(value) / Fraction(scale)
    rounded = math.floor(abs(ratio) + Fraction(1, 2)) * (1 if ratio >= 0 else -1)
    expected = min(127, max(-128, rounded + zero_point))
    # Beyond 2^22 float32 has no halves left; saturation hides it.
    assert quantize(np.array([value], np.float32), scale, zero_point)[0] == expected


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_the_engine_on_random_values_and_on_halves(seed):
    engine = Engine(convolutional())
    tensor = engine.inputs[0]
    rng = np.random.default_rng(seed)
    count = int(np.prod(tensor.shape))
    for spread in (0.1, 1, 10):
        values = rng.normal(0, spread, count).astype(np.float32)
        values[:10] = (rng.integers(-100, 100, 10) + np.float32(0.5)) * np.float32(tensor.scale)
        expected = engine.quantize(0, values).ravel()
        actual = quantize(values, tensor.scale, tensor.zero_point)
        different = np.flatnonzero(actual != expected)
        assert not len(different), f"value {values[different[0]]!r}: {actual[different[0]]} != {expected[different[0]]}"
