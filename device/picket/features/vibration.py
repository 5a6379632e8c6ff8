"""Vibration features for bearing faults (native_module/dsp/vibration.h says what they are)."""

from array import array

from picket.compat import const
from picket_native import Vibration

_STATISTICS = const(6)  # at the end of the vector; the first of them is (log10(rms in g) + 1) / 2


class VibrationFeatures:
    """One window of samples to `values`, an array of float32.

    params: the bytes of pipeline.bin; ValueError says what is wrong with them.
    samples: where a window is gathered; it lies in the native module's working memory, so computing uses it up.
    """

    kind = "vibration"

    def __init__(self, params):
        self.params = params
        self._native = Vibration(params)
        self.samples = self._native.samples
        self.rate_hz = self._native.rate_hz
        self.hop_ms = self._native.hop_ms
        self.values = array("f", bytes(4 * self._native.features))

    def compute(self, samples):
        """samples: as many counts as the window has, in an array('h') or in `samples`. Does not allocate."""
        self._native.compute(samples, self.values)

    def rms_g(self):
        """Root mean square of the last window's acceleration, in g."""
        return 10 ** (2 * self.values[len(self.values) - _STATISTICS] - 1)
