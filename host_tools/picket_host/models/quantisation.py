"""Between real values and integers, as the device does it."""

from __future__ import annotations

import numpy as np


def quantize(values: np.ndarray, scale: float, zero_point: int, dtype: type | np.dtype = np.int8) -> np.ndarray:
    """``round(value / scale) + zero_point`` in float32, half away from zero, saturating: the dtype, same shape."""
    ratio = values.astype(np.float32) / np.float32(scale)
    rounded = np.trunc(ratio + np.copysign(np.float32(0.5), ratio))
    limits = np.iinfo(dtype)
    return np.clip(rounded + zero_point, limits.min, limits.max).astype(dtype)
