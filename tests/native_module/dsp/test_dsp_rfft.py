"""Fourier transforms and the Hann window against numpy in float64."""

from __future__ import annotations

import numpy as np
import pytest

from picket_host.errors import InputError
from picket_host.native import dsp

_SIZES = [2**k for k in range(3, 15)]


def _relative_error(got: np.ndarray, want: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.abs(got - want) ** 2) / np.mean(np.abs(want) ** 2)))


@pytest.mark.parametrize("size", _SIZES)
def test_real_transform_of_noise(size: int) -> None:
    x = np.random.default_rng(size).normal(size=size).astype(np.float32)
    assert _relative_error(dsp.rfft(x), np.fft.rfft(x.astype(np.float64))) < 3e-7


@pytest.mark.parametrize("size", [8, 16, 64, 128])
def test_real_transform_of_every_unit_impulse(size: int) -> None:
    for at in range(size):
        x = np.zeros(size, np.float32)
        x[at] = 1
        np.testing.assert_allclose(dsp.rfft(x), np.fft.rfft(x), atol=1e-6)


def test_line_stands_60_db_above_the_rounding_of_a_pure_tone() -> None:
    x = np.cos(2 * np.pi * 300 * np.arange(4096) / 4096).astype(np.float32)
    power = np.abs(dsp.rfft(x)) ** 2
    line = power[300]
    power[300] = 0
    assert power.max() < line * 1e-10


@pytest.mark.parametrize("points", [1, 2, 4, 8, 32, 512, 2048])
def test_complex_transform_uses_the_table_of_a_longer_wave(points: int) -> None:
    rng = np.random.default_rng(points)
    z = (rng.normal(size=points) + 1j * rng.normal(size=points)).astype(np.complex64)
    want = np.fft.fft(z.astype(np.complex128))
    native, cosines = dsp.native(), np.empty(4096 // 4 + 1, np.float32)
    native.lib.picket_cosines_init(native.ffi.from_buffer("float[]", cosines), 4096)
    pairs = native.ffi.from_buffer("float[]", z.view(np.float32))
    native.lib.picket_cfft(pairs, points, native.ffi.from_buffer("float[]", cosines), 4096)
    assert _relative_error(z, want) < 3e-7


@pytest.mark.parametrize("wave", [8, 256, 4096])
def test_hann_window_is_the_periodic_one(wave: int) -> None:
    native, cosines, x = dsp.native(), np.empty(wave // 4 + 1, np.float32), np.ones(wave, np.float32)
    native.lib.picket_cosines_init(native.ffi.from_buffer("float[]", cosines), wave)
    native.lib.picket_hann(native.ffi.from_buffer("float[]", x), native.ffi.from_buffer("float[]", cosines), wave)
    np.testing.assert_allclose(x, 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(wave) / wave), atol=2e-7)


@pytest.mark.parametrize(
    "x", [np.zeros(12, np.float32), np.zeros(4, np.float32), np.zeros(16), np.zeros((2, 8), np.float32)]
)
def test_wrong_input_is_refused(x: np.ndarray) -> None:
    with pytest.raises(InputError):
        dsp.rfft(x)
