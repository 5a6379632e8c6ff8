"""Features of a body's motion."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from picket_host.errors import InputError
from picket_host.native.dsp.library import InMemory, kind, measure, native, pointer

MOTION_CHANNELS = 7


def motion_params(
    *,
    bins: int = 64,
    bin_frames: int = 4,
    hop_bins: int = 8,
    reference_bins: int = 12,
    rate_hz: float = 100.0,
    counts_per_g: float = 2048.0,
    counts_per_dps: float = 16.4,
) -> bytes:
    """The parameters of motion features (``pipeline.bin``); layout in ``native_module/dsp/motion.h``.

    Args:
        bins, bin_frames: parts of a window, and frames of each.
        hop_bins: from window to window.
        reference_bins: first bins of a window that the trunk's angle is measured against.
        rate_hz: frames a second.
        counts_per_g, counts_per_dps: of the sensor's ranges.

    Raises:
        InputError: what the device would refuse.
    """
    try:
        params = b"".join(
            (
                b"PMO1",
                struct.pack("<4H", bins, bin_frames, hop_bins, reference_bins),
                struct.pack("<Iff", round(rate_hz * 1000), counts_per_g, counts_per_dps),
            )
        )
    except (struct.error, OverflowError) as error:
        raise InputError(f"a parameter of the motion features is out of range: {error}") from error
    measure("motion", params)
    return params


class Motion(InMemory):
    """Features of a body's motion; what they are stands in ``native_module/dsp/motion.h``.

    Attributes:
        bins: parts of a window; each has four features.
        window, hop: frames that a window spans, and from window to window.
        features: length of the feature vector.
    """

    _name = "motion"

    def __init__(self, params: bytes):
        """Raises InputError for parameters that the device would refuse."""
        super().__init__(params)
        self.bins: int = self._state.bins
        self.window: int = self._state.bins * self._state.bin_frames
        self.hop: int = self._state.hop_bins * self._state.bin_frames
        self.features: int = self.bins * native().lib.PICKET_MOTION_VALUES

    def feed(self, frames: NDArray[np.int16]) -> NDArray[np.float32]:
        """The features of the window that ends with the next hop.

        Args:
            frames: int16, counts, shape (hop, 7).

        Returns:
            float32, shape (features,).

        Raises:
            InputError: wrong type or shape.
        """
        if not isinstance(frames, np.ndarray) or frames.dtype != np.int16:
            raise InputError(f"frames are {kind(frames)}, int16 is expected")
        if frames.shape != (self.hop, MOTION_CHANNELS):
            raise InputError(f"frames have the shape {frames.shape}, ({self.hop}, {MOTION_CHANNELS}) is expected")
        frames = np.ascontiguousarray(frames)
        out = np.empty(self.features, np.float32)
        native().lib.picket_motion_feed(self._state, pointer(frames), pointer(out))
        return out

    def reset(self) -> None:
        """Forget all that was felt: what comes next is the beginning of a stream."""
        native().lib.picket_motion_reset(self._state)

    def windows(self, frames: NDArray[np.int16]) -> NDArray[np.float32]:
        """The windows of one recording from its beginning, (frames, 7), a remainder left out: (windows, features)."""
        self.reset()
        hops = len(frames) // self.hop
        return np.stack([self.feed(frames[i * self.hop : (i + 1) * self.hop]) for i in range(hops)])
