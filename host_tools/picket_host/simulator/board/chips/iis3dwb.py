"""ST IIS3DWB: SPI slave, registers, 512-word FIFO. Facts: data sheet DS12569, application note AN5444.

Modelled: power-down, the four full scales, software reset and reboot with their times, FIFO modes bypass, FIFO and
continuous with watermark, full and overrun flags, address increment with the FIFO's roll-over, data ready, a steady
25 °C, INT1 for FIFO events, both SPI modes and the 10 MHz limit. Not modelled: filters, self-test, timestamp, wake-up
events, the single-axis mode.
"""

from _sim import fifo_words
from micropython import const

_FIFO_CTRL1 = const(0x07)
_FIFO_CTRL2 = const(0x08)
_FIFO_CTRL3 = const(0x09)
_FIFO_CTRL4 = const(0x0A)
_INT1_CTRL = const(0x0D)
_WHO_AM_I = const(0x0F)
_CTRL1_XL = const(0x10)
_CTRL3_C = const(0x12)
_STATUS = const(0x1E)
_OUT_TEMP_L = const(0x20)
_OUTX_L = const(0x28)
_OUTZ_H = const(0x2D)
_FIFO_STATUS1 = const(0x3A)
_FIFO_STATUS2 = const(0x3B)
_TIMESTAMP3 = const(0x43)
_FIFO_TAG = const(0x78)
_FIFO_Z_H = const(0x7E)
_REGISTERS = const(0x80)

_BOOT = const(0x80)
_IF_INC = const(0x04)
_SW_RESET = const(0x01)
_BOOT_US = const(10_000)
_RESET_US = const(50)
_MAX_BAUDRATE = const(10_000_000)

_XL_ENABLED = const(5)  # CTRL1_XL bits 7..5
_BDR_26667 = const(0x0A)
_MODE_BYPASS = const(0)
_MODE_FIFO = const(1)
_MODE_CONTINUOUS = const(6)
_FIFO_WORDS = const(512)
_OVERRUN = const(0x40)
_OVERRUN_LATCHED = const(0x08)
_FULL = const(0x20)
_WATERMARK = const(0x80)
_INT1_FIFO_TH = const(0x08)
_INT1_FIFO_OVR = const(0x10)
_INT1_FIFO_FULL = const(0x20)
_TAG_ACCEL = const(0x10)  # sensor 2 in bits 7..3

_FRAME_BYTES = const(6)
_WORD_BYTES = const(7)
_BULK_FRAMES = const(128)  # the longest burst that the fast path takes; longer ones go byte by byte

# The recordings' full scale is 8 g; FS bits 0 ±2, 1 ±16, 2 ±4, 3 ±8: their factor as a shift to the left.
_SHIFTS = (2, -1, 1, 0)


