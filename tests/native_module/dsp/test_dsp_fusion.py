"""Attitude filters against true motions that scipy computes; errors in degrees."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from picket_host.errors import InputError
from picket_host.native import dsp

_RATE_HZ = 100.0
_G = 16384.0  # counts
_DPS = 131.0
_FILTERS: dict[str, Callable] = {
    "complementary": lambda: dsp.Complementary(_RATE_HZ, _G, _DPS, 0.5),
    "kalman": lambda: dsp.Kalman(_RATE_HZ, _G, _DPS),
    "madgwick": lambda: dsp.Madgwick(_RATE_HZ, _G, _DPS),
}
_every_filter = pytest.mark.parametrize("name", _FILTERS)


def _readings(attitudes: Rotation, bias_dps: float = 0.0, noise: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Counts of an ideal sensor whose attitude (sensor to earth) is given at every update, plus faults."""
    rng = np.random.default_rng(5)
    up = attitudes.inv().apply([0, 0, 1]) * _G
    turns = (attitudes[:-1].inv() * attitudes[1:]).as_rotvec(degrees=True) * _RATE_HZ
    rates = np.vstack([turns[:1], turns]) + bias_dps
    accel = up + rng.normal(size=up.shape) * noise * _G
    return _counts(accel), _counts(rates * _DPS)


def _counts(values: np.ndarray) -> np.ndarray:
    return np.round(values).clip(-32768, 32767).astype(np.int16)


def _angles(attitudes: Rotation) -> np.ndarray:
    """roll, pitch in degrees."""
    return attitudes.as_euler("ZYX", degrees=True)[:, [2, 1]]


def _apart(got_cdeg: np.ndarray, want_deg: np.ndarray) -> np.ndarray:
    difference = got_cdeg[:, :2] / 100 - want_deg
    return np.abs((difference + 180) % 360 - 180)


def _swaying(seconds: float = 20) -> Rotation:
    t = np.arange(int(seconds * _RATE_HZ)) / _RATE_HZ
    yaw, pitch, roll = 40 * np.sin(0.5 * t), 30 * np.sin(0.9 * t + 1), 50 * np.sin(0.7 * t)
    return Rotation.from_euler("ZYX", np.column_stack([yaw, pitch, roll]), degrees=True)


@_every_filter
@pytest.mark.parametrize("roll", [-179.0, -90.0, -30.0, 0.0, 45.0, 120.0])
@pytest.mark.parametrize("pitch", [-80.0, -20.0, 0.0, 60.0])
def test_rests_at_the_attitude_from_the_first_reading_on(name: str, roll: float, pitch: float) -> None:
    still = Rotation.from_euler("ZYX", np.tile([0.0, pitch, roll], (300, 1)), degrees=True)
    got = _FILTERS[name]().update(*_readings(still))
    # Madgwick's filter always takes a whole step, beta / rate = 0.03 degrees; near the vertical roll enlarges it.
    assert _apart(got, np.array([[roll, pitch]])).max() < (0.4 if name == "madgwick" else 0.06)


@_every_filter
def test_follows_a_motion_about_all_axes(name: str) -> None:
    motion = _swaying()
    got = _FILTERS[name]().update(*_readings(motion))
    assert _apart(got, _angles(motion)).max() < 1.0


@_every_filter
def test_noise_of_the_accelerometer_is_smoothed(name: str) -> None:
    motion = _swaying()
    accel, gyro = _readings(motion, noise=0.05)
    alone = np.degrees(np.arctan2(accel[:, 1].astype(float), accel[:, 2]))
    got = _FILTERS[name]().update(accel, gyro)
    error = np.sqrt(np.mean(_apart(got, _angles(motion))[:, 0] ** 2))
    assert error < 0.5 * np.sqrt(np.mean((alone - _angles(motion)[:, 0]) ** 2))


def test_kalman_learns_the_bias_of_the_gyroscope() -> None:
    still = Rotation.from_euler("ZYX", np.tile([0.0, 0.0, 0.0], (6000, 1)), degrees=True)
    got = dsp.Kalman(_RATE_HZ, _G, _DPS).update(*_readings(still, bias_dps=3.0))
    assert np.abs(got[:100] / 100).max() > 0.05
    assert np.abs(got[-100:] / 100).max() < 0.02


