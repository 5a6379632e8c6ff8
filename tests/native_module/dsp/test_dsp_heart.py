"""Heartbeats in light: found where they are, and their intervals summed up as the definitions say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from picket_host.errors import InputError
from picket_host.native import dsp

_RATE_HZ = 100


def _light(at_s: np.ndarray, seconds: float) -> np.ndarray:
    """A bell of darkness 80 ms wide after each beat."""
    time_s = np.arange(round(seconds * _RATE_HZ)) / _RATE_HZ
    absorbed = np.exp(-(((time_s[:, None] - at_s - 0.2) / 0.08) ** 2)).sum(axis=1)
    return np.round(-8000 - 600 * absorbed).astype(np.int16)


def _beats(seconds: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 0.5 + np.cumsum(rng.normal(0.8, 0.04, round(seconds / 0.8)))


def _measures(features: np.ndarray) -> tuple[float, float, float]:
    """Mean RR, SDNN and RMSSD in ms."""
    return 1000 * features[0], 10 ** features[1] - 1, 10 ** features[2] - 1


def test_intervals_are_those_between_the_beats_to_a_millisecond_or_two() -> None:
    at_s = _beats(60, 1)
    heart = dsp.Heart(dsp.heart_params())
    heart.feed(_light(at_s, 60))
    found = heart.intervals()
    true = 1000 * np.diff(at_s)[-len(found) - 2 :]
    shift = min(range(3), key=lambda k: np.abs(true[k : k + len(found)] - found).max())
    assert len(found) > 70
    assert found == pytest.approx(true[shift : shift + len(found)], abs=2.5)


def test_features_follow_their_definitions() -> None:
    rr = np.random.default_rng(2).normal(800, 40, 60)
    heart = dsp.Heart(dsp.heart_params())
    for ms in rr:
        heart.interval(ms)
    features, beats = heart.compute()
    kept = rr[len(rr) - beats :]
    steps = np.diff(kept)
    assert beats == len(rr)
    assert _measures(features) == pytest.approx((kept.mean(), kept.std(ddof=1), np.sqrt((steps**2).mean())), rel=1e-4)
    assert features[3] == pytest.approx((np.abs(steps) > 50).mean())
    assert features[4] == 1


def test_only_the_newest_span_counts() -> None:
    heart = dsp.Heart(dsp.heart_params(span_s=10))
    for ms in [600] * 40 + [700] * 15:
        heart.interval(ms)
    features, beats = heart.compute()
    assert beats == 14
    assert features[0] == pytest.approx(0.7)


def test_a_missed_and_an_extra_beat_are_not_taken_for_variation() -> None:
    heart = dsp.Heart(dsp.heart_params())
    for ms in [800] * 15 + [1600] + [800] * 10 + [400, 400] + [800] * 10:
        heart.interval(ms)
    features, beats = heart.compute()
    assert _measures(features)[1:] == pytest.approx((0, 0), abs=0.01)
    assert beats == 35
    assert features[4] == pytest.approx(35 / 38)


def test_a_heart_that_has_changed_its_rate_is_believed_soon() -> None:
    heart = dsp.Heart(dsp.heart_params())
    for ms in [1000] * 20 + [600] * 30:
        heart.interval(ms)
    intervals = heart.intervals()
    assert (intervals[20:23] < 0).all()
    assert (intervals[26:] > 0).all()


def test_chunks_give_what_the_whole_gives() -> None:
    x = _light(_beats(40, 3), 40)
    whole, pieces = dsp.Heart(dsp.heart_params()), dsp.Heart(dsp.heart_params())
    whole.feed(x)
    for cut in np.split(x, [1, 7, 500, 501, 3999]):
        pieces.feed(cut)
    assert whole.compute()[0].tobytes() == pieces.compute()[0].tobytes()
    pieces.reset()
    assert pieces.compute()[1] == 0
    pieces.feed(x)
    assert whole.compute()[0].tobytes() == pieces.compute()[0].tobytes()


@pytest.mark.parametrize("light", [np.zeros(3000, np.int16), np.full(3000, 32767, np.int16)])
def test_no_pulse_gives_no_features(light: np.ndarray) -> None:
    heart = dsp.Heart(dsp.heart_params())
    heart.feed(light)
    features, beats = heart.compute()
    assert beats == 0
    assert not features.any()


@settings(max_examples=50)
@given(st.lists(st.sampled_from([-32768, -1, 0, 1, 32767]), min_size=1, max_size=50))
def test_whatever_comes_features_are_finite(cycle: list[int]) -> None:
    heart = dsp.Heart(dsp.heart_params())
    heart.feed(np.resize(np.array(cycle, np.int16), 3000))
    features, _ = heart.compute()
    assert np.isfinite(features).all()


@settings(max_examples=50)
@given(st.lists(st.sampled_from([-5.0, 0.0, 1.0, 330.0, 500.0, 800.0, 990.0, 1500.0, 1e30]), max_size=300))
def test_whatever_intervals_come_features_are_finite(intervals: list[float]) -> None:
    heart = dsp.Heart(dsp.heart_params())
    for ms in intervals:
        heart.interval(ms)
    features, beats = heart.compute()
    assert np.isfinite(features).all()
    assert beats <= len(intervals)


@pytest.mark.parametrize(
    "change",
    [
        {"hop": 0},
        {"hop": 5000},
        {"span_s": 9},
        {"span_s": 121},
        {"rate_hz": 19.0},
        {"band_hz": (0.5, 60.0)},
        {"hop": -1},
    ],
)
def test_what_the_device_would_refuse_is_refused(change: dict) -> None:
    with pytest.raises(InputError):
        dsp.heart_params(**change)


@pytest.mark.parametrize("length", [0, 3, 12, 51])
def test_truncated_parameters_are_refused(length: int) -> None:
    with pytest.raises(InputError):
        dsp.Heart(dsp.heart_params()[:length])


def test_a_filter_that_can_not_be_is_refused() -> None:
    params = bytearray(dsp.heart_params())
    params[12:16] = np.float32(np.nan).tobytes()
    with pytest.raises(InputError, match="finite"):
        dsp.Heart(bytes(params))


def test_a_pulse_that_is_lost_is_forgotten() -> None:
    heart = dsp.Heart(dsp.heart_params())
    heart.feed(_light(_beats(60.0, 3), 60.0))
    assert heart.compute()[1] > 40
    still = np.full(55 * 100, -8000, np.int16)
    still[1::2] += 3  # the sensor's noise
    heart.feed(still)
    assert heart.compute()[1] < 10
