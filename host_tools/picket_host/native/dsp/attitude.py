"""Attitude filters: accelerometer and gyroscope fused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from picket_host.errors import InputError
from picket_host.native.dsp.library import check, kind, native, pointer


class _Attitude:
    """An attitude filter: raw counts in, hundredths of a degree out; frame and signs as in ``fusion.h``."""

    _name: str
    _outputs: int

    def __init__(self, rate_hz: float, accel_lsb_per_g: float, gyro_lsb_per_dps: float, tuning: Sequence[float]):
        self._state = native().ffi.new(f"picket_{self._name}_t *")
        scale = native().ffi.new("picket_imu_scale_t *", (rate_hz, accel_lsb_per_g, gyro_lsb_per_dps))
        status = getattr(native().lib, f"picket_{self._name}_init")(self._state, scale, *tuning)
        check(status, f"{self._name} filter")
        self._update = getattr(native().lib, f"picket_{self._name}_update")

    def update(self, accel: NDArray[np.int16], gyro: NDArray[np.int16]) -> NDArray[np.int16]:
        """One reading or a series of them.

        Args:
            accel: int16, counts, shape (3,) or (n, 3).
            gyro: likewise.

        Returns:
            int16, hundredths of a degree, shape (2,) or (n, 2): roll and pitch; Madgwick adds yaw.

        Raises:
            InputError: wrong type or shape.
        """
        for name, value in (("accelerations", accel), ("rates", gyro)):
            if not isinstance(value, np.ndarray) or value.dtype != np.int16:
                raise InputError(f"{name} are {kind(value)}, int16 is expected")
        if accel.shape != gyro.shape or accel.ndim not in (1, 2) or accel.shape[-1] != 3:
            raise InputError(f"accelerations {accel.shape} and rates {gyro.shape} must both have the shape (..., 3)")
        out = np.empty((accel.size // 3, self._outputs), np.int16)
        readings = (np.ascontiguousarray(counts.reshape(-1, 3)) for counts in (accel, gyro))
        for a, g, o in zip(*readings, out, strict=True):
            self._update(self._state, pointer(a), pointer(g), pointer(o))
        return out.reshape((*accel.shape[:-1], self._outputs))


class Complementary(_Attitude):
    """Complementary filter on the direction of gravity."""

    _name, _outputs = "complementary", 2

    def __init__(self, rate_hz: float, accel_lsb_per_g: float, gyro_lsb_per_dps: float, tau_s: float):
        """Raises InputError for a number out of range."""
        super().__init__(rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, [tau_s])


class Kalman(_Attitude):
    """Kalman filter per axis with the state (angle, bias of the gyroscope)."""

    _name, _outputs = "kalman", 2

    def __init__(
        self,
        rate_hz: float,
        accel_lsb_per_g: float,
        gyro_lsb_per_dps: float,
        angle_noise: float = 0.001,
        bias_noise: float = 0.003,
        measure_noise: float = 0.03,
    ):
        """Variances as in ``fusion.h``. Raises InputError for a number out of range."""
        super().__init__(rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, [angle_noise, bias_noise, measure_noise])


class Madgwick(_Attitude):
    """Madgwick's gradient-descent filter for an IMU."""

    _name, _outputs = "madgwick", 3

    def __init__(self, rate_hz: float, accel_lsb_per_g: float, gyro_lsb_per_dps: float, beta: float = 0.05):
        """Raises InputError for a number out of range."""
        super().__init__(rate_hz, accel_lsb_per_g, gyro_lsb_per_dps, [beta])
