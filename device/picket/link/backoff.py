"""How long to wait before the next attempt: exponential with full jitter, so that a fleet does not return as one."""

import os

from picket.compat import const

_MOST_DOUBLINGS = const(16)


class Backoff:
    def __init__(self, base_ms=500, cap_ms=60000):
        self._base_ms = base_ms
        self._cap_ms = cap_ms
        self._failures = 0

    def reset(self):
        """After a success: the next wait is a short one again."""
        self._failures = 0

    def next_ms(self):
        """Anything from 0 to the limit, which doubles with each call up to the cap."""
        limit = min(self._cap_ms, self._base_ms << self._failures)
        self._failures = min(self._failures + 1, _MOST_DOUBLINGS)
        return int.from_bytes(os.urandom(4), "big") % (limit + 1)
