"""Recordings for the simulated chips: NumPy arrays to ``.i16`` files, brought to the chip's rate, and back.

An ``.i16`` file is little-endian int16 frames without a header: x y z in counts at ±8 g for the IIS3DWB (4,096 to the
g), ax ay az temperature gx gy gz for the MPU-6050 at ±2 g (16,384 to the g) and ±250 °/s (131 to the degree a second).
"""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from picket_host.errors import InputError

VIBRATION_RATE_HZ = 26_667
VIBRATION_COUNTS_PER_G = 4096
MOTION_RATE_HZ = 100
MOTION_COUNTS_PER_G = 16_384
MOTION_COUNTS_PER_DPS = 131

_AXES = "xyz"
_MOTION_CHANNELS = 7
# Ratio of rates as a fraction: 12 kHz becomes 26,667 Hz by 20/9, 12.5 ppm off; the chip's own clock is off by percents.
_LARGEST_DENOMINATOR = 1000
_HIGHEST_RATIO = 1000


def vibration_frames(
    samples: ArrayLike, rate_hz: float, axis: str = "x", chip_rate_hz: float = VIBRATION_RATE_HZ
) -> NDArray[np.int16]:
    """A vibration recording as the frames that the chip would give.

    Args:
        samples: counts at ±8 g, int16 or float; ``(n,)`` for one axis, the other two stay at zero, or ``(n, 3)``.
        rate_hz: the recording's rate.
        axis: which axis a one-axis recording belongs to.
        chip_rate_hz: the rate to bring it to, by polyphase filtering; saturating to int16.

    Returns:
        int16, ``(m, 3)``.

    Raises:
        InputError: another type or shape, no samples, NaN or infinity, a rate that makes no sense.
    """
    array = _checked(samples, "vibration recording")
    if array.ndim == 1:
        if axis not in _AXES:
            raise InputError(f"axis {axis!r} is none of x, y, z", where="vibration recording")
        array = np.stack([array if name == axis else np.zeros_like(array) for name in _AXES], axis=1)
    if array.ndim != 2 or array.shape[1] != len(_AXES):
        raise InputError(f"shape {array.shape} is neither (n,) nor (n, 3)", where="vibration recording")
    return _resampled(array, rate_hz, chip_rate_hz)


def motion_frames(samples: ArrayLike, rate_hz: float, chip_rate_hz: float = MOTION_RATE_HZ) -> NDArray[np.int16]:
    """A motion recording as the frames that the chip would give; see `vibration_frames`.

    Args:
        samples: ax ay az temperature gx gy gz in counts at ±2 g and ±250 °/s, int16 or float, ``(n, 7)``.
    """
    array = _checked(samples, "motion recording")
    if array.ndim != 2 or array.shape[1] != _MOTION_CHANNELS:
        raise InputError(f"shape {array.shape} is not (n, {_MOTION_CHANNELS})", where="motion recording")
    return _resampled(array, rate_hz, chip_rate_hz)


