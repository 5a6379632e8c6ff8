"""ST IIS3DWB vibration sensor on SPI: 26.667 kHz through its FIFO, one axis into an int16 window.

Register facts: ST's data sheet DS12569 and application note AN5444.
"""

from picket_native import gather_i16

from picket.compat import const, sleep_ms
from picket.sensors import OVERRUN

_FIFO_CTRL1 = const(0x07)
_FIFO_CTRL2 = const(0x08)
_FIFO_CTRL3 = const(0x09)
_FIFO_CTRL4 = const(0x0A)
_INT1_CTRL = const(0x0D)
_WHO_AM_I = const(0x0F)
_CTRL1_XL = const(0x10)
_CTRL3_C = const(0x12)
_CTRL4_C = const(0x13)
_FIFO_STATUS1 = const(0x3A)
_FIFO_DATA_OUT_TAG = const(0x78)
_READ = const(0x80)  # first bit of a transfer's address byte

_ID = const(0x7B)
_XL_ENABLE = const(0xA0)  # CTRL1_XL: the one output rate, 26.667 kHz
_SW_RESET = const(0x01)  # CTRL3_C
_BDU_IF_INC = const(0x44)  # CTRL3_C: no torn samples; the address grows in bursts
_DRDY_MASK_NO_I2C = const(0x0C)  # CTRL4_C: hold samples back until the filters have settled
_BDR_26667 = const(0x0A)  # FIFO_CTRL3
_BYPASS = const(0)  # FIFO_CTRL4
_CONTINUOUS = const(6)
_INT1_FIFO_TH = const(0x08)
_OVERRUN_BITS = const(0x48)  # FIFO_STATUS2: overrun now, overrun since it was last read
_TAG_ACCEL = const(0x02)

_WORD = const(7)  # a tag, then x, y, z
_BURST_LOG2 = const(7)  # 128 words, 896 bytes, 0.7 ms at 10 MHz
_WATERMARK = const(128)
_BOOT_MS = const(10)
_SETTLE_MS = const(10)
_ENODEV = const(19)
_ETIMEDOUT = const(110)
_EIO = const(5)

# g -> (CTRL1_XL full-scale bits, micro-g per count); 0 ±2, 1 ±16, 2 ±4, 3 ±8 in the chip's own order
_RANGES = {2: (0x00, 61), 4: (0x08, 122), 8: (0x0C, 244), 16: (0x04, 488)}


class IIS3DWB:
    """See `picket.sensors` for the interface.

    spi: a bus in mode 0 or 3, at most 10 MHz; cs: an output pin, idle high. OSError: ENODEV, or ETIMEDOUT in reset.
    """

    channels = 1
    rate_hz = 26667
    poll_ms = 5  # the FIFO's 512 words last 19 ms

    def __init__(self, spi, cs, range_g=8, axis="x"):
        if range_g not in _RANGES:
            raise ValueError(f"range_g: {range_g} is none of 2, 4, 8, 16")
        if axis not in ("x", "y", "z"):
            raise ValueError(f"axis: {axis} is none of x, y, z")
        self.overruns = 0
        self._spi = spi
        self._cs = cs
        self._offset = 1 + 2 * "xyz".index(axis)
        self._address = bytearray(1)
        self._pair = bytearray(2)
        self._status = bytearray(2)
        self._words = bytearray(_WORD << _BURST_LOG2)
        view = memoryview(self._words)
        # One view for each power of two, so that a burst of any length needs no new one.
        self._bursts = [view[: _WORD << k] for k in range(_BURST_LOG2 + 1)]
        cs(1)
        self._identify()
        self._reset()
        self._write(_CTRL4_C, _DRDY_MASK_NO_I2C)
        self._write(_CTRL3_C, _BDU_IF_INC)
        self._write(_FIFO_CTRL1, _WATERMARK & 0xFF)
        self._write(_FIFO_CTRL2, _WATERMARK >> 8)
        self._write(_FIFO_CTRL3, _BDR_26667)
        self._write(_INT1_CTRL, _INT1_FIFO_TH)
        self.set_range(range_g)

    def set_range(self, range_g):
        """Choose the full scale, in g; stops the FIFO, because words of two scales would stand in it side by side."""
        bits, self.ug_per_count = _RANGES[range_g]
        self.range_g = range_g
        self.stop()
        self._write(_CTRL1_XL, _XL_ENABLE | bits)
        sleep_ms(_SETTLE_MS)

    def start(self):
        """Empty the FIFO and let it run; only bypass mode empties it and clears an overrun."""
        self._write(_FIFO_CTRL4, _BYPASS)
        self._read(_FIFO_STATUS1, self._status)
        self._write(_FIFO_CTRL4, _CONTINUOUS)

    def stop(self):
        self._write(_FIFO_CTRL4, _BYPASS)

    def read_into(self, window, at=0):
        """Move what waits in the FIFO, as far as it fits, into the int16 buffer. OSError EIO: a word is no sample."""
        status = self._status
        self._read(_FIFO_STATUS1, status)
        if status[1] & _OVERRUN_BITS:
            self.overruns += 1
            self.start()
            return OVERRUN
        count = min(status[0] | (status[1] & 3) << 8, len(window) - at)
        words = self._words
        end = at + count
        k = _BURST_LOG2
        while at < end:
            while end - at < 1 << k:
                k -= 1
            self._read(_FIFO_DATA_OUT_TAG, self._bursts[k])
            if words[0] >> 3 != _TAG_ACCEL:
                raise OSError(_EIO)
            gather_i16(words, window, 1 << k, _WORD, self._offset, at)
            at += 1 << k
        return count

    def _identify(self):
        # After power-up the chip loads its trimming values for 10 ms and may not answer before.
        for _ in range(3):
            found = self._register(_WHO_AM_I)
            if found == _ID:
                return
            sleep_ms(_BOOT_MS)
        raise OSError(_ENODEV, f"IIS3DWB: WHO_AM_I is 0x{found:02x}, not 0x{_ID:02x}")

    def _reset(self):
        self._write(_CTRL3_C, _SW_RESET)
        for _ in range(10):
            sleep_ms(1)
            if not self._register(_CTRL3_C) & _SW_RESET:
                return
        raise OSError(_ETIMEDOUT, "IIS3DWB: stays in reset")

    def _register(self, register):
        pair = self._pair
        self._read(register, pair)
        return pair[0]

    def _read(self, register, buffer):
        self._address[0] = register | _READ
        self._cs(0)
        self._spi.write(self._address)
        self._spi.readinto(buffer)
        self._cs(1)

    def _write(self, register, value):
        pair = self._pair
        pair[0] = register
        pair[1] = value
        self._cs(0)
        self._spi.write(pair)
        self._cs(1)


def from_config(section, channels):
    from machine import SPI, Pin

    spi = SPI(section["spi"], baudrate=10_000_000, polarity=0, phase=0)
    return IIS3DWB(spi, Pin(section["cs"], Pin.OUT, value=1), section["range_g"], section["axis"])
