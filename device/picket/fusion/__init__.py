"""Attitude from accelerometer and gyroscope; frame, signs and tuning: native_module/dsp/fusion.h.

Every filter has `update(frame)`, which takes an int16 buffer ax ay az gx gy gz, or ax ay az temperature gx gy gz, in
counts, allocates nothing, and leaves the angles in `out_cdeg`, an array of hundredths of a degree: roll, pitch.
"""

from array import array

import picket_native


class _Filter:
    def __init__(self, native, angles):
        self.out_cdeg = array("h", bytes(2 * angles))
        self._native = native

    def update(self, frame):
        self._native.update(frame, self.out_cdeg)


def complementary(rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, tau_s=0.5):
    """The gyroscope for what is quick, gravity for what is slow; cheap and steady. tau_s: how long the former leads."""
    return _Filter(picket_native.Complementary(rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, tau_s), 2)


def kalman(rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, angle_noise=0.001, bias_noise=0.003, measure_noise=0.03):
    """A Kalman filter per axis, which learns the gyroscope's bias, too. Its variances suit an MPU-6050."""
    native = picket_native.Kalman(rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, angle_noise, bias_noise, measure_noise)
    return _Filter(native, 2)


def madgwick(rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, beta=0.05):
    """The whole orientation as a quaternion; the third angle is yaw, relative to the start.

    beta: expected error of the gyroscope in radians per second.
    """
    return _Filter(picket_native.Madgwick(rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, beta), 3)
