"""Features of how the time between heartbeats varies (native_module/dsp/heart.h says what they are)."""

from array import array

from picket_native import Heart

from picket.compat import const
from picket.features.stream import Stream
from picket.sensors import checks, need_rate

_EVERY = const(10)  # pieces from judgement to judgement
_DARK = const(-30000)  # counts: so little light comes back from no skin
_RMSSD = const(2)  # its index: log10(RMSSD in ms + 1)


class Beats:
    """Listens to a stream of light, and is whole like `window.Window` when it is time to judge the heart.

    That is every tenth piece, once half a span has been heard; `flags` gathers what the pieces between showed.
    """

    def __init__(self, features, source):
        self._features = features
        self._stream = Stream(source, features.samples)
        self._pieces = 0

    def __getattr__(self, name):  # samples, number, missed, end_ms
        return getattr(self._stream, name)

    def poll(self):
        stream = self._stream
        if not stream.poll():
            return False
        if stream.gap:
            stream.gap = False
            self._features.begin()
        self._features.listen(stream.samples)
        self._pieces += 1
        if self._pieces < _EVERY:
            return False
        self._pieces = 0
        return self._features.ready

    def wait_ms(self):
        return self._stream.wait_ms()

    def idle_ms(self):
        return self._stream.idle_ms()

    def stop(self):
        self._stream.stop()


class HeartFeatures:
    """Pieces of light to `values`, an array of float32.

    params: the bytes of pipeline.bin; ValueError says what is wrong with them. samples: room for one piece.
    """

    section = "heart"
    channels = 1
    spoiling = checks.SPOILING

    def __init__(self, params):
        self.params = params
        self._native = native = Heart(params)
        self._check = checks.Window()
        self.samples = array("h", bytes(2 * native.hop))
        self.rate_hz = native.rate_hz
        self.values = array("f", bytes(4 * native.features))
        self.inputs = native.features
        self._wanted = native.span_s * native.rate_hz // native.hop // 2
        self._heard = 0  # pieces since the beginning
        self._flags = 0
        self.beats = 0

    @property
    def ready(self):
        """Whether there is something to be said: half a span, or a sensor that can't be trusted."""
        return self._flags & self.spoiling or self._heard >= self._wanted

    def begin(self):
        """Forget all beats."""
        self._native.reset()
        self._heard = 0

    def listen(self, samples):
        """Take the next piece. Does not allocate."""
        flags = self._check.check(samples)
        if max(samples) < _DARK:  # the sensor does not lie on skin
            flags |= checks.MISSING
        self._flags |= flags
        if flags & self.spoiling:
            self.begin()
        else:
            self._heard += 1
            self._native.feed(samples)

    def window(self, source):
        """The stream of a source. ValueError: it is not of the rate that the features are made for."""
        need_rate(source, self.rate_hz)
        return Beats(self, source)

    def check(self, samples):
        """Flags of all pieces since the last call; MISSING where there is light but no pulse in it."""
        flags = self._flags
        self._flags = 0
        if not flags & self.spoiling:
            self.beats = self._native.compute(self.values)
            if not self.beats:
                flags |= checks.MISSING
        return flags

    def compute(self, samples):
        """The check has done it already."""

    def feed(self, model):
        """Put the features into the model's input. Does not allocate."""
        model.quantize(0, self.values)

    def level(self):
        """RMSSD of the newest span, in ms."""
        return 10 ** self.values[_RMSSD] - 1


def from_params(params):
    return HeartFeatures(params)
