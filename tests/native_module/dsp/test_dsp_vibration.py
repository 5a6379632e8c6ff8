"""Vibration features against their definition, computed at the full rate in float64, and what they must show."""

from __future__ import annotations

import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from picket_host.errors import InputError
from picket_host.native import dsp

_RATE_HZ = 26667.0


def _edges(params: bytes) -> tuple[np.ndarray, np.ndarray, int, int]:
    bands, envelope_bands, first, count = struct.unpack_from("<4H", params, 16)
    values = np.frombuffer(params, "<u2", offset=24)
    return values[: bands + 1], values[bands + 1 :], first, count


def _reference(x: np.ndarray, params: bytes) -> np.ndarray:
    """The header's definitions, literally: the carrier is band-passed, its analytic signal taken, at the full rate."""
    window, = struct.unpack_from("<H", params, 4)
    g_per_count, = struct.unpack_from("<f", params, 12)
    band_edges, envelope_edges, first, count = _edges(params)
    values = x.astype(np.float64)
    centred = values - values.mean()
    rms, peak = centred.std(), np.abs(centred).max()
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    spectrum = np.fft.fft(centred * hann)
    power = np.abs(spectrum) ** 2
    bands = np.array([power[a:b].sum() for a, b in pairwise(band_edges)])

    analytic = np.zeros(window, complex)
    analytic[first : first + count] = spectrum[first : first + count]
    envelope = np.abs(np.fft.ifft(analytic)) ** 2
    lines = np.abs(np.fft.fft(envelope)) ** 2
    peaks = np.array([lines[a:b].max() for a, b in pairwise(envelope_edges)])

    def ratio(energy: np.ndarray, whole: float) -> np.ndarray:
        return (np.log10(np.maximum(energy / whole, 1e-6)) + 2) / 2

    impulse = np.mean(envelope**2) / np.mean(envelope) ** 2
    statistics = [
        (np.log10(max(rms * g_per_count, 1e-4)) + 1) / 2,
        (np.log10(max(peak * g_per_count, 1e-4)) + 0.5) / 2,
        2 * (np.log10(peak / rms) - 0.6),
        np.clip(2 * (np.log10(stats.kurtosis(values, fisher=False)) - 0.48), -2, 2),
        np.clip(stats.skew(values), -2, 2),
        np.clip(2 * (np.log10(impulse) - 0.59), -2, 2),
    ]
    return np.concatenate([ratio(bands, bands.sum()), ratio(peaks, lines[0]), statistics])


def _noise(seed: int, size: int = 4096, rms: float = 500.0) -> np.ndarray:
    return np.round(np.random.default_rng(seed).normal(size=size) * rms).clip(-32768, 32767).astype(np.int16)


def _struck(rate_per_s: float, seed: int = 0, size: int = 4096) -> np.ndarray:
    """Blows at a constant rate, each ringing a resonance at 3.3 kHz, in noise."""
    t = np.arange(size) / _RATE_HZ
    signal = np.zeros(size)
    for start in np.arange(0.0004, t[-1], 1 / rate_per_s):
        after = np.maximum(t - start, 0)
        signal += (t >= start) * np.exp(-after * 900) * np.sin(2 * np.pi * 3300 * after)
    return np.round(signal * 8000 + np.random.default_rng(seed).normal(size=size) * 150).astype(np.int16)


@pytest.mark.parametrize("options", [
    {},
    {"window": 1024, "band_hz": (100.0, 12000.0), "envelope_hz": (30.0, 1500.0), "bands": 16, "envelope_bands": 20},
    {"window": 8192, "carrier_hz": (3000.0, 3500.0), "bands": 64, "envelope_bands": 1},
    {"carrier_hz": (50.0, 12000.0)},
])  # fmt: skip
@pytest.mark.parametrize("signal", ["noise", "struck"])
def test_agrees_with_the_definition_at_the_full_rate(options: dict, signal: str) -> None:
    params = dsp.vibration_params(**options)
    features = dsp.Vibration(params)
    x = _noise(3, features.window) if signal == "noise" else _struck(160, size=features.window)
    got, want = features.compute(x), _reference(x, params)
    np.testing.assert_allclose(got[:-1], want[:-1], atol=2e-5)
    assert got[-1] == pytest.approx(want[-1], abs=0.02)  # the device squares the envelope at its lower rate


