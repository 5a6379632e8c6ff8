"""Feeds the watchdog while the device does its work, collects garbage where that does no harm, and watches the heap."""

import asyncio
import gc

_PERIOD_S = 1
_WELL_PERIODS = 30  # a board that has worked for so long does not restart in a circle


class Vitals:
    """watchdog: machine.WDT. is_alive() says whether to feed it. turn: awaited before garbage is collected.
    on_well() is called once, when everything has been well for half a minute.

    heap_free, heap_low: free bytes after collecting, now and at the worst.
    """

    def __init__(self, watchdog, is_alive, turn, on_well):
        self.heap_free = self.heap_low = _collect()
        self._watchdog = watchdog
        self._is_alive = is_alive
        self._turn = turn
        self._on_well = on_well
        self._until_well = _WELL_PERIODS

    async def run(self):
        """Look after everything each second, for ever."""
        while True:
            if self._is_alive():
                self._watchdog.feed()
            await self._turn()
            if self._until_well:
                self._until_well -= 1
                if not self._until_well:
                    self._on_well()
            self.heap_free = _collect()
            self.heap_low = min(self.heap_low, self.heap_free)
            await asyncio.sleep(_PERIOD_S)


def _collect():
    gc.collect()
    return gc.mem_free() if hasattr(gc, "mem_free") else 0