class IIS3DWB:
    """One chip.

    track: what it senses; now_us: the surroundings' clock; who_am_i: another than the default makes it a wrong chip.
    """

    FRAME_BYTES = _FRAME_BYTES
    RATE_HZ = 26667

    def __init__(self, track, now_us, who_am_i=0x7B):
        self.track = track
        self._now_us = now_us
        self._who_am_i = who_am_i
        self._regs = bytearray(_REGISTERS)
        self._frames = bytearray(_BULK_FRAMES * _FRAME_BYTES)
        self._selected = False
        self._clocked_right = True
        self._busy_until_us = _BOOT_US
        self._defaults()

    def _defaults(self):
        regs = self._regs
        for i in range(_REGISTERS):
            regs[i] = 0
        regs[_WHO_AM_I] = self._who_am_i
        regs[_CTRL3_C] = _IF_INC
        self._address = -1
        self._reading = False
        self._mode = _MODE_BYPASS
        self._sampling = False
        self._batching = False
        self._next = 0  # frame number of the oldest word in the FIFO
        self._end = 0  # frame number after the youngest, as long as nothing is batched
        self._overrun = False
        self._overrun_latched = False
        self._status_latched = False
        self._shown = -1  # frame number in the output registers

    # The bus

    def clock(self, baudrate, polarity, phase):
        """How the bus is set up: modes 0 and 3, at most 10 MHz; otherwise nothing is understood."""
        self._clocked_right = polarity == phase and baudrate <= _MAX_BAUDRATE

    def select(self, level):
        """The level of the CS line: a transfer begins when it falls."""
        self._selected = not level
        self._address = -1

    def exchange(self, out):
        """One byte each way: returns what the chip answers while it receives `out`."""
        if not self._selected or not self._clocked_right:
            return 0xFF
        if self._address < 0:
            self._address = out & 0x7F
            self._reading = out & 0x80 != 0
            return 0xFF
        answer = 0xFF
        if self._reading:
            answer = self._load(self._address)
        else:
            self._store(self._address, out)
        self._increment()
        return answer

    def fill(self, buffer, write):
        """Receive into `buffer` while `write` is sent: whole FIFO words in bulk, the rest byte by byte."""
        n = len(buffer) // _WORD_BYTES
        if (
            self._address == _FIFO_TAG
            and self._reading
            and self._selected
            and self._clocked_right
            and 0 < n <= _BULK_FRAMES
            and n * _WORD_BYTES == len(buffer)
            and self._regs[_CTRL3_C] & _IF_INC
            and n <= self._level()
        ):
            self._fetch(self._next, n)
            self._next += n
            fifo_words(self._frames, n, buffer, _TAG_ACCEL)
            return
        for i in range(len(buffer)):
            buffer[i] = self.exchange(write)

    def int1(self):
        """The level of the INT1 pin."""
        enabled = self._regs[_INT1_CTRL]
        flags = self._fifo_flags()
        return int(
            enabled & _INT1_FIFO_TH != 0
            and flags & _WATERMARK != 0
            or enabled & _INT1_FIFO_OVR != 0
            and flags & _OVERRUN != 0
            or enabled & _INT1_FIFO_FULL != 0
            and flags & _FULL != 0
        )

    # Registers

    def _load(self, address):
        regs = self._regs
        if address == _FIFO_TAG:
            self._pop()
        elif address == _FIFO_STATUS1:
            self._latch_status()
            self._status_latched = True
        elif address == _FIFO_STATUS2:
            # Read behind FIFO_STATUS1 it belongs to the same moment, or the level could tear.
            if not self._status_latched:
                self._latch_status()
            self._status_latched = False
            self._overrun_latched = False
        elif address == _STATUS:
            return 0x05 if self._sampling and self._produced() - 1 != self._shown else 0x00
        elif address == _OUTX_L:
            self._show()
        elif address == _CTRL3_C:
            if self._now_us() >= self._busy_until_us:
                regs[_CTRL3_C] &= ~(_BOOT | _SW_RESET)
        elif address == _WHO_AM_I and self._now_us() < self._busy_until_us:
            return 0x00
        return regs[address]

    def _store(self, address, value):
        if address == _WHO_AM_I or _STATUS <= address <= _TIMESTAMP3 or address >= _FIFO_TAG:
            return
        if address == _CTRL3_C and value & (_SW_RESET | _BOOT):
            if value & _SW_RESET:
                self._defaults()
                value = _IF_INC | value & (_SW_RESET | _BOOT)
            self._busy_until_us = self._now_us() + (_BOOT_US if value & _BOOT else _RESET_US)
        self._regs[address] = value
        if address == _FIFO_CTRL4:
            self._set_mode(value & 0x07)
        elif address in (_CTRL1_XL, _FIFO_CTRL3):
            self._set_sampling()

    def _increment(self):
        if self._address == _FIFO_Z_H:
            self._address = _FIFO_TAG
        elif self._regs[_CTRL3_C] & _IF_INC:
            self._address = (self._address + 1) & 0x7F

    # Samples

    def _produced(self):
        return self.track.frame_at(self._now_us())

    def _set_sampling(self):
        self._level()
        self._sampling = self._regs[_CTRL1_XL] >> 5 == _XL_ENABLED
        self._set_batching()

    def _set_mode(self, mode):
        if mode == self._mode:
            return
        self._level()
        self._mode = mode
        if mode == _MODE_BYPASS:
            self._next = self._end = 0
            self._overrun = self._overrun_latched = False
        self._set_batching()

    def _set_batching(self):
        batched = self._sampling and self._regs[_FIFO_CTRL3] & 0x0F == _BDR_26667
        batching = batched and self._mode in (_MODE_FIFO, _MODE_CONTINUOUS)
        if batching and not self._batching:
            # What the FIFO still held from before a pause is dropped: new words would not be its neighbours.
            self._next = self._end = self._produced()
        self._batching = batching

    def _level(self):
        """Bring the FIFO up to now; how many words it holds."""
        if self._batching:
            self._end = self._produced()
            excess = self._end - self._next - _FIFO_WORDS
            if self._mode == _MODE_FIFO and excess >= 0:
                self._end -= excess
                self._batching = False  # full once, it takes no more until bypass mode has emptied it
            elif excess > 0:
                self._next += excess
                self._overrun = self._overrun_latched = True
            elif excess < 0:
                self._overrun = False
        return self._end - self._next

    def _latch_status(self):
        flags = self._fifo_flags()
        level = self._end - self._next
        self._regs[_FIFO_STATUS1] = level & 0xFF
        self._regs[_FIFO_STATUS2] = level >> 8 | flags

    def _fifo_flags(self):
        level = self._level()
        flags = _OVERRUN_LATCHED if self._overrun_latched else 0
        if self._overrun:
            flags |= _OVERRUN
        if level == _FIFO_WORDS:
            flags |= _FULL
        watermark = self._regs[_FIFO_CTRL1] | (self._regs[_FIFO_CTRL2] & 1) << 8
        if watermark and level >= watermark:
            flags |= _WATERMARK
        return flags

    def _pop(self):
        """Move the oldest word into the FIFO's output registers; an empty FIFO shows zeros."""
        regs = self._regs
        if self._level() == 0:
            for i in range(_FIFO_TAG, _FIFO_Z_H + 1):
                regs[i] = 0
            return
        self._fetch(self._next, 1)
        self._next += 1
        regs[_FIFO_TAG] = _TAG_ACCEL
        for i in range(_FRAME_BYTES):
            regs[_FIFO_TAG + 1 + i] = self._frames[i]

    def _show(self):
        """Latch the newest sample in the output registers."""
        if not self._sampling:
            return
        self._shown = self._produced() - 1
        self._fetch(max(self._shown, 0), 1)
        for i in range(_FRAME_BYTES):
            self._regs[_OUTX_L + i] = self._frames[i]

    def _fetch(self, first, count):
        """Frames of the track into `_frames`, as counts of the selected full scale."""
        frames = self._frames
        self.track.read(first, count, frames)
        shift = _SHIFTS[self._regs[_CTRL1_XL] >> 2 & 3]
        if shift == 0:
            return
        for i in range(0, count * _FRAME_BYTES, 2):
            value = ((frames[i] | frames[i + 1] << 8) ^ 0x8000) - 0x8000
            value = value << shift if shift > 0 else value >> -shift
            value = -32768 if value < -32768 else 32767 if value > 32767 else value
            frames[i] = value & 0xFF
            frames[i + 1] = value >> 8 & 0xFF
