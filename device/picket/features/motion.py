"""Features of a body's motion (see native_module/dsp/motion.h), in windows that overlap without a gap."""

from array import array

from picket_native import Motion

from picket.compat import const
from picket.features.stream import Stream
from picket.sensors import checks

_CHANNELS = const(7)  # ax ay az temperature gx gy gz
_VALUES = const(4)  # of a bin; the first is log10(largest |a| in g + 0.05)


class MotionFeatures:
    """One hop of frames after the other to `values`, an array of float32.

    params: the bytes of pipeline.bin; ValueError says what is wrong with them. samples: room for one hop.
    """

    section = "motion"
    channels = _CHANNELS
    # Not checks.SATURATED or OUT_OF_RANGE: that is what a fall does.
    spoiling = const(9)  # checks.STUCK | checks.MISSING

    def __init__(self, params):
        self.params = params
        self._native = native = Motion(params)
        self._check = checks.Motion()
        self._stream = None
        self._broken = True  # the hop before this one was not felt
        self.samples = array("h", bytes(2 * _CHANNELS * native.hop))
        self._frame = array("h", bytes(2 * _CHANNELS))
        self.rate_hz = native.rate_hz
        self.values = array("f", bytes(4 * native.features))
        self.inputs = native.features

    def window(self, source):
        """The stream of a source. ValueError: it is not of the rate that the features are made for."""
        if abs(source.rate_hz - self.rate_hz) * 100 > self.rate_hz:
            raise ValueError("the source gives %d frames a second, not %d" % (source.rate_hz, self.rate_hz))
        self._stream = Stream(source, self.samples, _CHANNELS)
        return self._stream

    def check(self, samples):
        """Flags of `sensors.checks` for a hop. Does not allocate."""
        frame = self._frame
        flags = 0
        for at in range(0, len(samples), _CHANNELS):
            for i in range(_CHANNELS):
                frame[i] = samples[at + i]
            flags |= self._check.check(frame)
        if flags & self.spoiling:
            self._broken = True
        return flags

    def compute(self, samples):
        """samples: one hop of frames, in an array('h'). What it does not follow is forgotten. Does not allocate."""
        stream = self._stream
        if self._broken or stream and stream.gap:
            self._native.reset()
            self._broken = False
            if stream:
                stream.gap = False
        self._native.feed(samples, self.values)

    def feed(self, model):
        """Put the newest window's features into the model's input. Does not allocate."""
        model.quantize(0, self.values)

    def level(self):
        """The largest acceleration in the newest bin, in g."""
        return 10 ** self.values[len(self.values) - _VALUES] - 0.05


def from_params(params):
    return MotionFeatures(params)
