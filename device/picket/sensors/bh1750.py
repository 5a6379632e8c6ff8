"""ROHM BH1750FVI on I2C: light up to full sun, one measurement at a time.

Facts: ROHM's data sheet BH1750FVI. With its usual measurement time it ends at 54,612 lux; with the shortest at 121,557.
"""

from picket.compat import const

_POWER_ON = b"\x01"
_ONE_SHOT = b"\x20"  # 1 lux resolution at the usual time; powers itself down afterwards
_USUAL_TIME = const(69)
_TIME = const(31)
_MEASURE_MS = const(82)  # 180 ms at the usual time, at most


class BH1750:
    """OSError: it does not answer."""

    measure_ms = _MEASURE_MS

    def __init__(self, i2c, addr=0x23):
        self._i2c = i2c
        self._addr = addr
        self._data = bytearray(2)

    def begin(self):
        """Start a measurement; it can be read `measure_ms` later."""
        for command in (_POWER_ON, bytes([0x40 | _TIME >> 5]), bytes([0x60 | _TIME & 31]), _ONE_SHOT):
            self._i2c.writeto(self._addr, command)

    def read(self):
        """Lux: counts / 1.2, times the usual measurement time over the chosen one."""
        data = self._data
        self._i2c.readfrom_into(self._addr, data)
        return (data[0] << 8 | data[1]) * 5 * _USUAL_TIME // (6 * _TIME)
