"""Confirms or rolls back a release on trial, feeds the watchdog while all goes well, and watches the heap."""

import asyncio
import gc

from picket import log
from picket.compat import const, ticks_diff, ticks_ms

TRIAL_MS = 60_000  # of a release on trial, from its start to its confirmation

_PERIOD_MS = const(1000)
_TAG = "health"


class Health:
    """One look at everything each second.

    slots: Slots. settled: asyncio.Event, set here as soon as no trial is under way.
    turn: awaited before garbage is collected. alive(): whether the device does its work; the watchdog is fed only then.
    checks: (name, function) pairs; a trial succeeds once all functions have returned true at once.
    confirmed(): it has. restart(): coroutine, resets the board.
    heap_free, heap_low: bytes of the heap after collecting, now and at the worst.
    """

    def __init__(self, slots, settled, turn, alive, checks, confirmed, restart, watchdog, trial_ms=TRIAL_MS):
        self.heap_free = self.heap_low = _collect()
        self._slots = slots
        self._settled = settled
        self._turn = turn
        self._alive = alive
        self._checks = checks
        self._confirmed = confirmed
        self._restart = restart
        self._watchdog = watchdog
        self._trial_ms = trial_ms
        self._trial_start = ticks_ms() if slots.on_trial else None
        if not slots.on_trial:
            settled.set()

    async def run(self):
        """Look for ever."""
        while True:
            if self._alive():
                self._watchdog.feed()
            if self._slots.on_trial:
                await self._judge()
            await self._turn()
            self.heap_free = _collect()
            self.heap_low = min(self.heap_low, self.heap_free)
            await asyncio.sleep(_PERIOD_MS / 1000)

    async def _judge(self):
        if self._trial_start is None:
            self._trial_start = ticks_ms()  # a model was switched without a restart
        missing = [name for name, passed in self._checks if not passed()]
        if not missing:
            self._slots.confirm()
            self._end()
            log.info(_TAG, "release", self._slots.current, "confirmed")
            self._confirmed()
        elif ticks_diff(ticks_ms(), self._trial_start) > self._trial_ms:
            reason = "within %d s not: %s" % (self._trial_ms // 1000, ", ".join(missing))
            log.error(_TAG, "release", self._slots.current, "rolled back:", reason)
            self._slots.roll_back(reason)
            self._end()
            await self._restart()

    def _end(self):
        self._trial_start = None
        self._settled.set()


def _collect():
    gc.collect()
    return gc.mem_free() if hasattr(gc, "mem_free") else 0
