"""Vibration features for bearing faults (native_module/dsp/vibration.h says what they are)."""

from array import array

from picket_native import Vibration

from picket.compat import const
from picket.features.window import Window
from picket.sensors import checks, need_rate

_STATISTICS = const(6)  # at the end of the vector; the first of them is (log10(rms in g) + 1) / 2


class VibrationFeatures:
    """One window of samples to `values`, an array of float32.

    params: the bytes of pipeline.bin; ValueError says what is wrong with them.
    samples: where a window is gathered; it lies in the native module's working memory, so computing uses it up.
    """

    section = "vibration"
    channels = 1
    spoiling = checks.SPOILING

    def __init__(self, params):
        self.params = params
        self._native = Vibration(params)
        self._check = checks.Window()
        self.samples = self._native.samples
        self.rate_hz = self._native.rate_hz
        self.hop_ms = self._native.hop_ms
        self.values = array("f", bytes(4 * self._native.features))
        self.inputs = len(self.values)

    def window(self, source):
        """Windows of a source. ValueError: it is not of the rate that the features are made for."""
        need_rate(source, self.rate_hz)
        return Window(source, self.samples, self.hop_ms)

    def check(self, samples):
        """Flags of `sensors.checks` for a window. Does not allocate."""
        return self._check.check(samples)

    def compute(self, samples):
        """samples: as many counts as the window has, in an array('h') or in `samples`. Does not allocate."""
        self._native.compute(samples, self.values)

    def feed(self, model):
        """Put the last window's features into the model's input. Does not allocate."""
        model.quantize(0, self.values)

    def level(self):
        """Root mean square of the last window's acceleration, in g."""
        return 10 ** (2 * self.values[len(self.values) - _STATISTICS] - 1)


def from_params(params):
    return VibrationFeatures(params)
