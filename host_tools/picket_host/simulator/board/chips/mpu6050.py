"""InvenSense MPU-6050: I2C slave, registers, 1,024-byte FIFO. Facts: RM-MPU-6000A and PS-MPU-6000A.

Modelled: sleep after power-up, device reset with its time, sample-rate divider and filter setting, full scales, data
registers that stay together within a burst, data ready, the FIFO with its choice of sources, reset and overflow by
bytes. Not modelled: the filters themselves, cycle mode, auxiliary bus, motion detection, the interrupt pin.
"""

from micropython import const

_SMPLRT_DIV = const(0x19)
_CONFIG = const(0x1A)
_GYRO_CONFIG = const(0x1B)
_ACCEL_CONFIG = const(0x1C)
_FIFO_EN = const(0x23)
_INT_STATUS = const(0x3A)
_ACCEL_XOUT_H = const(0x3B)
_GYRO_ZOUT_L = const(0x48)
_USER_CTRL = const(0x6A)
_PWR_MGMT_1 = const(0x6B)
_FIFO_COUNTH = const(0x72)
_FIFO_COUNTL = const(0x73)
_FIFO_R_W = const(0x74)
_WHO_AM_I = const(0x75)
_REGISTERS = const(0x80)

_DEVICE_RESET = const(0x80)
_SLEEP = const(0x40)
_USER_FIFO_EN = const(0x40)
_USER_FIFO_RESET = const(0x04)
_DATA_RDY = const(0x01)
_FIFO_OFLOW = const(0x10)
_RESET_US = const(50_000)  # the data sheet asks to wait 100 ms; the chip is done earlier

_SCALES_G = (2, 4, 8, 16)
_SCALES_DPS = (250, 500, 1000, 2000)
_FRAME_BYTES = const(14)
_FIFO_BYTES = const(1024)

# FIFO_EN bit -> bytes of the frame it puts into the FIFO, in the order in which the chip writes them
_SOURCES = ((0x08, 0, 6), (0x80, 6, 8), (0x40, 8, 10), (0x20, 10, 12), (0x10, 12, 14))


