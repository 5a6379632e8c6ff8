"""Statistics of windows, and the Fourier transform."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from picket_host.errors import InputError
from picket_host.native.dsp.library import native, pointer, vector


class WindowStats(NamedTuple):
    """Statistics of a window; definitions in ``native_module/dsp/window_stats.h``."""

    mean: float
    rms: float
    peak: float
    crest: float
    kurtosis: float
    skewness: float


def window_stats(x: NDArray[np.int16], scale: float = 1.0) -> WindowStats:
    """Statistics of one window.

    Args:
        x: int16, shape (samples,), at least 1 and at most 16384 samples.
        scale: units per count.

    Raises:
        InputError: wrong type, shape or length.
    """
    x = vector(x, np.int16, "samples")
    limit = native().lib.PICKET_STATS_MAX_SAMPLES
    if not 1 <= x.size <= limit:
        raise InputError(f"{x.size} samples in a window", hint=f"1 to {limit} samples")
    out = np.empty(len(WindowStats._fields), np.float32)
    native().lib.picket_window_stats(pointer(x), x.size, scale, pointer(out))
    return WindowStats(*out.tolist())


def rfft(x: NDArray[np.float32]) -> NDArray[np.complex64]:
    """Real Fourier transform, as ``numpy.fft.rfft``.

    Args:
        x: float32, shape (n,), n a power of two from 8 to 16384.

    Returns:
        complex64, shape (n/2 + 1,).

    Raises:
        InputError: wrong type, shape or length.
    """
    work = vector(x, np.float32, "samples").copy()
    if work.size & (work.size - 1) or not 8 <= work.size <= 16384:
        raise InputError(f"{work.size} samples to transform", hint="a power of two from 8 to 16384")
    table = _cosines(work.size)
    native().lib.picket_rfft(pointer(work), work.size, pointer(table), work.size)
    half = work.size // 2
    spectrum = np.empty(half + 1, np.complex64)
    spectrum[0], spectrum[half] = work[0], work[1]
    spectrum[1:half] = work[2:].view(np.complex64)
    return spectrum


@functools.lru_cache(maxsize=8)
def _cosines(wave: int) -> NDArray[np.float32]:
    table = np.empty(wave // 4 + 1, np.float32)
    native().lib.picket_cosines_init(pointer(table), wave)
    return table
