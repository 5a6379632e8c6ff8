"""Features of vibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from picket_host.errors import InputError
from picket_host.native.dsp.library import InMemory, kind, measure, native, pointer


def vibration_params(
    *,
    window: int = 4096,
    hop_ms: int = 250,
    rate_hz: float = 26667.0,
    g_per_count: float = 1 / 4096,
    bands: int = 32,
    band_hz: tuple[float, float] = (50.0, 6300.0),
    envelope_bands: int = 32,
    envelope_hz: tuple[float, float] = (26.0, 1000.0),
    carrier_hz: tuple[float, float] = (1500.0, 5500.0),
) -> bytes:
    """The parameters of vibration features (``pipeline.bin``); layout in ``native_module/dsp/vibration.h``.

    Args:
        window: samples, a power of two.
        hop_ms: from the start of a window to the start of the next.
        rate_hz: sampling rate.
        g_per_count: acceleration of one count.
        bands: logarithmically spaced bands of the spectrum within ``band_hz``; the accelerometer's own bandwidth limits
            them from above (6.3 kHz for the IIS3DWB).
        envelope_bands: logarithmically spaced bands of the envelope's spectrum within ``envelope_hz``, where the
            faults' passing frequencies lie.
        carrier_hz: the band of structural resonances that is demodulated.

    Raises:
        InputError: what the device would refuse, such as more bands than there are bins.
    """
    bin_hz = rate_hz / window
    carrier = [round(hz / bin_hz) for hz in carrier_hz]
    try:
        params = b"".join(
            (
                b"PVF1",
                np.array([window, hop_ms], "<u2").tobytes(),
                np.array([round(rate_hz * 1000)], "<u4").tobytes(),
                np.array([g_per_count], "<f4").tobytes(),
                np.array([bands, envelope_bands, carrier[0], carrier[1] - carrier[0]], "<u2").tobytes(),
                log_edges(bands, *(hz / bin_hz for hz in band_hz)).astype("<u2").tobytes(),
                log_edges(envelope_bands, *(hz / bin_hz for hz in envelope_hz)).astype("<u2").tobytes(),
            )
        )
    except OverflowError as error:
        raise InputError(f"a parameter of the vibration features is out of range: {error}") from error
    measure("vibration", params)
    return params


def log_edges(count: int, low: float, high: float) -> NDArray[np.int64]:
    """Edges of ``count`` bands, spaced logarithmically from bin ``low`` to bin ``high``, each at least one bin wide.

    Returns:
        int64, shape (count + 1,), strictly ascending.

    Raises:
        InputError: more bands than bins.
    """
    if not (count >= 1 and low >= 1 and round(high) - round(low) >= count):
        raise InputError(
            f"{count} bands do not fit between the bins {low:.1f} and {high:.1f}", hint="fewer bands or a wider range"
        )
    edges = np.round(np.geomspace(low, high, count + 1)).astype(np.int64)
    # Bands narrower than a bin, at the low end, are pushed up to one bin; what passes the upper end is pushed back.
    steps = np.arange(count + 1)
    edges = np.maximum.accumulate(edges - steps) + steps
    return np.minimum(edges, round(high) - steps[::-1])


class Vibration(InMemory):
    """Features of one window of acceleration; what they are stands in ``native_module/dsp/vibration.h``.

    Attributes:
        features: length of the feature vector: bands, then envelope bands, then six statistics.
        window: samples in a window.
        hop_ms: from the start of a window to the start of the next.
        bands, envelope_bands: the two halves of the spectral part.
    """

    _name = "vibration"

    def __init__(self, params: bytes):
        """Raises InputError for parameters that the device would refuse."""
        super().__init__(params)
        self.features: int = self._state.features
        self.window: int = self._state.window
        self.hop_ms: int = self._state.hop_ms
        self.bands: int = self._state.bands
        self.envelope_bands: int = self._state.envelope_bands

    def compute(self, x: NDArray[np.int16]) -> NDArray[np.float32]:
        """Features of one window or of many.

        Args:
            x: int16, shape (window,) or (n, window).

        Returns:
            float32, shape (features,) or (n, features).

        Raises:
            InputError: wrong type or shape.
        """
        if not isinstance(x, np.ndarray) or x.dtype != np.int16:
            raise InputError(f"samples are {kind(x)}, int16 is expected")
        if x.ndim not in (1, 2) or x.shape[-1] != self.window:
            raise InputError(f"samples have the shape {x.shape}, (..., {self.window}) is expected")
        windows = np.ascontiguousarray(x.reshape(-1, self.window))
        out = np.empty((len(windows), self.features), np.float32)
        for samples, row in zip(windows, out, strict=True):
            native().lib.picket_vibration_compute(self._state, pointer(samples), pointer(row))
        return out.reshape((*x.shape[:-1], self.features))