class MPU6050:
    """One chip. `track`: what it senses, at ±accel_g and ±gyro_dps; `now_us`: the surroundings' clock."""

    FRAME_BYTES = _FRAME_BYTES
    RATE_HZ = 100

    def __init__(self, track, now_us, who_am_i=0x68, accel_g=2, gyro_dps=250):
        self._recorded = _SCALES_G.index(accel_g), _SCALES_DPS.index(gyro_dps)
        self.track = track
        self._now_us = now_us
        self._who_am_i = who_am_i
        self._regs = bytearray(_REGISTERS)
        self._frame = bytearray(_FRAME_BYTES)
        self._frame_number = -1  # which sample `_frame` holds
        self._address = 0
        self._reset_until_us = 0
        self._defaults()

    def _defaults(self):
        regs = self._regs
        for i in range(_REGISTERS):
            regs[i] = 0
        regs[_WHO_AM_I] = self._who_am_i
        regs[_PWR_MGMT_1] = _SLEEP
        self._layout = b""  # indices of the frame's bytes that go into the FIFO
        self._running = False
        self._first = 0  # number of the first sample that went into the FIFO
        self._end = 0  # number after the last, as long as it is not running
        self._taken = 0  # bytes that have left the FIFO since it was reset
        self._overflow = False
        self._seen = -1  # newest sample that INT_STATUS has reported

    # The bus

    def write(self, data):
        """A write transfer: the register's address, then values."""
        if len(data) == 0:
            return
        self._address = data[0]
        for i in range(1, len(data)):
            self._store(self._address, data[i])
            self._increment()

    def write_register(self, address, data):
        self._address = address
        for i in range(len(data)):
            self._store(self._address, data[i])
            self._increment()

    def address(self, address):
        """Set the register that the next read begins with."""
        self._address = address

    def read(self, buffer):
        """A read transfer from the current address on."""
        self._latch()
        for i in range(len(buffer)):
            buffer[i] = self._load(self._address)
            self._increment()

    def _increment(self):
        if self._address != _FIFO_R_W:
            self._address = (self._address + 1) & 0x7F

    # Registers

    def _latch(self):
        """Bring what a transfer reads up to its beginning, so that no value tears while it lasts."""
        regs = self._regs
        if self._now_us() >= self._reset_until_us:
            regs[_PWR_MGMT_1] &= ~_DEVICE_RESET
        count = self._count()
        regs[_FIFO_COUNTH] = count >> 8
        regs[_FIFO_COUNTL] = count & 0xFF
        if _ACCEL_XOUT_H <= self._address <= _GYRO_ZOUT_L and self._awake():
            self._fetch(max(self._produced() - 1, 0))
            for i in range(_FRAME_BYTES):
                regs[_ACCEL_XOUT_H + i] = self._frame[i]

    def _load(self, address):
        if address == _FIFO_R_W:
            return self._pop()
        if address == _INT_STATUS:
            newest = self._produced() if self._awake() else self._seen
            status = _DATA_RDY if newest != self._seen else 0
            self._seen = newest
            if self._overflow:
                status |= _FIFO_OFLOW
                self._overflow = False
            return status
        return self._regs[address]

    def _store(self, address, value):
        if address == _WHO_AM_I or _INT_STATUS <= address <= _GYRO_ZOUT_L or _FIFO_COUNTH <= address <= _FIFO_COUNTL:
            return
        if address == _PWR_MGMT_1 and value & _DEVICE_RESET:
            self._defaults()
            self._reset_until_us = self._now_us() + _RESET_US
            self._regs[_PWR_MGMT_1] |= _DEVICE_RESET
            return
        if self._now_us() < self._reset_until_us:
            return
        self._count()
        self._regs[address] = value
        self._frame_number = -1  # its scale or its time may be another now
        if address == _FIFO_EN:
            self._layout = bytes([i for bit, first, end in _SOURCES if value & bit for i in range(first, end)])
        elif address == _USER_CTRL and value & _USER_FIFO_RESET:
            self._regs[_USER_CTRL] &= ~_USER_FIFO_RESET
            # It has no effect while the FIFO is on.
            if not value & _USER_FIFO_EN:
                self._end = self._first = self._taken = 0
        if address in (_FIFO_EN, _USER_CTRL, _PWR_MGMT_1, _SMPLRT_DIV, _CONFIG):
            self._run()

    # Samples

    def _awake(self):
        return not self._regs[_PWR_MGMT_1] & (_SLEEP | _DEVICE_RESET)

    def _rate_mhz(self):
        """Sampling rate in millihertz: 8 kHz without and 1 kHz with the low-pass filter, divided."""
        base_mhz = 8_000_000 if self._regs[_CONFIG] & 7 in (0, 7) else 1_000_000
        return base_mhz // (1 + self._regs[_SMPLRT_DIV])

    def _produced(self):
        return self._now_us() * self._rate_mhz() // 1_000_000_000

    def _run(self):
        """Begin or end a stretch of writing into the FIFO; what it held before a change of set-up is dropped."""
        running = self._awake() and self._regs[_USER_CTRL] & _USER_FIFO_EN != 0 and len(self._layout) > 0
        if running:
            self._first = self._produced()
            self._taken = 0
        self._running = running

    def _count(self):
        """Bring the FIFO up to now; how many bytes it holds."""
        if self._running:
            self._end = self._produced()
        count = (self._end - self._first) * len(self._layout) - self._taken
        if count > _FIFO_BYTES:
            # The oldest bytes are overwritten, frames or not.
            self._taken += count - _FIFO_BYTES
            self._overflow = True
            count = _FIFO_BYTES
        return count

    def _pop(self):
        if self._count() == 0:
            return 0
        self._fetch(self._first + self._taken // len(self._layout))
        value = self._frame[self._layout[self._taken % len(self._layout)]]
        self._taken += 1
        return value

    def _fetch(self, number):
        """Sample `number` of the chip into `_frame`, big-endian, as counts of the selected full scales."""
        if number == self._frame_number:
            return
        self._frame_number = number
        frame = self._frame
        self.track.read(self.track.frame_at(number * 1_000_000_000 // self._rate_mhz()), 1, frame)
        accel_shift = (self._regs[_ACCEL_CONFIG] >> 3 & 3) - self._recorded[0]
        gyro_shift = (self._regs[_GYRO_CONFIG] >> 3 & 3) - self._recorded[1]
        for i in range(0, _FRAME_BYTES, 2):
            value = ((frame[i] | frame[i + 1] << 8) ^ 0x8000) - 0x8000
            shift = accel_shift if i < 6 else gyro_shift if i > 6 else 0
            if shift >= 0:
                value >>= shift
            else:
                value = min(max(value << -shift, -32768), 32767)
            frame[i] = value >> 8 & 0xFF
            frame[i + 1] = value & 0xFF
