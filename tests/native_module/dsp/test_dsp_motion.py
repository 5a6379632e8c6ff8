"""Motion features against their definition in float64, and what they must show."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from picket_host.errors import InputError
from picket_host.native import dsp

_G, _DPS = 2048.0, 16.4
_SMALL = {"bins": 6, "bin_frames": 3, "hop_bins": 2, "reference_bins": 2}


def _reference(frames: np.ndarray, bins: int, bin_frames: int, hop_bins: int, reference_bins: int) -> np.ndarray:
    """The header's definitions, literally, from whole recordings."""
    parts = frames[: len(frames) // bin_frames * bin_frames].reshape(-1, bin_frames, 7).astype(np.float64)
    accel, gyro = np.linalg.norm(parts[..., :3], axis=2) / _G, np.linalg.norm(parts[..., 4:], axis=2) / _DPS
    means = parts[..., :3].mean(axis=1)
    values = np.log10(np.stack([accel.max(1), accel.min(1), gyro.max(1) / 100], axis=1) + 0.05)
    windows = []
    for end in range(hop_bins, len(parts) + 1, hop_bins):
        chosen = np.maximum(np.arange(end - bins, end), 0)
        # Before the stream the sensor rested as in the first bin.
        mean, value = means[chosen], values[chosen]
        reference = mean[:reference_bins].sum(axis=0)
        cosine = mean @ reference / (np.linalg.norm(mean, axis=1) * np.linalg.norm(reference))
        windows.append(np.concatenate([value, cosine[:, None]], axis=1).ravel())
    return np.array(windows)


def _recording(seed: int, count: int = 400) -> np.ndarray:
    rng = np.random.default_rng(seed)
    frames = rng.normal(0, 300, (count, 7))
    frames[:, 2] += _G * np.cos(np.linspace(0, 2, count))
    frames[:, 0] += _G * np.sin(np.linspace(0, 2, count))
    return frames.astype(np.int16)


@pytest.mark.parametrize("options", [_SMALL, {"bins": 64, "bin_frames": 4, "hop_bins": 8, "reference_bins": 12}])
def test_agrees_with_the_definition(options: dict) -> None:
    frames = _recording(1)
    actual = dsp.Motion(dsp.motion_params(counts_per_g=_G, counts_per_dps=_DPS, **options)).windows(frames)
    np.testing.assert_allclose(actual, _reference(frames, **options), atol=2e-6)


def test_rest_free_fall_impact_and_lying_show() -> None:
    still = np.tile(np.array([0, 0, 2048, -1000, 0, 0, 0], np.int16), (3, 1))
    falling = still // 100
    impact = still * 6
    lying = np.roll(still[:, :3], 1, axis=1)
    lying = np.concatenate([lying, still[:, 3:]], axis=1)
    motion = dsp.Motion(dsp.motion_params(**_SMALL))
    pieces = [still, still, still, falling, impact, lying]
    window = motion.windows(np.concatenate(pieces))[-1].reshape(6, 4)
    assert window[:3, 0] == pytest.approx(np.log10(1.05), abs=1e-6)
    assert window[3, 1] < -1.1
    assert window[4, 0] == pytest.approx(np.log10(6.05), abs=1e-6)
    assert window[5, 3] == pytest.approx(0, abs=1e-6)
    assert window[:3, 3] == pytest.approx(1)


def test_the_way_the_sensor_sits_does_not_matter() -> None:
    frames = _recording(2)
    turned = frames.copy()
    turned[:, :3], turned[:, 4:] = frames[:, [2, 0, 1]], -frames[:, [5, 6, 4]]
    motion = dsp.Motion(dsp.motion_params())
    np.testing.assert_allclose(motion.windows(turned), motion.windows(frames), atol=1e-6)


def test_a_reset_begins_anew() -> None:
    motion = dsp.Motion(dsp.motion_params())
    first = motion.windows(_recording(3))
    motion.windows(_recording(4))
    assert np.array_equal(motion.windows(_recording(3)), first)


@settings(max_examples=50)
@given(hnp.arrays(np.int16, (12, 7), elements=st.sampled_from([-32768, -1, 0, 1, 32767])))
def test_every_value_is_finite_and_cosines_are_cosines(frames: np.ndarray) -> None:
    windows = dsp.Motion(dsp.motion_params(**_SMALL)).windows(frames).reshape(-1, 4)
    assert np.isfinite(windows).all()
    assert (np.abs(windows[:, 3]) <= 1).all()


@pytest.mark.parametrize(
    "change",
    [
        {"bins": 1}, {"bins": 257}, {"bin_frames": 0}, {"bin_frames": 65}, {"hop_bins": 0}, {"hop_bins": 65},
        {"reference_bins": 0}, {"reference_bins": 65}, {"rate_hz": 0.0}, {"rate_hz": 1e9}, {"counts_per_g": 0.0},
        {"counts_per_dps": float("nan")}, {"bins": 70_000},
    ],
)  # fmt: skip
def test_what_the_device_would_refuse_is_refused(change: dict) -> None:
    with pytest.raises(InputError):
        dsp.motion_params(**change)


@pytest.mark.parametrize("length", range(24))
def test_truncated_parameters_are_refused(length: int) -> None:
    with pytest.raises(InputError):
        dsp.Motion(dsp.motion_params()[:length])


def test_frames_of_another_shape_are_refused() -> None:
    motion = dsp.Motion(dsp.motion_params())
    with pytest.raises(InputError, match="shape"):
        motion.feed(np.zeros((31, 7), np.int16))
    with pytest.raises(InputError, match="int16"):
        motion.feed(np.zeros((32, 7)))
