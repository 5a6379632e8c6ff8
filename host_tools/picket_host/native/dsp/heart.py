"""Heartbeats, and how the time between them varies."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from picket_host.errors import InputError
from picket_host.native.dsp.library import check, native, pointer, vector


def heart_params(
    *, hop: int = 100, span_s: int = 60, rate_hz: float = 100.0, band_hz: tuple[float, float] = (0.5, 4.0)
) -> bytes:
    """The parameters of heartbeat features (``pipeline.bin``); layout in ``native_module/dsp/heart.h``.

    Args:
        hop: samples that the device takes at a time.
        span_s: seconds that the features are made of.
        rate_hz: sampling rate.
        band_hz: where a pulse lies; a Butterworth band-pass of two poles on each side.

    Raises:
        InputError: what the device would refuse.
    """
    try:
        sections = signal.butter(2, band_hz, btype="bandpass", fs=rate_hz, output="sos")
        biquads = np.delete(sections, 3, axis=1).astype("<f4")
        params = b"PHB1" + struct.pack("<HHI", hop, span_s, round(rate_hz * 1000)) + biquads.tobytes()
    except (struct.error, OverflowError, ValueError) as error:
        raise InputError(f"a parameter of the heartbeat features is out of range: {error}") from error
    Heart(params)
    return params


class Heart:
    """Heartbeats and how the time between them varies; what they are stands in ``native_module/dsp/heart.h``.

    Attributes:
        hop: samples that the device takes at a time.
        rate_hz: sampling rate, float.
        span_s: seconds that the features are made of.
        features: length of the feature vector.
    """

    def __init__(self, params: bytes):
        """Raises InputError for parameters that the device would refuse."""
        self._state = native().ffi.new("picket_heart_t *")
        check(native().lib.picket_heart_init(self._state, params, len(params)), "heartbeat parameters")
        self.params = bytes(params)
        self.hop: int = self._state.hop
        self.rate_hz: float = self._state.rate_mhz / 1000
        self.span_s: int = self._state.span_s
        self.features: int = native().lib.PICKET_HEART_FEATURES

    def feed(self, x: NDArray[np.int16]) -> None:
        """Take the next samples of light, int16, shape (samples,); InputError for another type or shape."""
        x = vector(x, np.int16, "samples")
        native().lib.picket_heart_feed(self._state, pointer(x), x.size)

    def interval(self, ms: float) -> None:
        """Take the time between two beats that somebody else has found, in milliseconds."""
        native().lib.picket_heart_interval(self._state, ms)

    def intervals(self) -> NDArray[np.float32]:
        """The newest times between beats in ms, at most 256, oldest first; those that are not normal are negative."""
        size = native().lib.PICKET_HEART_INTERVALS
        ring = np.array(list(self._state.interval), np.float32)
        return np.roll(ring, -self._state.next)[size - self._state.count :]

    def compute(self) -> tuple[NDArray[np.float32], int]:
        """Features of the newest span, float32, shape (features,), and how many normal intervals they are made of."""
        out = np.empty(self.features, np.float32)
        return out, native().lib.picket_heart_features(self._state, pointer(out))

    def reset(self) -> None:
        """Forget all beats: what comes next is the beginning of a stream."""
        native().lib.picket_heart_reset(self._state)
