"""Time since start, which no ticks overflow disturbs, and the time of day where the board knows it."""

import time

from picket.compat import const, ticks_diff, ticks_ms

_EPOCH_2000 = const(946684800)
_PLAUSIBLE_YEAR = const(2026)  # an unset clock starts at its epoch


class Uptime:
    """Milliseconds since this object was made; ask at least once in half a period of the ticks (six days)."""

    def __init__(self):
        self._last = ticks_ms()
        self._total_ms = 0

    def ms(self, ticks=None):
        """Uptime now, or at `ticks` of the recent past."""
        now = ticks_ms()
        self._total_ms += ticks_diff(now, self._last)
        self._last = now
        return self._total_ms if ticks is None else max(0, self._total_ms - ticks_diff(now, ticks))


def unix_time():
    """Seconds since 1970, or 0 when the clock has not been set."""
    if time.gmtime()[0] < _PLAUSIBLE_YEAR:
        return 0
    return int(time.time()) + (_EPOCH_2000 if time.gmtime(0)[0] == 2000 else 0)
