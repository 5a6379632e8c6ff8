"""Kalman filter per axis: learns the gyroscope's bias, too."""

from array import array

import picket_native


class Kalman:
    """Variances as in fusion.h; the defaults suit an MPU-6050."""

    def __init__(
        self, rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, angle_noise=0.001, bias_noise=0.003, measure_noise=0.03
    ):
        self.out_cdeg = array("h", (0, 0))
        self._native = picket_native.Kalman(
            rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, angle_noise, bias_noise, measure_noise
        )

    def update(self, frame):
        self._native.update(frame, self.out_cdeg)
