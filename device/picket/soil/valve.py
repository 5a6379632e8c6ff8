"""The valve: closed unless water is being given, never longer than allowed, not at once nor in a day."""

from picket.compat import const, ticks_diff, ticks_ms

_STEP_MS = const(1000)


class Valve:
    """pin(level): 1 opens; it is closed at once. max_s: the longest watering; day_max_s: the most within a day.

    A day's water counts before it flows: a board that starts anew in between has had it all.
    """

    KEPT = ("day", "used_s")

    def __init__(self, pin, max_s, day_max_s):
        pin(0)
        self.day = 0
        self.used_s = 0
        self._pin = pin
        self._max_s = max_s
        self._day_max_s = day_max_s

    def grant(self, day, seconds):
        """How many of so many seconds may be watered on that day; they count as used."""
        if day != self.day:
            self.day = day
            self.used_s = 0
        seconds = max(0, min(seconds, self._max_s, self._day_max_s - self.used_s))
        self.used_s += seconds
        return seconds

    async def water(self, seconds, pause):
        """Open for so many seconds that were granted, and close whatever happens.

        pause(ms): coroutine that returns after about so many milliseconds.
        """
        start = ticks_ms()
        try:
            self._pin(1)
            while True:
                left_ms = seconds * 1000 - ticks_diff(ticks_ms(), start)
                if left_ms <= 0:
                    break
                await pause(min(left_ms, _STEP_MS))
        finally:
            self._pin(0)
