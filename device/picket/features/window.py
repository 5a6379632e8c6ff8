"""Cuts windows of samples, whole and without a gap inside, out of a sensor's stream: one begins every hop."""

from picket.compat import ticks_add, ticks_diff, ticks_ms
from picket.sensors import OVERRUN


class Paced:
    """What happens every hop: counts and times of all kinds of windows.

    samples: buffer of one window, which is filled in place, again and again.
    number: windows begun or passed over, so the number of the one in `samples`; missed: of those, the ones that could
    not be read whole; end_ms: ticks at the last sample.
    """

    def __init__(self, source, samples, hop_ms):
        self.samples = samples
        self.number = 0
        self.missed = 0
        self.end_ms = 0
        self._source = source
        self._hop_ms = hop_ms
        self._capturing = False
        self._due = ticks_ms()

    def stop(self):
        """Leave the source at rest; a window that was being read counts as missed."""
        if self._capturing:
            self._give_up()

    def _until_due_ms(self):
        return max(0, ticks_diff(self._due, ticks_ms()))

    def _is_due(self):
        """Whether it is time for a window, which is then the one at hand."""
        late_ms = ticks_diff(ticks_ms(), self._due)
        if late_ms < 0:
            return False
        passed_over = late_ms // self._hop_ms
        self.missed += passed_over
        self.number += passed_over + 1
        self._due = ticks_add(self._due, (passed_over + 1) * self._hop_ms)
        return True

    def _give_up(self):
        self.missed += 1
        self._capturing = False
        self._source.stop()


class Window(Paced):
    """Fills `samples`, int16, from a source (see `picket.sensors`). Between two windows the source rests, and so may
    all else. ValueError: more channels than one, or windows that overlap.
    """

    def __init__(self, source, samples, hop_ms):
        count = len(samples)
        if source.channels != 1:
            raise ValueError("the source has %d channels, a window takes one" % source.channels)
        if count * 1000 > hop_ms * source.rate_hz:
            raise ValueError("windows of %d samples at %d Hz overlap every %d ms" % (count, source.rate_hz, hop_ms))
        super().__init__(source, samples, hop_ms)
        self._filled = 0

    def poll(self):
        """Read what waits; True when `samples` has become whole. Does not allocate. OSError: the sensor's."""
        if not self._capturing and not self._is_due():
            return False
        try:
            if not self._capturing:
                self._capturing = True
                self._filled = 0
                self._source.start()
            got = self._source.read_into(self.samples, self._filled)
            if got == OVERRUN:
                self._give_up()
                return False
            self._filled += got
            if self._filled < len(self.samples):
                return False
            self.end_ms = ticks_ms()
            self._source.stop()
        except OSError:
            self._give_up()
            raise
        self._capturing = False
        return True

    def wait_ms(self):
        """How long the next poll may be put off."""
        if not self._capturing:
            return self._until_due_ms()
        missing_ms = (len(self.samples) - self._filled) * 1000 // self._source.rate_hz + 1
        return min(missing_ms, self._source.poll_ms)

    def idle_ms(self):
        """How long nothing will be sampled: time for writes to the flash. 0 while a window is being read."""
        return 0 if self._capturing else self._until_due_ms()