def test_fault_frequency_and_its_harmonics_are_the_largest_bands_of_the_envelope() -> None:
    params = dsp.vibration_params()
    features = dsp.Vibration(params)
    _, edges, _, _ = _edges(params)
    for rate in (107.4, 162.2, 282.3):  # outer race, inner race, ball of a 6205 bearing at 1797 rpm
        envelope = features.compute(_struck(rate))[32:64]
        lines = [rate * k for k in (1, 2, 3)]
        bins = [round(line / (_RATE_HZ / 4096)) for line in lines]
        bands = {int(np.searchsorted(edges, b, "right")) - 1 for b in bins}
        others = [i for i in range(32) if min(abs(i - b) for b in bands) > 1 and edges[i] < max(bins)]
        assert min(envelope[list(bands)]) > max(envelope[others]) + 0.2


def test_statistics_of_gaussian_noise_are_near_zero_and_blows_raise_them() -> None:
    features = dsp.Vibration(dsp.vibration_params())
    noise = np.mean([features.compute(_noise(seed))[-4:] for seed in range(20)], axis=0)
    np.testing.assert_allclose(noise, 0, atol=0.1)
    crest, kurtosis, _, impulse = features.compute(_struck(100))[-4:]
    assert min(crest, kurtosis, impulse) > 0.2


def test_gain_of_the_mounting_moves_only_rms_and_peak_and_gravity_moves_nothing() -> None:
    features = dsp.Vibration(dsp.vibration_params())
    x = _struck(120) // 2
    plain, doubled, offset = (features.compute(v.astype(np.int16)) for v in (x, 2 * x, x + 3000))
    np.testing.assert_allclose(np.delete(doubled - plain, [64, 65]), 0, atol=1e-5)
    np.testing.assert_allclose((doubled - plain)[64:66], np.log10(2) / 2, atol=1e-5)
    np.testing.assert_allclose(offset, plain, atol=1e-5)


@pytest.mark.parametrize("x", [
    np.zeros(4096, np.int16),
    np.full(4096, -32768, np.int16),
    np.where(np.arange(4096) == 0, 32767, 0).astype(np.int16),
    np.where(np.arange(4096) % 2, 32767, -32768).astype(np.int16),
    np.where(np.arange(4096) == 2048, 1, 0).astype(np.int16),
], ids=["zero", "stuck", "impulse under the edge of the window", "nyquist", "one count"])  # fmt: skip
def test_degenerate_windows_give_finite_features_in_range(x: np.ndarray) -> None:
    values = dsp.Vibration(dsp.vibration_params()).compute(x)
    assert np.isfinite(values).all()
    assert np.abs(values).max() < 3


@given(hnp.arrays(np.int16, 256, elements=st.integers(-32768, 32767)))
@settings(max_examples=200)
def test_any_window_gives_finite_features_in_range(x: np.ndarray) -> None:
    params = dsp.vibration_params(
        window=256, bands=8, band_hz=(200.0, 6300.0), envelope_bands=4, envelope_hz=(110.0, 1000.0)
    )
    values = dsp.Vibration(params).compute(x)
    assert np.isfinite(values).all()
    assert np.abs(values).max() < 3


def test_many_windows_at_once_equal_one_by_one() -> None:
    features = dsp.Vibration(dsp.vibration_params())
    windows = np.stack([_noise(1), _struck(100), _noise(2)])
    np.testing.assert_array_equal(features.compute(windows), [features.compute(w) for w in windows])
    np.testing.assert_array_equal(features.compute(windows[:, ::-1]), [features.compute(w[::-1]) for w in windows])


