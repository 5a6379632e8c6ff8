"""Log-mel frames of a microphone's stream (native_module/dsp/mel.h says what they are), for models that stream too."""

from array import array

from picket_native import Mel, window_stats

from picket.compat import const
from picket.features.stream import StreamFeatures
from picket.sensors import checks

_STATS = const(6)
_RMS = const(1)  # index in them
_FULL_SCALE = const(32768)


class MelFeatures(StreamFeatures):
    """Pieces of sound to the frames that a model takes in one step. params: ValueError says what is wrong with them."""

    section = "microphone"
    channels = 1
    values = None

    def __init__(self, params):
        native = Mel(params)
        samples = array("h", bytes(2 * native.hop * native.step))
        super().__init__(params, native, samples, array("f", bytes(4 * native.bands * native.step)))
        self._check = checks.Window()

    def check(self, samples):
        """Flags of `sensors.checks` for a piece. Does not allocate."""
        return self.checked(self._check.check(samples))

    def level(self):
        """Root mean square of the newest sound; a square wave of full scale has 1."""
        stats = array("f", bytes(4 * _STATS))
        window_stats(self.samples, 1.0, stats)
        return stats[_RMS] / _FULL_SCALE


def from_params(params):
    return MelFeatures(params)
