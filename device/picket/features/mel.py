"""Log-mel frames of a microphone's stream (native_module/dsp/mel.h says what they are), for models that stream too."""

from array import array

from picket_native import Mel, window_stats

from picket.compat import const
from picket.features.stream import Stream
from picket.sensors import checks

_STATS = const(6)
_RMS = const(1)  # index in them
_FULL_SCALE = const(32768)


class MelFeatures:
    """Pieces of sound to the frames that a model takes in one step.

    params: the bytes of pipeline.bin; ValueError says what is wrong with them. samples: room for one piece.
    """

    section = "microphone"
    channels = 1
    # Not checks.SATURATED: a shout close to the microphone is clipped, and understood nevertheless.
    spoiling = const(9)  # checks.STUCK | checks.MISSING
    values = None

    def __init__(self, params):
        self.params = params
        self._native = native = Mel(params)
        self._check = checks.Window()
        self._frames = array("f", bytes(4 * native.bands * native.step))
        self._stream = None
        self._broken = True  # the piece before this one was not heard
        self.samples = array("h", bytes(2 * native.hop * native.step))
        self.rate_hz = native.rate_hz
        self.inputs = len(self._frames)

    def window(self, source):
        """The stream of a source. ValueError: it is not of the rate that the features are made for."""
        if abs(source.rate_hz - self.rate_hz) * 100 > self.rate_hz:
            raise ValueError("the source gives %d samples a second, not %d" % (source.rate_hz, self.rate_hz))
        self._stream = Stream(source, self.samples)
        return self._stream

    def check(self, samples):
        """Flags of `sensors.checks` for a piece. Does not allocate."""
        flags = self._check.check(samples)
        if flags & self.spoiling:
            self._broken = True
        return flags

    def compute(self, samples):
        """samples: one piece, in an array('h'). What it does not follow is forgotten. Does not allocate."""
        stream = self._stream
        if self._broken or stream and stream.gap:
            self._native.reset()
            self._broken = False
            if stream:
                stream.gap = False
        self._native.feed(samples, self._frames)

    def feed(self, model):
        """Put the last piece's frames into the model's input. Does not allocate."""
        model.quantize(0, self._frames)

    def level(self):
        """Root mean square of the newest sound; a square wave of full scale has 1."""
        stats = array("f", bytes(4 * _STATS))
        window_stats(self.samples, 1.0, stats)
        return stats[_RMS] / _FULL_SCALE


def from_params(params):
    return MelFeatures(params)