def motion_of_attitude(
    roll_deg: ArrayLike,
    pitch_deg: ArrayLike,
    rate_hz: float = MOTION_RATE_HZ,
    *,
    gyro_bias_dps: float = 0.0,
    noise: float = 0.0,
    seed: int = 0,
) -> NDArray[np.int16]:
    """What an MPU-6050 senses on a machine that tilts slowly: gravity and the body's turning rates, without yaw.

    Axes as in ``native_module/dsp/fusion.h``: x forward, y left, z up. Rates are the kinematics of roll-pitch-yaw
    angles: p = roll', q = pitch'·cos(roll), r = -pitch'·sin(roll).

    Args:
        roll_deg, pitch_deg: ``(n,)``, degrees, n at least 2.
        rate_hz: their rate, and the frames'.
        gyro_bias_dps: what each axis of the gyroscope reads at rest.
        noise: standard deviation of white noise on accelerometer and gyroscope, counts.
        seed: of the noise.

    Returns:
        int16, ``(n, 7)``; the temperature is 25 °C.

    Raises:
        InputError: NaN, or two arrays that do not go together.
    """
    roll = np.radians(_checked(np.asarray(roll_deg, dtype=np.float64), "roll"))
    pitch = np.radians(_checked(np.asarray(pitch_deg, dtype=np.float64), "pitch"))
    if roll.ndim != 1 or roll.shape != pitch.shape or len(roll) < 2:
        raise InputError(f"shapes {roll.shape} and {pitch.shape} are not two equal (n,)", where="attitude")
    roll_rate = np.degrees(np.gradient(roll) * rate_hz)
    pitch_rate = np.degrees(np.gradient(pitch) * rate_hz)
    accel_g = np.stack([-np.sin(pitch), np.cos(pitch) * np.sin(roll), np.cos(pitch) * np.cos(roll)], axis=1)
    gyro_dps = np.stack([roll_rate, pitch_rate * np.cos(roll), -pitch_rate * np.sin(roll)], axis=1) + gyro_bias_dps
    generator = np.random.default_rng(seed)
    accel = accel_g * MOTION_COUNTS_PER_G + generator.normal(0, noise, accel_g.shape)
    gyro = gyro_dps * MOTION_COUNTS_PER_DPS + generator.normal(0, noise, gyro_dps.shape)
    # Data sheet: degrees Celsius = counts / 340 + 36.53.
    temperature = np.full((len(roll), 1), (25 - 36.53) * 340)
    return _saturated(np.concatenate([accel, temperature, gyro], axis=1))


def write_i16(path: Path, frames: NDArray[np.int16]) -> None:
    """Write frames, ``(n, channels)`` int16 and at least one, for a timeline of ``board.json``.

    Raises:
        InputError: not int16, not two dimensions, or empty.
    """
    if frames.dtype != np.int16 or frames.ndim != 2 or frames.size == 0:
        raise InputError(f"{frames.dtype} of shape {frames.shape} is not int16 (n, channels)", where=path)
    path.write_bytes(frames.astype("<i2").tobytes())


def read_i16(path: Path, channels: int) -> NDArray[np.int16]:
    """The frames of an ``.i16`` file, ``(n, channels)``.

    Raises:
        InputError: it is not there, or holds no whole number of frames.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=path) from error
    if not data or len(data) % (2 * channels):
        raise InputError(f"{len(data)} bytes are no whole frames of {channels} channels", where=path)
    return np.frombuffer(data, dtype="<i2").astype(np.int16).reshape(-1, channels)


def _checked(samples: ArrayLike, what: str) -> NDArray[np.float64]:
    array = np.asarray(samples)
    if array.dtype != np.int16 and not np.issubdtype(array.dtype, np.floating):
        raise InputError(f"type {array.dtype}", where=what, hint="give int16 or float, in counts")
    if array.size == 0:
        raise InputError("no samples", where=what)
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        first = int(np.flatnonzero(~np.isfinite(array).reshape(len(array), -1).all(axis=1))[0])
        raise InputError(f"NaN or infinity, first at sample {first}", where=what)
    return array


def _resampled(array: NDArray[np.float64], rate_hz: float, chip_rate_hz: float) -> NDArray[np.int16]:
    sensible = math.isfinite(rate_hz) and rate_hz > 0 and math.isfinite(chip_rate_hz)
    if not sensible or not 1 / _HIGHEST_RATIO <= chip_rate_hz / rate_hz <= _HIGHEST_RATIO:
        raise InputError(f"rate {rate_hz} Hz cannot be brought to {chip_rate_hz} Hz", where="recording")
    ratio = Fraction(chip_rate_hz / rate_hz).limit_denominator(_LARGEST_DENOMINATOR)
    if ratio == 1:
        return _saturated(array)
    from scipy.signal import resample_poly

    return _saturated(resample_poly(array, ratio.numerator, ratio.denominator, axis=0))


def _saturated(array: NDArray[np.float64]) -> NDArray[np.int16]:
    return np.clip(np.rint(array), -32768, 32767).astype(np.int16)
