"""The Wi-Fi station: connects, waits with a limit, and connects again when it was lost."""

import asyncio

from picket import log
from picket.compat import const, ticks_diff, ticks_ms

_POLL_MS = const(200)
_TAG = "wifi"


class Wifi:
    """`wlan`: for tests, in place of the board's own station interface."""

    def __init__(self, ssid, password, timeout_ms=15000, wlan=None):
        if wlan is None:
            import network

            wlan = network.WLAN(network.STA_IF)
        self._wlan = wlan
        self._ssid = ssid
        self._password = password
        self._timeout_ms = timeout_ms

    async def up(self):
        """Return when the station has an address. OSError when it has none within the time limit."""
        if self._wlan.isconnected():
            return
        self._wlan.active(True)
        # An attempt still under way, or one that has failed for good, would refuse a new one.
        self._wlan.disconnect()
        self._wlan.connect(self._ssid, self._password)
        log.info(_TAG, "connecting to", self._ssid)
        start = ticks_ms()
        while not self._wlan.isconnected():
            if ticks_diff(ticks_ms(), start) > self._timeout_ms:
                raise OSError("%s: not connected within %d ms, status %s" % (
                    self._ssid, self._timeout_ms, self._wlan.status()))
            await asyncio.sleep(_POLL_MS / 1000)
        log.info(_TAG, "connected,", self._wlan.ifconfig()[0])
