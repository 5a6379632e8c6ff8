"""Maxim MAX30102: I2C slave, registers, a FIFO of 32 samples. Facts: Maxim 19-7740.

Modelled: reset, part id, mode and slots as far as the infrared LED alone is concerned, sampling rate with averaging,
the FIFO with its pointers, its overflow counter and reading by bytes. Not modelled: the red LED, the interrupt pin,
ambient light, the LED's current (a recording has been made at some).
"""

from micropython import const

_FIFO_WRITE = const(0x04)
_OVERFLOW = const(0x05)
_FIFO_READ = const(0x06)
_FIFO_DATA = const(0x07)
_FIFO_CONFIG = const(0x08)
_MODE = const(0x09)
_SPO2_CONFIG = const(0x0A)
_SLOTS_1_2 = const(0x11)
_PART_ID = const(0xFF)

_RESET = const(0x40)
_RESET_US = const(1000)
_SHUTDOWN = const(0x80)
_MULTI_LED = const(0x07)
_SLOT_IR = const(0x02)
_DEPTH = const(32)
_SAMPLE_BYTES = const(3)
_MOST_LOST = const(31)  # the overflow counter stays there
_RATES_HZ = (50, 100, 200, 400, 800, 1000, 1600, 3200)


class MAX30102:
    """One chip. `track`: int16 samples of light, 16 of the chip's 18 bits; `now_us`: the surroundings' clock."""

    FRAME_BYTES = 2
    RATE_HZ = 100

    def __init__(self, track, now_us, who_am_i=0x15):
        self.track = track
        self._now_us = now_us
        self._part_id = who_am_i
        self._regs = bytearray(256)
        self._frame = bytearray(2)
        self._address = 0
        self._reset_until_us = 0
        self._defaults()

    def _defaults(self):
        for i in range(len(self._regs)):
            self._regs[i] = 0
        self._regs[_PART_ID] = self._part_id
        self._next = self._produced()  # number of the sample that comes into the FIFO next
        self._held = 0
        self._byte = 0  # of the sample that is being read

    # The bus

    def write(self, data):
        """A write transfer: the register's address, then values."""
        if len(data):
            self.write_register(data[0], data[1:])

    def write_register(self, address, data):
        self._address = address
        for value in data:
            self._store(address, value)
            address = self._address = (address + 1) & 0xFF

    def address(self, address):
        """Set the register that the next read begins with."""
        self._address = address

    def read(self, buffer):
        """A read transfer from the current address on; the FIFO's data register does not move on."""
        self._bring_up()
        if self._now_us() >= self._reset_until_us:
            self._regs[_MODE] &= ~_RESET
        for i in range(len(buffer)):
            if self._address == _FIFO_DATA:
                buffer[i] = self._pop()
            else:
                buffer[i] = self._regs[self._address]
                self._address = (self._address + 1) & 0xFF

    def _store(self, address, value):
        if self._now_us() < self._reset_until_us or address in (_PART_ID, _FIFO_DATA):
            return
        self._bring_up()
        if address == _MODE and value & _RESET:
            self._defaults()
            self._regs[_MODE] = _RESET
            self._reset_until_us = self._now_us() + _RESET_US
            return
        self._regs[address] = value & 0x1F if address in (_FIFO_WRITE, _OVERFLOW, _FIFO_READ) else value
        if address in (_FIFO_WRITE, _FIFO_READ):
            self._held = (self._regs[_FIFO_WRITE] - self._regs[_FIFO_READ]) % _DEPTH
            self._byte = 0
        elif address in (_MODE, _SPO2_CONFIG, _FIFO_CONFIG, _SLOTS_1_2):
            self._next = self._produced()

    # Samples

    def _sampling(self):
        regs = self._regs
        return regs[_MODE] & (_SHUTDOWN | _MULTI_LED) == _MULTI_LED and regs[_SLOTS_1_2] == _SLOT_IR

    def _rate_mhz(self):
        """Samples that reach the FIFO, in a thousand seconds."""
        average = min(self._regs[_FIFO_CONFIG] >> 5, 5)
        return _RATES_HZ[self._regs[_SPO2_CONFIG] >> 2 & 7] * 1000 >> average

    def _produced(self):
        return self._now_us() * self._rate_mhz() // 1_000_000_000

    def _bring_up(self):
        """Bring the FIFO up to now; without roll-over what comes into a full one is lost and counted."""
        produced = self._produced()
        if self._sampling():
            new = produced - self._next
            fits = min(new, _DEPTH - 1 - self._held)
            regs = self._regs
            regs[_FIFO_WRITE] = (regs[_FIFO_WRITE] + fits) % _DEPTH
            self._held += fits
            regs[_OVERFLOW] = min(regs[_OVERFLOW] + new - fits, _MOST_LOST)
        self._next = produced

    def _pop(self):
        if not self._held:
            return 0
        number = self._next - self._held
        self.track.read(self.track.frame_at(number * 1_000_000_000 // max(self._rate_mhz(), 1)), 1, self._frame)
        value = (((self._frame[0] | self._frame[1] << 8) ^ 0x8000) & 0xFFFF) << 2
        result = value >> 8 * (_SAMPLE_BYTES - 1 - self._byte) & 0xFF
        self._byte += 1
        if self._byte == _SAMPLE_BYTES:
            self._byte = 0
            self._held -= 1
            self._regs[_FIFO_READ] = (self._regs[_FIFO_READ] + 1) % _DEPTH
        return result