@_every_filter
def test_blow_that_is_no_gravity_is_left_out(name: str) -> None:
    still = Rotation.from_euler("ZYX", np.tile([0.0, 10.0, 20.0], (200, 1)), degrees=True)
    accel, gyro = _readings(still)
    accel[100:150] = [32767, -32768, 100]  # a direction that is far off, at 2.8 g
    accel[160:180] = 0
    got = _FILTERS[name]().update(accel, gyro)
    assert _apart(got, np.array([[20.0, 10.0]])).max() < 0.2


@_every_filter
def test_without_any_gravity_it_reports_level(name: str) -> None:
    got = _FILTERS[name]().update(np.zeros((5, 3), np.int16), np.full((5, 3), 999, np.int16))
    np.testing.assert_array_equal(got, 0)


def test_madgwick_integrates_yaw() -> None:
    turn = Rotation.from_euler("ZYX", np.column_stack([np.linspace(0, 120, 600), np.zeros((600, 2))]), degrees=True)
    got = dsp.Madgwick(_RATE_HZ, _G, _DPS).update(*_readings(turn))
    assert got[-1, 2] / 100 == pytest.approx(120, abs=1)


@pytest.mark.parametrize("name", ["complementary", "madgwick"])
def test_passes_through_the_vertical(name: str) -> None:
    loop = Rotation.from_euler("Y", np.linspace(0, 360, 720)[:, None], degrees=True)
    got = _FILTERS[name]().update(*_readings(loop))
    roll, pitch = np.radians(got[:, 0] / 100), np.radians(got[:, 1] / 100)
    up = np.column_stack([-np.sin(pitch), np.cos(pitch) * np.cos(roll)])
    want = loop.inv().apply([0, 0, 1])[:, [0, 2]]
    assert np.abs(up - want).max() < 0.03


@_every_filter
def test_roll_wraps_at_half_a_turn_without_a_swing_through_zero(name: str) -> None:
    roll = Rotation.from_euler("X", np.linspace(150, 210, 300)[:, None], degrees=True)
    got = _FILTERS[name]().update(*_readings(roll))
    assert _apart(got, _angles(roll)).max() < 1.0
    assert np.abs(got[:, 0]).min() > 14_000


@_every_filter
@given(data=st.data())
@settings(max_examples=20)
def test_any_counts_give_angles_in_range(name: str, data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 2**32 - 1))
    counts = np.random.default_rng(seed).integers(-32768, 32768, (200, 6), dtype=np.int16)
    counts[::7, :3] = [0, 0, 16384]  # so that the filters do start
    got = _FILTERS[name]().update(counts[:, :3], counts[:, 3:])
    assert np.abs(got[:, [0]]).max() <= 18_000
    assert np.abs(got[:, 1]).max() <= 9_000


@_every_filter
def test_one_by_one_equals_all_at_once(name: str) -> None:
    accel, gyro = _readings(_swaying(1), noise=0.02)
    single = _FILTERS[name]()
    np.testing.assert_array_equal(
        [single.update(a, g) for a, g in zip(accel, gyro, strict=True)], _FILTERS[name]().update(accel, gyro)
    )


@pytest.mark.parametrize("make", [
    lambda: dsp.Complementary(0.0, _G, _DPS, 0.5),
    lambda: dsp.Complementary(_RATE_HZ, float("nan"), _DPS, 0.5),
    lambda: dsp.Complementary(_RATE_HZ, _G, -1.0, 0.5),
    lambda: dsp.Complementary(_RATE_HZ, _G, _DPS, 0.0),
    lambda: dsp.Kalman(_RATE_HZ, _G, _DPS, angle_noise=0.0),
    lambda: dsp.Kalman(_RATE_HZ, _G, _DPS, bias_noise=float("inf")),
    lambda: dsp.Kalman(_RATE_HZ, _G, _DPS, measure_noise=-1.0),
    lambda: dsp.Madgwick(_RATE_HZ, _G, _DPS, beta=51.0),
])  # fmt: skip
def test_numbers_out_of_range_are_refused(make: Callable) -> None:
    with pytest.raises(InputError, match="filter"):
        make()


@_every_filter
def test_wrong_readings_are_refused(name: str) -> None:
    good = np.zeros((4, 3), np.int16)
    narrow = good[:, :2]
    for accel, gyro in ((good.astype(float), good), (good, good[:3]), (narrow, narrow), (good, good.tolist())):
        with pytest.raises(InputError):
            _FILTERS[name]().update(accel, gyro)
