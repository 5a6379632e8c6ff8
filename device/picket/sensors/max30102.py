"""Maxim MAX30102 on I2C: light through the skin, from its infrared LED, by way of its FIFO.

Register facts: Maxim 19-7740. Samples of 18 bits are taken down to 16 and moved to the range of int16.
"""

from picket.compat import const, sleep_ms
from picket.sensors import OVERRUN

_FIFO_WRITE = const(0x04)
_OVERFLOW = const(0x05)
_FIFO_READ = const(0x06)
_FIFO_DATA = const(0x07)
_FIFO_CONFIG = const(0x08)
_MODE = const(0x09)
_SPO2_CONFIG = const(0x0A)
_LED2_PULSE = const(0x0D)
_SLOTS_1_2 = const(0x11)
_PART_ID = const(0xFF)

_ID = const(0x15)
_RESET = const(0x40)
_MULTI_LED = const(0x07)
_SLOT_IR = const(0x02)
_AVERAGE_4 = const(0x40)  # of 400 samples a second
_SPO2_400_HZ_18_BITS = const(0x2F)  # and 4,096 nA full scale
_DEPTH = const(32)
_SAMPLE_BYTES = const(3)
_RATE_HZ = const(100)
_MIDDLE = const(32768)
_RESET_MS = const(10)
_ENODEV = const(19)
_ETIMEDOUT = const(110)


class MAX30102:
    """See `picket.sensors` for the interface; one channel, the brighter the higher, 100 a second.

    led_ma: current of the LED, 0.2 mA a step. OSError: ENODEV, or ETIMEDOUT in reset.
    """

    channels = 1
    rate_hz = _RATE_HZ
    poll_ms = 100
    slack_ms = 250  # of the 320 that the FIFO holds

    def __init__(self, i2c, addr=0x57, led_ma=7):
        self.overruns = 0
        self._i2c = i2c
        self._addr = addr
        self._byte = bytearray(1)
        self._pointers = bytearray(3)  # write, overflow counter, read
        self._block = bytearray(_DEPTH * _SAMPLE_BYTES)
        self._views = [memoryview(self._block)[: n * _SAMPLE_BYTES] for n in range(_DEPTH + 1)]
        if self._read(_PART_ID) != _ID:
            raise OSError(_ENODEV, "MAX30102: part id is 0x%02x, not 0x%02x" % (self._byte[0], _ID))
        self._reset()
        self._write(_FIFO_CONFIG, _AVERAGE_4)
        self._write(_SPO2_CONFIG, _SPO2_400_HZ_18_BITS)
        self._write(_LED2_PULSE, min(255, led_ma * 5))
        self._write(_SLOTS_1_2, _SLOT_IR)
        self._write(_MODE, _MULTI_LED)

    def start(self):
        """Empty the FIFO."""
        for register in (_FIFO_WRITE, _OVERFLOW, _FIFO_READ):
            self._write(register, 0)

    def stop(self):
        pass  # the chip goes on, and start() forgets what it took meanwhile

    def read_into(self, samples, at=0):
        """Move as many samples as wait and fit into the int16 buffer."""
        pointers = self._pointers
        self._i2c.readfrom_mem_into(self._addr, _FIFO_WRITE, pointers)
        if pointers[1]:
            self.overruns += 1
            self.start()
            return OVERRUN
        waiting = (pointers[0] - pointers[2]) % _DEPTH
        count = min(waiting, len(samples) - at)
        if count == 0:
            return 0
        block = self._block
        self._i2c.readfrom_mem_into(self._addr, _FIFO_DATA, self._views[count])
        for i in range(count):
            k = i * _SAMPLE_BYTES
            samples[at + i] = ((block[k] & 3) << 14 | block[k + 1] << 6 | block[k + 2] >> 2) - _MIDDLE
        return count

    def _reset(self):
        self._write(_MODE, _RESET)
        for _ in range(10):
            sleep_ms(_RESET_MS)
            if not self._read(_MODE) & _RESET:
                return
        raise OSError(_ETIMEDOUT, "MAX30102: stays in reset")

    def _read(self, register):
        self._i2c.readfrom_mem_into(self._addr, register, self._byte)
        return self._byte[0]

    def _write(self, register, value):
        self._byte[0] = value
        self._i2c.writeto_mem(self._addr, register, self._byte)


def from_config(section, channels):
    from machine import I2C

    return MAX30102(I2C(section["i2c"], freq=400_000), section["addr"], section["led_ma"])
