"""The project's own elementary functions against numpy in float64; error bounds as the header states them."""

from __future__ import annotations

import numpy as np
import pytest

from picket_host.native import dsp


@pytest.fixture(scope="module")
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_square_root_is_correctly_rounded_for_every_kind_of_number(rng: np.random.Generator) -> None:
    bits = np.concatenate([
        rng.integers(0, 0x7F800000, 20_000, dtype=np.uint32),  # all positive numbers alike, so denormals among them
        rng.integers(0, 0x00800000, 2_000, dtype=np.uint32),
        np.array([0, 1, 0x007FFFFF, 0x00800000, 0x3F7FFFFF, 0x3F800000, 0x7F7FFFFF, 0x7F800000], np.uint32),
    ])
    x = bits.view(np.float32)
    got = np.array([dsp.native().lib.picket_sqrtf(float(v)) for v in x], np.float32)
    np.testing.assert_array_equal(got, np.sqrt(x))


@pytest.mark.parametrize("x", [-0.0, -1.0, -np.inf, np.nan])
def test_square_root_of_what_has_none_is_zero(x: float) -> None:
    assert dsp.native().lib.picket_sqrtf(x) == 0.0


def test_decimal_logarithm_keeps_its_error_bound(rng: np.random.Generator) -> None:
    x = np.concatenate([10 ** rng.uniform(-37, 38, 20_000), rng.uniform(0.5, 2, 5_000)]).astype(np.float32)
    got = np.array([dsp.native().lib.picket_log10f(float(v)) for v in x])
    want = np.log10(x.astype(np.float64))
    assert np.max(np.abs(got - want) / (1 + np.abs(want))) < 2e-7


def test_sine_and_cosine_keep_their_error_bounds(rng: np.random.Generator) -> None:
    native = dsp.native()
    sine, cosine = native.ffi.new("float *"), native.ffi.new("float *")
    for limit, bound in ((8.0, 5e-7), (np.pi / 4, 1.2e-7)):
        for x in rng.uniform(-limit, limit, 10_000).astype(np.float32).tolist():
            native.lib.picket_sincosf(x, sine, cosine)
            assert abs(sine[0] - np.sin(x)) < bound
            assert abs(cosine[0] - np.cos(x)) < bound


def test_angle_of_a_vector_keeps_its_error_bound_in_every_quadrant(rng: np.random.Generator) -> None:
    y, x = (rng.normal(size=20_000) * 10 ** rng.uniform(-10, 10, 20_000)).astype(np.float32).reshape(2, -1)
    got = np.array([dsp.native().lib.picket_atan2f(float(a), float(b)) for a, b in zip(y, x, strict=True)])
    assert np.max(np.abs(got - np.arctan2(y.astype(float), x.astype(float)))) < 4e-7


@pytest.mark.parametrize(("y", "x"), [(0, 0), (0, 1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)])
def test_angle_of_a_vector_on_axes_and_diagonals(y: float, x: float) -> None:
    assert dsp.native().lib.picket_atan2f(y, x) == pytest.approx(np.arctan2(y, x), abs=4e-7)
