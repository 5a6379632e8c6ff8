"""Cuts a sensor's stream into pieces that follow each other without a gap, for features that span them."""

from picket.compat import const, ticks_diff, ticks_ms
from picket.sensors import OVERRUN, need_rate


class Stream:
    """Fills `samples` from a source (see `picket.sensors`), which runs all the time, again and again.

    Has what `window.Window` has: number of the piece in `samples`, missed pieces (at least one for each loss), end_ms.
    gap: set when what comes next does not follow what came before; whoever takes note of it clears it. channels: values
    in a frame. ValueError: the source has others.
    """

    def __init__(self, source, samples, channels=1):
        if source.channels != channels:
            raise ValueError("the source has %d channels, the stream takes %d" % (source.channels, channels))
        self.samples = samples
        self.number = 0
        self.missed = 0
        self.end_ms = ticks_ms()
        self.gap = True
        self._source = source
        self._channels = channels
        self._piece_ms = len(samples) // channels * 1000 // source.rate_hz
        self._filled = 0
        self._running = False
        self._behind = False  # whether more may wait than was read

    def poll(self):
        """Read what waits; True when `samples` has become whole. Does not allocate. OSError: the sensor's."""
        source = self._source
        try:
            if not self._running:
                source.start()
                self._running = True
                self._lost(0)
            got = source.read_into(self.samples, self._filled)
        except OSError:
            self._running = False
            self._lost(1)
            raise
        if got == OVERRUN:
            self._lost(max(1, ticks_diff(ticks_ms(), self.end_ms) // self._piece_ms))
            self.end_ms = ticks_ms()
            return False
        self._filled += got * self._channels
        self._behind = self._filled == len(self.samples)
        if not self._behind:
            return False
        self._filled = 0
        self.number += 1
        self.end_ms = ticks_ms()
        return True

    def wait_ms(self):
        """How long the next poll may be put off."""
        if self._behind or not self._running:
            return 0
        missing_ms = (len(self.samples) - self._filled) // self._channels * 1000 // self._source.rate_hz + 1
        return min(missing_ms, self._source.poll_ms)

    def idle_ms(self):
        """How long the source keeps what comes, so that nothing is lost."""
        return 0 if self._behind else self._source.slack_ms

    def stop(self):
        """Leave the source at rest."""
        if self._running:
            self._source.stop()
            self._running = False

    def _lost(self, pieces):
        self.number += pieces
        self.missed += pieces
        self.gap = True
        self._filled = 0
        self._behind = False


class StreamFeatures:
    """Features that the native object keeps a state of, from piece to piece; what mel and motion have in common.

    params: the bytes of pipeline.bin. samples: room for one piece. out: array('f') of what the model takes.
    """

    # Not checks.SATURATED or OUT_OF_RANGE: a shout close to the microphone is clipped, and understood nevertheless; and
    # that is what a fall does.
    spoiling = const(9)  # checks.STUCK | checks.MISSING

    def __init__(self, params, native, samples, out):
        self.params = params
        self.samples = samples
        self.rate_hz = native.rate_hz
        self.inputs = len(out)
        self._native = native
        self._out = out
        self._stream = None
        self._broken = True  # the piece before this one was not sensed

    def window(self, source):
        """The stream of a source. ValueError: it is not of the rate that the features are made for."""
        need_rate(source, self.rate_hz)
        self._stream = Stream(source, self.samples, self.channels)
        return self._stream

    def checked(self, flags):
        """Take note of a piece's flags, and return them."""
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
        self._native.feed(samples, self._out)

    def feed(self, model):
        """Put the newest features into the model's input. Does not allocate."""
        model.quantize(0, self._out)
