"""ROHM BH1750FVI: I2C slave with commands of one byte. Facts: ROHM's data sheet BH1750FVI.

Modelled: power, one-shot high resolution and its time, the measurement time register, the end of the range. Not
modelled: continuous modes, low resolution, asynchronous reset.
"""

from micropython import const

_POWER_DOWN, _POWER_ON, _RESET, _ONE_SHOT = const(0x00), const(0x01), const(0x07), const(0x20)
_USUAL_TIME = const(69)
_USUAL_US = const(120_000)


class BH1750:
    """One chip. `track`: what it senses, lux by four; `now_us`: the surroundings' clock."""

    FRAME_BYTES = 2
    RATE_HZ = 1

    def __init__(self, track, now_us):
        self.track = track
        self._now_us = now_us
        self._frame = bytearray(2)
        self._time = _USUAL_TIME
        self._powered = False
        self._counts = self._fresh = 0
        self._ready_us = 0

    def write(self, data):
        for i in range(len(data)):
            self._command(data[i])

    def read(self, buffer):
        if self._now_us() >= self._ready_us:
            self._counts = self._fresh
        for i in range(len(buffer)):
            buffer[i] = self._counts >> 8 if i == 0 else self._counts & 0xFF

    def _command(self, command):
        if command == _POWER_ON:
            self._powered = True
        elif command == _POWER_DOWN:
            self._powered = False
        elif command == _RESET and self._powered:
            self._counts = self._fresh = 0
        elif command >> 3 == 0x08:
            self._time = self._time & 0x1F | (command & 7) << 5
        elif command >> 5 == 3:
            self._time = self._time & 0xE0 | command & 0x1F
        elif command == _ONE_SHOT:
            self.track.read(max(self.track.frame_at(self._now_us()) - 1, 0), 1, self._frame)
            lux = 4 * (self._frame[0] | self._frame[1] << 8)
            self._fresh = min(lux * 6 * self._time // (5 * _USUAL_TIME), 0xFFFF)
            self._ready_us = self._now_us() + _USUAL_US * self._time // _USUAL_TIME
            self._powered = False
