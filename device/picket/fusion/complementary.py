"""Complementary filter: the gyroscope for what is quick, gravity for what is slow. The cheapest, and steady."""

from array import array

import picket_native


class Complementary:
    """tau_s: how long the gyroscope is trusted over gravity."""

    def __init__(self, rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, tau_s=0.5):
        self.out_cdeg = array("h", (0, 0))
        self._native = picket_native.Complementary(rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, tau_s)

    def update(self, frame):
        self._native.update(frame, self.out_cdeg)
