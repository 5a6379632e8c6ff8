"""Between real values and int8, as the device does it."""

from __future__ import annotations

import numpy as np


def quantize(values: np.ndarray, scale: float, zero_point: int) -> np.ndarray:
    """``round(value / scale) + zero_point`` in float32, half away from zero, saturating: int8 of the same shape."""
    ratio = values.astype(np.float32) / np.float32(scale)
    rounded = np.trunc(ratio + np.copysign(np.float32(0.5), ratio))
    return np.clip(rounded + zero_point, -128, 127).astype(np.int8)
