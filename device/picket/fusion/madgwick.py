"""Madgwick's filter: the whole orientation as a quaternion; `out_cdeg` has yaw, too, relative to the start."""

from array import array

import picket_native


class Madgwick:
    """beta: expected error of the gyroscope in radians per second."""

    def __init__(self, rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, beta=0.05):
        self.out_cdeg = array("h", (0, 0, 0))
        self._native = picket_native.Madgwick(rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, beta)

    def update(self, frame):
        self._native.update(frame, self.out_cdeg)
