"""Sensirion SHT3x: I2C slave with commands of two bytes. Facts: data sheet SHT3x-DIS, version 7.

Modelled: single shots without clock stretching and the time they take, no acknowledge while there is nothing to read,
checksums, soft reset. Not modelled: periodic modes, heater, alerts, status.
"""

import errno

from micropython import const

_MEASURE_US = {b"\x24\x00": 12_500, b"\x24\x0b": 4_500, b"\x24\x16": 2_500}  # high, medium, low repeatability
_SOFT_RESET = b"\x30\xa2"
_RESET_US = const(500)


class SHT3x:
    """One chip. `track`: what it senses, hundredths of a degree and of a percent; `now_us`: the surroundings' clock."""

    FRAME_BYTES = 4
    RATE_HZ = 1

    def __init__(self, track, now_us):
        self.track = track
        self._now_us = now_us
        self._frame = bytearray(4)
        self._ready_us = None  # when the measurement under way ends
        self._busy_until_us = 0

    def write(self, data):
        if self._now_us() < self._busy_until_us:
            raise OSError(errno.ENODEV)
        command = bytes(data)
        if command == _SOFT_RESET:
            self._ready_us = None
            self._busy_until_us = self._now_us() + _RESET_US
        elif command in _MEASURE_US:
            self.track.read(max(self.track.frame_at(self._now_us()) - 1, 0), 1, self._frame)
            self._ready_us = self._busy_until_us = self._now_us() + _MEASURE_US[command]
        elif len(data):
            raise OSError(errno.EIO)  # it does not acknowledge the second byte

    def read(self, buffer):
        if self._ready_us is None or self._now_us() < self._ready_us:
            raise OSError(errno.ENODEV)
        self._ready_us = None
        frame = self._frame
        values = [((frame[i] | frame[i + 1] << 8) ^ 0x8000) - 0x8000 for i in (0, 2)]
        words = ((values[0] + 4500) * 65535 // 17500, values[1] * 65535 // 10000)
        data = []
        for word in words:
            word = min(max(word, 0), 65535)
            data += [word >> 8, word & 0xFF, _checksum(word)]
        for i in range(len(buffer)):
            buffer[i] = data[i] if i < len(data) else 0xFF


def _checksum(word):
    """Polynomial division by x^8 + x^5 + x^4 + 1 of the word, its first byte inverted."""
    rest = (word ^ 0xFF00) << 8
    for bit in range(23, 7, -1):
        if rest >> bit & 1:
            rest ^= 0x131 << bit - 8
    return rest & 0xFF
