"""Log-mel frames against their definition in float64, and what they must show."""

from __future__ import annotations

import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from picket_host.errors import InputError
from picket_host.native import dsp

_RATE_HZ = 16000
_SMALL = {"window": 64, "hop": 24, "bands": 5, "band_hz": (600.0, 7600.0)}


def _reference(x: np.ndarray, params: bytes) -> np.ndarray:
    """The header's definitions, literally, triangle by triangle."""
    window, hop, _, bands, _ = struct.unpack_from("<HHIHH", params, 4)
    floor, rise, fall = struct.unpack_from("<3f", params, 16)
    edges = np.frombuffer(params, "<u2", offset=28) / 64
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    stream = np.concatenate([np.zeros(window - hop), x / 32768])
    bins = np.arange(window // 2 + 1)
    weights = [np.interp(bins, edges[i : i + 3], [0, 1, 0], left=0, right=0) for i in range(bands)]
    background, frames = None, []
    for start in range(0, len(x) // hop * hop, hop):
        if start + hop < window:  # not full yet
            frames.append(np.zeros(bands))
            continue
        power = np.abs(np.fft.rfft(stream[start : start + window] * hann) * 4 / window) ** 2
        energy = np.array(weights) @ power
        background = energy if background is None else background
        frames.append(np.clip(0.5 * np.log10((energy + floor) / (background + floor)), -2, 2))
        change = energy - background
        background = background + np.where(change > 0, rise, fall) * change
    return np.array(frames).reshape(-1, bands)


def _sound(seed: int, samples: int = _RATE_HZ) -> np.ndarray:
    """A gliding tone with harmonics that comes and goes, in noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(samples) / _RATE_HZ
    phase = 2 * np.pi * (150 * t + 40 * t**2)
    tone = sum(np.sin(k * phase) / k for k in range(1, 20)) * np.clip(np.sin(2 * np.pi * 3 * t), 0, 1)
    return np.round(2500 * tone + rng.normal(0, 30, samples)).astype(np.int16)


@pytest.mark.parametrize("options", [{}, _SMALL, {"window": 1024, "hop": 1024, "bands": 64}, {"hop": 1, "step": 1}])
def test_agrees_with_the_definition(options: dict) -> None:
    params = dsp.mel_params(**options)
    x = _sound(1, 2000 if options.get("hop") == 1 else _RATE_HZ)
    np.testing.assert_allclose(dsp.Mel(params).frames(x), _reference(x, params), atol=3e-4)


def test_a_tone_stands_in_its_own_band() -> None:
    params = dsp.mel_params()
    edges_hz = np.frombuffer(params, "<u2", offset=28) / 64 * _RATE_HZ / 512
    noise = np.random.default_rng(2).normal(0, 3, 2 * _RATE_HZ)
    for band in (3, 17, 38):
        tone = 3000 * np.sin(2 * np.pi * edges_hz[band + 1] * np.arange(2 * _RATE_HZ) / _RATE_HZ)
        x = (noise + np.where(np.arange(2 * _RATE_HZ) > _RATE_HZ, tone, 0)).astype(np.int16)
        assert dsp.Mel(params).frames(x)[104].argmax() == band


def test_neither_gain_nor_an_offset_nor_a_steady_noise_matters_much() -> None:
    mel = dsp.Mel(dsp.mel_params(floor=1e-12))
    x = _sound(3)
    plain = mel.frames(x)
    np.testing.assert_allclose(mel.frames((4 * x.astype(int)).astype(np.int16)), plain, atol=0.05)
    np.testing.assert_allclose(mel.frames((x + 2000).astype(np.int16))[6:], plain[6:], atol=0.03)
    hiss = np.random.default_rng(4).normal(0, 1000, 4 * _RATE_HZ).astype(np.int16)
    assert abs(mel.frames(hiss)[100:].mean()) < 0.15


@pytest.mark.parametrize("x", [
    np.zeros(4000, np.int16),
    np.full(4000, -32768, np.int16),
    np.where(np.arange(4000) % 2, 32767, -32768).astype(np.int16),
    np.where(np.arange(4000) == 2000, 32767, 0).astype(np.int16),
], ids=["silence", "stuck", "nyquist", "click"])  # fmt: skip
def test_degenerate_streams_give_finite_values_in_range(x: np.ndarray) -> None:
    frames = dsp.Mel(dsp.mel_params()).frames(x)
    assert np.isfinite(frames).all() and np.abs(frames).max() <= 2


def test_silence_is_zero() -> None:
    assert not dsp.Mel(dsp.mel_params()).frames(np.zeros(4000, np.int16)).any()


@given(hnp.arrays(np.int16, 400, elements=st.integers(-32768, 32767)), st.lists(st.integers(0, 400), max_size=8))
@settings(max_examples=150)
def test_chunks_give_the_bits_of_the_whole(x: np.ndarray, cuts: list[int]) -> None:
    mel = dsp.Mel(dsp.mel_params(**_SMALL))
    whole = mel.frames(x)
    mel.reset()
    pieces = [mel.feed(x[a:b]) for a, b in pairwise([0, *sorted(cuts), 400])]
    np.testing.assert_array_equal(np.concatenate(pieces).view(np.uint32), whole.view(np.uint32))
    assert np.isfinite(whole).all() and np.abs(whole).max() <= 2


def test_one_frame_for_every_hop_from_the_first_on() -> None:
    mel = dsp.Mel(dsp.mel_params())
    assert [len(mel.feed(np.ones(n, np.int16))) for n in (159, 1, 160, 640, 0, 319, 2)] == [0, 1, 1, 4, 0, 1, 1]


def test_says_what_it_takes() -> None:
    mel = dsp.Mel(dsp.mel_params())
    assert (mel.window, mel.hop, mel.rate_hz, mel.bands, mel.step) == (512, 160, 16000.0, 40, 4)
    assert mel.memory_bytes < 4_200


def _at(offset: int, layout: str, *values: float):
    return lambda p: p[:offset] + struct.pack(layout, *values) + p[offset + struct.calcsize(layout) :]


@pytest.mark.parametrize(("change", "what"), [
    (_at(3, "<B", ord("2")), "magic"),
    (_at(4, "<H", 500), "power of two"),
    (_at(4, "<H", 32), "power of two"),
    (_at(4, "<H", 2048), "power of two"),
    (_at(6, "<H", 0), "rate or hop"),
    (_at(6, "<H", 513), "rate or hop"),
    (_at(8, "<I", 0), "rate or hop"),
    (_at(12, "<H", 0), "number of bands"),
    (_at(12, "<H", 65), "number of bands"),
    (_at(12, "<H", 39), "length"),
    (_at(14, "<H", 0), "features"),
    (_at(14, "<H", 256), "features"),
    (_at(16, "<f", 0.0), "scale"),
    (_at(16, "<f", 2.0), "scale"),
    (_at(16, "<f", float("nan")), "scale"),
    (_at(20, "<f", 0.0), "scale"),
    (_at(20, "<f", float("nan")), "scale"),
    (_at(24, "<f", 1.5), "scale"),
    (_at(28, "<H", 127), "edges"),
    (_at(28, "<4H", 200, 201, 202, 300), "edges"),
    (_at(30, "<H", 60000), "edges"),
    (lambda p: p[:-2] + struct.pack("<H", 256 * 64 + 1), "edges"),
    (lambda p: p + b"\0", "length"),
])  # fmt: skip
def test_every_wrong_parameter_is_named(change, what: str) -> None:
    with pytest.raises(InputError, match=what):
        dsp.Mel(change(dsp.mel_params()))


def test_every_truncation_of_the_parameters_is_refused() -> None:
    params = dsp.mel_params()
    for length in range(len(params)):
        with pytest.raises(InputError):
            dsp.Mel(params[:length])


@pytest.mark.parametrize("options", [
    {"window": 500}, {"bands": 0}, {"bands": 64, "window": 64}, {"hop": 0}, {"hop": 70_000}, {"step": 0},
    {"band_hz": (10.0, 7600.0)}, {"band_hz": (80.0, 9000.0)}, {"floor": 0.0}, {"rise": 0.0}, {"rate_hz": 0.001},
])  # fmt: skip
def test_parameters_that_the_device_would_refuse_are_not_made(options: dict) -> None:
    with pytest.raises(InputError):
        dsp.mel_params(**options)


@pytest.mark.parametrize("x", [np.zeros(160, np.float32), np.zeros((2, 160), np.int16), [0] * 160])
def test_wrong_samples_are_refused(x: np.ndarray) -> None:
    with pytest.raises(InputError):
        dsp.Mel(dsp.mel_params()).feed(x)
