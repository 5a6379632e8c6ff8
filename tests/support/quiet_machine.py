"""A board at a machine that runs quietly: its sensors for vibration and attitude, and what they feel."""

import numpy as np

from picket_host.simulator import recordings

_RATE_HZ = 26_667
_RMS_COUNTS = 400

BOARD = {
    "spi": {"1": {"cs": 5, "chip": "iis3dwb", "timeline": [{"at_s": 0, "file": "quiet.i16"}]}},
    "i2c": {"0": {"104": {"chip": "mpu6050", "timeline": [{"at_s": 0, "file": "attitude.i16"}]}}},
}


def recorded():
    """int16 frames by the file that BOARD names: a second of noise, and an attitude that swings by 3 degrees."""
    noise = np.random.default_rng(3).normal(0, _RMS_COUNTS, _RATE_HZ)
    swing = 3 * np.sin(np.linspace(0, 2 * np.pi, 1000, endpoint=False))
    return {
        "quiet.i16": recordings.vibration_frames(noise, _RATE_HZ),
        "attitude.i16": recordings.motion_of_attitude(swing, swing, noise=40),
    }
