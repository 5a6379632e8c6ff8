"""Window statistics against scipy in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from picket_host.errors import InputError
from picket_host.native import dsp

_WINDOWS = hnp.arrays(np.int16, st.integers(1, 200), elements=st.integers(-32768, 32767))


def _expected(x: np.ndarray) -> dsp.WindowStats:
    values = x.astype(np.float64)
    centred = values - values.mean()
    rms, peak = values.std(), np.abs(centred).max()
    return dsp.WindowStats(
        values.mean(), rms, peak, peak / rms, stats.kurtosis(values, fisher=False), stats.skew(values)
    )


@given(_WINDOWS)
@settings(max_examples=300)
def test_agrees_with_float64_on_any_samples(x: np.ndarray) -> None:
    if np.ptp(x) == 0:
        return
    got, want = dsp.window_stats(x), _expected(x)
    assert got.mean == pytest.approx(want.mean, rel=1e-6, abs=1e-6)
    for name in ("rms", "peak", "crest", "kurtosis"):
        assert getattr(got, name) == pytest.approx(getattr(want, name), rel=1e-5), name
    assert got.skewness == pytest.approx(want.skewness, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_relative_error_on_windows_of_vibration_is_below_what_the_header_states(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=4096) * 10 ** rng.uniform(0.5, 4) + rng.uniform(-5000, 5000)
    x = x.clip(-32768, 32767).astype(np.int16)
    got, want = dsp.window_stats(x), _expected(x)
    for name in ("rms", "crest", "kurtosis"):
        assert getattr(got, name) == pytest.approx(getattr(want, name), rel=2e-6), name


@pytest.mark.parametrize("value", [-32768, -1, 0, 7, 32767])
def test_constant_window_has_a_mean_and_nothing_else(value: int) -> None:
    got = dsp.window_stats(np.full(100, value, np.int16))
    assert got == dsp.WindowStats(float(value), 0.0, 0.0, 0.0, 0.0, 0.0)


def test_largest_possible_sums_do_not_overflow() -> None:
    x = np.full(16384, -32768, np.int16)
    x[::2] = 32767
    got = dsp.window_stats(x)
    assert got.mean == pytest.approx(-0.5)
    assert got.rms == pytest.approx(32767.5)
    assert got.kurtosis == pytest.approx(1.0)
    assert got.skewness == pytest.approx(0.0, abs=1e-6)
    x[:] = -32768
    x[0] = 32767  # the largest third and fourth powers about the mean that can be
    got, want = dsp.window_stats(x), _expected(x)
    assert got.kurtosis == pytest.approx(want.kurtosis, rel=1e-5)
    assert got.skewness == pytest.approx(want.skewness, rel=1e-5)


def test_sine_has_kurtosis_one_and_a_half_and_crest_root_two() -> None:
    got = dsp.window_stats(np.round(20000 * np.sin(2 * np.pi * 16 * np.arange(4096) / 4096)).astype(np.int16))
    assert got.kurtosis == pytest.approx(1.5, rel=1e-4)
    assert got.crest == pytest.approx(np.sqrt(2), rel=1e-4)


@given(_WINDOWS, st.floats(1e-4, 1e3))
@settings(max_examples=50)
def test_scale_changes_amplitudes_only(x: np.ndarray, scale: float) -> None:
    plain, scaled = dsp.window_stats(x), dsp.window_stats(x, scale)
    for name in ("mean", "rms", "peak"):
        assert getattr(scaled, name) == pytest.approx(getattr(plain, name) * scale, rel=1e-5, abs=1e-9)
    assert plain[3:] == scaled[3:]


@pytest.mark.parametrize(
    ("x", "what"),
    [
        (np.zeros(8, np.float32), "float32"),
        (np.zeros(8, np.int32), "int32"),
        ([1, 2, 3], "list"),
        (np.zeros((2, 4), np.int16), "shape"),
        (np.zeros(0, np.int16), "0 samples"),
        (np.zeros(16385, np.int16), "16385 samples"),
    ],
)
def test_wrong_type_shape_or_length_is_named(x: object, what: str) -> None:
    with pytest.raises(InputError, match=what):
        dsp.window_stats(x)  # type: ignore[arg-type]
