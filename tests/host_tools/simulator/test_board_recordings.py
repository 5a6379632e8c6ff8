"""Recordings come to the chip's rate and type without wrapping, or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from picket_host.errors import InputError
from picket_host.simulator.recordings import (
    motion_frames,
    motion_of_attitude,
    read_i16,
    vibration_frames,
    write_i16,
)

_INT16 = st.integers(-32768, 32767)


def _tone(rate_hz: float, seconds: float, tone_hz: float, amplitude: float) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * tone_hz * np.arange(int(rate_hz * seconds)) / rate_hz)


@given(hnp.arrays(np.int16, st.tuples(st.integers(1, 50), st.just(3)), elements=_INT16))
def test_frames_at_the_chips_rate_pass_unchanged(frames):
    assert np.array_equal(vibration_frames(frames, 26667), frames)


@given(hnp.arrays(np.int16, st.tuples(st.integers(1, 50), st.integers(1, 7)), elements=_INT16))
def test_a_file_gives_back_what_was_written(tmp_path_factory, frames):
    path = tmp_path_factory.mktemp("recording") / "a.i16"
    write_i16(path, frames)
    assert np.array_equal(read_i16(path, frames.shape[1]), frames)
    assert path.read_bytes() == frames.astype("<i2").tobytes()


def test_a_tone_keeps_its_frequency_and_amplitude_at_the_new_rate():
    frames = vibration_frames(_tone(12_000, 1.0, 1000, 8000).astype(np.int16), 12_000)
    assert frames.shape == (pytest.approx(26_667, abs=1), 3) and frames.dtype == np.int16
    assert not frames[:, 1:].any()
    middle = frames[5000:20000, 0].astype(float)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) * 26_667 / len(middle) == pytest.approx(1000, abs=2)
    assert middle.std() * np.sqrt(2) == pytest.approx(8000, rel=0.01)


@pytest.mark.parametrize(("axis", "column"), [("x", 0), ("y", 1), ("z", 2)])
def test_one_axis_goes_where_it_belongs(axis, column):
    frames = vibration_frames(np.array([7, 8], dtype=np.int16), 26_667, axis)
    assert frames[:, column].tolist() == [7, 8]
    assert not np.delete(frames, column, axis=1).any()


@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 60), st.just(3)), elements=st.floats(-1e6, 1e6)),
    st.sampled_from([8000.0, 12_000.0, 26_667.0, 48_000.0]),
)
def test_saturation_never_wraps(samples, rate_hz):
    """Judged by the same filter in floating point: every output is its value clipped, so no sign ever flips."""
    frames = vibration_frames(samples, rate_hz)
    double = vibration_frames(samples / 64, rate_hz).astype(int) * 64
    sure = np.abs(double) > 64
    assert (np.sign(frames[sure]) == np.sign(double[sure])).all()
    assert (np.abs(frames.astype(int) - np.clip(double, -32768, 32767)) <= 40).all()


@pytest.mark.parametrize("samples", [
    np.array([1, 2], dtype=np.int32),
    np.array([1, 2], dtype=np.uint8),
    np.array(["1"]),
    np.array([], dtype=np.int16),
    np.array([1.0, np.nan]),
    np.array([np.inf, 1.0]),
    np.zeros((4, 2), dtype=np.int16),
    np.zeros((2, 2, 3), dtype=np.int16),
    np.int16(3),
])
def test_another_type_or_shape_is_an_input_error(samples):
    with pytest.raises(InputError):
        vibration_frames(samples, 26_667)


def test_the_error_says_where_the_first_nan_is():
    samples = np.zeros((9, 3))
    samples[4, 1] = np.nan
    with pytest.raises(InputError, match="sample 4"):
        vibration_frames(samples, 26_667)


@pytest.mark.parametrize("rate_hz", [0, -1, float("nan"), float("inf"), 1.0, 1e9])
def test_a_rate_that_makes_no_sense_is_an_input_error(rate_hz):
    with pytest.raises(InputError, match="rate"):
        vibration_frames(np.zeros(8, dtype=np.int16), rate_hz)


def test_an_axis_that_is_none_is_an_input_error():
    with pytest.raises(InputError, match="axis"):
        vibration_frames(np.zeros(8, dtype=np.int16), 26_667, "w")


def test_motion_frames_have_seven_channels():
    frames = np.arange(70, dtype=np.int16).reshape(10, 7)
    assert np.array_equal(motion_frames(frames, 100), frames)
    assert motion_frames(np.tile(frames[:1], (100, 1)), 50).shape == (200, 7)
    with pytest.raises(InputError, match="shape"):
        motion_frames(frames[:, :6], 100)


def test_the_motion_of_an_attitude_is_gravity_and_its_rates():
    """Integrating the gyroscope and taking the accelerometer's angles both give the attitude back."""
    t = np.arange(0, 20, 0.01)
    roll, pitch = 20 * np.sin(0.5 * t), 10 * np.sin(0.3 * t + 1)
    frames = motion_of_attitude(roll, pitch).astype(float)
    ax, ay, az = frames[:, :3].T / 16384
    assert np.degrees(np.arctan2(ay, az)) == pytest.approx(roll, abs=0.02)
    assert np.degrees(np.arctan2(-ax, np.hypot(ay, az))) == pytest.approx(pitch, abs=0.02)
    p, q, r = np.radians(frames[:, 4:].T / 131)
    # Euler-angle rates from body rates, the other way round than the code under test goes.
    rolls, pitches = np.radians(roll), np.radians(pitch)
    roll_rate = p + np.tan(pitches) * (q * np.sin(rolls) + r * np.cos(rolls))
    pitch_rate = q * np.cos(rolls) - r * np.sin(rolls)
    assert np.degrees(rolls[0] + np.cumsum(roll_rate) * 0.01)[-1] == pytest.approx(roll[-1], abs=0.5)
    assert np.degrees(pitches[0] + np.cumsum(pitch_rate) * 0.01)[-1] == pytest.approx(pitch[-1], abs=0.5)
    assert frames[0, 3] / 340 + 36.53 == pytest.approx(25, abs=0.01)


def test_bias_and_noise_come_from_their_seed():
    flat = np.zeros(500)
    one, two = (motion_of_attitude(flat, flat, gyro_bias_dps=2.0, noise=30, seed=5) for _ in range(2))
    assert np.array_equal(one, two)
    assert one[:, 4:].mean() == pytest.approx(262, abs=5)
    assert one[:, 4:].std() == pytest.approx(30, rel=0.1)


def test_attitudes_that_do_not_go_together_are_an_input_error():
    with pytest.raises(InputError, match="shapes"):
        motion_of_attitude(np.zeros(5), np.zeros(6))


@pytest.mark.parametrize(
    ("content", "words"), [(None, "cannot be read"), (b"", "whole frames"), (b"1234567", "whole frames")]
)
def test_a_file_that_is_no_recording_is_an_input_error(tmp_path, content, words):
    path = tmp_path / "a.i16"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_i16(path, 3)


@pytest.mark.parametrize("frames", [np.zeros((3, 3)), np.zeros(3, dtype=np.int16), np.zeros((0, 3), dtype=np.int16)])
def test_only_int16_frames_are_written(tmp_path, frames):
    with pytest.raises(InputError):
        write_i16(tmp_path / "a.i16", frames)
    assert not (tmp_path / "a.i16").exists()
