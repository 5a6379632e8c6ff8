"""How many frames of a rate are due, for sources that have no clock of their own."""

from picket.compat import const, ticks_diff, ticks_ms

_LONGEST_MS = const(1000)  # a longer gap counts as this, which also keeps the product a small integer


class Pace:
    def __init__(self, rate_hz):
        self._rate_hz = rate_hz
        self.begin()

    def begin(self):
        self._last_ms = ticks_ms()
        self._thousandths = 0  # of a frame, owed from earlier calls

    def due(self):
        """Frames that have become due since the last call; does not allocate."""
        now_ms = ticks_ms()
        elapsed_ms = min(ticks_diff(now_ms, self._last_ms), _LONGEST_MS)
        self._last_ms = now_ms
        self._thousandths += elapsed_ms * self._rate_hz
        frames = self._thousandths // 1000
        self._thousandths -= frames * 1000
        return frames
