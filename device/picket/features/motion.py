"""Features of a body's motion (see native_module/dsp/motion.h), in windows that overlap without a gap."""

from array import array

from picket_native import Motion

from picket.compat import const
from picket.features.stream import StreamFeatures
from picket.sensors import checks

_CHANNELS = const(7)  # ax ay az temperature gx gy gz
_VALUES = const(4)  # of a bin; the first is log10(largest |a| in g + 0.05)


class MotionFeatures(StreamFeatures):
    """One hop of frames after the other to `values`, an array of float32. params: ValueError says what is wrong."""

    section = "motion"
    channels = _CHANNELS

    def __init__(self, params):
        native = Motion(params)
        samples = array("h", bytes(2 * _CHANNELS * native.hop))
        self.values = array("f", bytes(4 * native.features))
        super().__init__(params, native, samples, self.values)
        self._check = checks.Motion()
        self._frame = array("h", bytes(2 * _CHANNELS))

    def check(self, samples):
        """Flags of `sensors.checks` for a hop. Does not allocate."""
        frame = self._frame
        flags = 0
        for at in range(0, len(samples), _CHANNELS):
            for i in range(_CHANNELS):
                frame[i] = samples[at + i]
            flags |= self._check.check(frame)
        return self.checked(flags)

    def level(self):
        """The largest acceleration in the newest bin, in g."""
        return 10 ** self.values[len(self.values) - _VALUES] - 0.05


def from_params(params):
    return MotionFeatures(params)