def test_says_what_it_takes() -> None:
    features = dsp.Vibration(dsp.vibration_params())
    assert (features.features, features.window, features.hop_ms, features.rate_hz) == (70, 4096, 250, 26667.0)
    assert (features.bands, features.envelope_bands) == (32, 32)
    assert features.memory_bytes < 21_000


@pytest.mark.parametrize(("change", "what"), [
    (lambda p: b"PVF2" + p[4:], "magic"),
    (lambda p: p[:4] + struct.pack("<H", 4095) + p[6:], "power of two"),
    (lambda p: p[:4] + struct.pack("<H", 128) + p[6:], "power of two"),
    (lambda p: p[:6] + struct.pack("<H", 0) + p[8:], "rate or hop"),
    (lambda p: p[:8] + struct.pack("<I", 0) + p[12:], "rate or hop"),
    (lambda p: p[:12] + struct.pack("<f", float("nan")) + p[16:], "scale"),
    (lambda p: p[:12] + struct.pack("<f", -1.0) + p[16:], "scale"),
    (lambda p: p[:12] + struct.pack("<f", float("inf")) + p[16:], "scale"),
    (lambda p: p[:16] + struct.pack("<H", 0) + p[18:], "number of bands"),
    (lambda p: p[:18] + struct.pack("<H", 65) + p[20:], "number of bands"),
    (lambda p: p[:16] + struct.pack("<H", 31) + p[18:], "length"),
    (lambda p: p[:20] + struct.pack("<H", 0) + p[22:], "carrier"),
    (lambda p: p[:22] + struct.pack("<H", 1) + p[24:], "carrier"),
    (lambda p: p[:22] + struct.pack("<H", 2040) + p[24:], "carrier"),
    (lambda p: p[:24] + struct.pack("<H", 0) + p[26:], "edges"),
    (lambda p: p[:26] + p[24:26] + p[28:], "edges"),
    (lambda p: p[:-2] + struct.pack("<H", 1025), "edges"),
    (lambda p: p + b"\0", "length"),
])  # fmt: skip
def test_every_wrong_parameter_is_named(change, what: str) -> None:
    with pytest.raises(InputError, match=what):
        dsp.Vibration(change(dsp.vibration_params()))


def test_every_truncation_of_the_parameters_is_refused() -> None:
    params = dsp.vibration_params()
    for length in range(len(params)):
        with pytest.raises(InputError):
            dsp.Vibration(params[:length])


@pytest.mark.parametrize("options", [
    {"window": 1000}, {"bands": 0}, {"bands": 65}, {"hop_ms": 0}, {"hop_ms": 70_000}, {"band_hz": (50.0, 60.0)},
    {"band_hz": (50.0, 14000.0)}, {"carrier_hz": (5000.0, 2000.0)}, {"g_per_count": 0.0}, {"rate_hz": 0.001},
    {"envelope_hz": (1.0, 500.0)},
])  # fmt: skip
def test_parameters_that_the_device_would_refuse_are_not_made(options: dict) -> None:
    with pytest.raises(InputError):
        dsp.vibration_params(**options)


@given(st.integers(1, 64), st.floats(1, 2000), st.floats(1, 2000))
def test_band_edges_ascend_strictly_within_their_limits(count: int, low: float, high: float) -> None:
    try:
        edges = dsp.log_edges(count, low, high)
    except InputError:
        assert round(high) - round(low) < count
        return
    assert len(edges) == count + 1
    assert np.diff(edges).min() >= 1
    assert round(low) <= edges[0]
    assert edges[-1] == round(high)


@pytest.mark.parametrize("x", [np.zeros(4096, np.float32), np.zeros(4095, np.int16), np.zeros((2, 2, 4096), np.int16)])
def test_wrong_samples_are_refused(x: np.ndarray) -> None:
    with pytest.raises(InputError):
        dsp.Vibration(dsp.vibration_params()).compute(x)
