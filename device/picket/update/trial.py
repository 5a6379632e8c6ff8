"""Judges a release on trial: confirmed once it meets all conditions, rolled back when that takes too long."""

import asyncio

from picket import log
from picket.compat import const, ticks_diff, ticks_ms

_TRIAL_MS = const(60000)
_PERIOD_S = 1
_TAG = "update"


async def judge(slots, device, trial_ms=_TRIAL_MS):
    """True when the release was confirmed, False when it was rolled back: then the board must restart."""
    start = ticks_ms()
    while True:
        missing = device.missing()
        if not missing:
            slots.confirm()
            return True
        if ticks_diff(ticks_ms(), start) > trial_ms:
            reason = "within %d s not: %s" % (trial_ms // 1000, ", ".join(missing))
            log.error(_TAG, "release", slots.current, "rolled back:", reason)
            slots.roll_back(reason)
            return False
        await asyncio.sleep(_PERIOD_S)
