"""Log-mel frames of a stream of sound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from picket_host.errors import InputError
from picket_host.native.dsp.library import InMemory, measure, native, pointer, vector


def mel_params(
    *,
    window: int = 512,
    hop: int = 160,
    rate_hz: float = 16000.0,
    bands: int = 40,
    band_hz: tuple[float, float] = (80.0, 7600.0),
    step: int = 4,
    floor: float = 1e-8,
    rise: float = 0.01,
    fall: float = 0.1,
) -> bytes:
    """The parameters of log-mel features (``pipeline.bin``); layout in ``native_module/dsp/mel.h``.

    Args:
        window: samples that a frame sees, a power of two.
        hop: samples from frame to frame.
        rate_hz: sampling rate.
        bands: triangles, equally wide on O'Shaughnessy's mel scale, 2595 log10(1 + f / 700 Hz), within ``band_hz``.
        step: frames that the model takes at a time.
        floor: power of a band that counts as silence; a sine of full scale has 1.
        rise, fall: how fast a band's background follows it, as a share of the way for each frame: with 100 frames a
            second, 0.01 takes a second and 0.1 a tenth of one.

    Raises:
        InputError: what the device would refuse, such as a band without a bin.
    """
    mel_low, mel_high = (2595 * np.log10(1 + hz / 700) for hz in band_hz)
    edges_hz = 700 * (10 ** (np.linspace(mel_low, mel_high, bands + 2) / 2595) - 1)
    edges = np.round(edges_hz * window / rate_hz * native().lib.PICKET_MEL_BIN)
    try:
        params = b"".join(
            (
                b"PML1",
                np.array([window, hop], "<u2").tobytes(),
                np.array([round(rate_hz * 1000)], "<u4").tobytes(),
                np.array([bands, step], "<u2").tobytes(),
                np.array([floor, rise, fall], "<f4").tobytes(),
                np.array(edges.tolist(), "<u4").astype("<u2").tobytes(),
            )
        )
    except OverflowError as error:
        raise InputError(f"a parameter of the log-mel features is out of range: {error}") from error
    measure("mel", params)
    return params


class Mel(InMemory):
    """Log-mel frames of a stream of sound; what they are stands in ``native_module/dsp/mel.h``.

    Attributes:
        window, hop: samples that a frame sees, and from frame to frame.
        bands: values of a frame.
        step: frames that the model takes at a time.
    """

    _name = "mel"

    def __init__(self, params: bytes):
        """Raises InputError for parameters that the device would refuse."""
        super().__init__(params)
        self.window: int = self._state.window
        self.hop: int = self._state.hop
        self.bands: int = self._state.bands
        self.step: int = self._state.step

    def feed(self, x: NDArray[np.int16]) -> NDArray[np.float32]:
        """The frames that the next samples of the stream complete.

        Args:
            x: int16, shape (samples,), any number of them.

        Returns:
            float32, shape (frames, bands).

        Raises:
            InputError: wrong type or shape.
        """
        x = vector(x, np.int16, "samples")
        out = np.empty((native().lib.picket_mel_frames(self._state, x.size), self.bands), np.float32)
        native().lib.picket_mel_feed(self._state, pointer(x), x.size, pointer(out))
        return out

    def reset(self) -> None:
        """Forget all that was heard: what comes next is the beginning of a stream."""
        native().lib.picket_mel_reset(self._state)

    def frames(self, x: NDArray[np.int16]) -> NDArray[np.float32]:
        """All frames of one recording, as ``feed``."""
        self.reset()
        return self.feed(x)
