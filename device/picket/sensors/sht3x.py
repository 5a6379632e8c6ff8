"""Sensirion SHT30, SHT31 or SHT35 on I2C: temperature and humidity, one measurement at a time.

Facts: Sensirion's data sheet SHT3x-DIS, version 7.
"""

from picket.compat import const, sleep_ms

_SOFT_RESET = b"\x30\xa2"
_MEASURE = b"\x24\x00"  # single shot, high repeatability, no clock stretching
_RESET_MS = const(2)
_MEASURE_MS = const(16)
_EIO = const(5)


class SHT3x:
    """OSError: it does not answer, or a checksum is wrong."""

    measure_ms = _MEASURE_MS

    def __init__(self, i2c, addr=0x44):
        self._i2c = i2c
        self._addr = addr
        self._data = bytearray(6)
        i2c.writeto(addr, _SOFT_RESET)
        sleep_ms(_RESET_MS)

    def begin(self):
        """Start a measurement; it can be read `measure_ms` later."""
        self._i2c.writeto(self._addr, _MEASURE)

    def read(self):
        """(hundredths of a degree, hundredths of a percent of relative humidity)."""
        data = self._data
        self._i2c.readfrom_into(self._addr, data)
        for at in (0, 3):
            if crc8(data, at, at + 2) != data[at + 2]:
                raise OSError(_EIO, "SHT3x: checksum")
        temperature = data[0] << 8 | data[1]
        humidity = data[3] << 8 | data[4]
        return (temperature * 17500 + 32767) // 65535 - 4500, (humidity * 10000 + 32767) // 65535


def crc8(data, start, end):
    """Sensirion's checksum: polynomial 0x31, all ones at first."""
    crc = 0xFF
    for i in range(start, end):
        crc ^= data[i]
        for _ in range(8):
            crc = (crc << 1 ^ 0x31 if crc & 0x80 else crc << 1) & 0xFF
    return crc
