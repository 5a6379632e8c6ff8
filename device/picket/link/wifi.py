"""The Wi-Fi station: connects, waits with a limit, and connects again when it was lost; then the clock is set."""

import asyncio
import time

from picket import link, log
from picket.compat import const, ticks_diff, ticks_ms

_POLL_MS = const(200)
_DNS_PORT = const(53)
_PLAUSIBLE_YEAR = const(2025)  # an unset clock starts at its epoch
_TAG = "wifi"


class Wifi:
    """config: the section `wifi`. wlan: in place of the board's own station interface."""

    def __init__(self, config, timeout_ms=15000, wlan=None):
        if wlan is None:
            import network

            wlan = network.WLAN(network.STA_IF)
        self._wlan = wlan
        self._config = config
        self._timeout_ms = timeout_ms

    async def up(self):
        """Return when the station has an address. OSError when it has none within the time limit."""
        if not self._wlan.isconnected():
            await self._connect()
        link.name_server = (self._wlan.ifconfig()[3], _DNS_PORT)
        if self._config["ntp"] and time.gmtime()[0] < _PLAUSIBLE_YEAR:
            await self._set_clock()

    def down(self):
        """Switch the radio off."""
        self._wlan.active(False)

    async def _connect(self):
        wlan, ssid = self._wlan, self._config["ssid"]
        log.info(_TAG, "connecting to", ssid)
        wlan.active(True)
        # An attempt still under way, or one that has failed for good, would refuse a new one.
        wlan.disconnect()
        wlan.connect(ssid, self._config["password"])
        start = ticks_ms()
        while not wlan.isconnected():
            if ticks_diff(ticks_ms(), start) > self._timeout_ms:
                raise OSError("%s: not connected within %d ms, status %s" % (ssid, self._timeout_ms, wlan.status()))
            await asyncio.sleep(_POLL_MS / 1000)
        log.info(_TAG, "connected as", wlan.ifconfig()[0])

    async def _set_clock(self):
        from picket.link import dns, sntp

        host = self._config["ntp"]
        try:
            sntp.set_clock(await sntp.unix_time(await dns.resolve(host)))
        except OSError as e:
            log.warning(_TAG, "the clock is not set:", e)
