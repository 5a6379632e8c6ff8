"""MicroPython's `machine` as the ESP32 port has it, over the simulated board (`simworld`) and its process (`_sim`).

Transfers take the time that their simulation takes, not that of the wire. Pins have no interrupts: poll them.
"""

import io
import time

import _sim
import simworld
from micropython import const

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

_FREQUENCIES_HZ = (20_000_000, 40_000_000, 80_000_000, 160_000_000, 240_000_000)
_RTC_MEMORY_BYTES = const(2048)
_MP_STREAM_POLL = const(3)
_MP_STREAM_POLL_RD = const(1)
_RTC_FILE = "rtc-memory.bin"

_freq_hz = 160_000_000


def reset():
    _sim.reset(HARD_RESET)


def soft_reset():
    _sim.reset(SOFT_RESET)


def reset_cause():
    return _sim.reset_cause()


def lightsleep(time_ms):
    _sleep(time_ms)
    _sim.speed(simworld.speed)


def deepsleep(time_ms):
    _sim.wdt_stop()
    _sleep(time_ms)
    _sim.reset(DEEPSLEEP_RESET)


def _sleep(time_ms):
    # time.sleep() is one wait; sleep_ms() is many short ones, which keep the host busy when time runs fast.
    _sim.speed(simworld.sleep_speed)
    time.sleep(time_ms / 1000)


def idle():
    time.sleep_us(100)


def unique_id():
    return simworld.unique_id


def freq(hz=None):
    global _freq_hz
    if hz is None:
        return _freq_hz
    if hz not in _FREQUENCIES_HZ:
        raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
    _freq_hz = hz
    return None


class Pin:
    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2

    def __init__(self, id, mode=-1, pull=-1, *, value=None):
        if not isinstance(id, int) or not 0 <= id < len(simworld.levels):
            raise ValueError("invalid pin")
        self._id = id
        self._output = False
        self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None):
        if mode in (self.OUT, self.OPEN_DRAIN):
            self._output = True
        elif mode == self.IN:
            self._output = False
        if value is not None:
            self.value(value)
        elif pull == self.PULL_UP and not self._output:
            simworld.levels[self._id] = 1

    def value(self, x=None):
        if x is None:
            chip = simworld.interrupt_pins.get(self._id)
            return simworld.levels[self._id] if chip is None or self._output else chip.int1()
        level = 1 if x else 0
        simworld.levels[self._id] = level
        chip = simworld.select_pins.get(self._id)
        if chip is not None and self._output:
            chip.select(level)
        return None

    def __call__(self, x=None):
        return self.value(x)

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    def irq(self, *args, **kwargs):
        raise NotImplementedError("pins of the simulated board have no interrupts; poll value()")

    def __repr__(self):
        return f"Pin({self._id})"


def _pin_id(pin):
    return pin._id if isinstance(pin, Pin) else pin


class SPI:
    MSB = 0
    LSB = 1

    def __init__(
        self, id, baudrate=500_000, *, polarity=0, phase=0, bits=8, firstbit=MSB, sck=None, mosi=None, miso=None
    ):
        if id not in (1, 2):
            raise ValueError(f"SPI({id}) doesn't exist")
        if bits != 8 or firstbit != self.MSB:
            raise ValueError("the simulated bus has 8 bits, MSB first")
        self._bus = id
        self._setting = (baudrate, polarity, phase)

    def init(self, baudrate=500_000, *, polarity=0, phase=0):
        self._setting = (baudrate, polarity, phase)

    def deinit(self):
        pass

    def write(self, buf):
        chip = self._chip()
        if chip is not None:
            for i in range(len(buf)):
                chip.exchange(buf[i])

    def readinto(self, buf, write=0):
        chip = self._chip()
        if chip is not None:
            chip.fill(buf, write)
        else:
            for i in range(len(buf)):
                buf[i] = 0xFF

    def read(self, nbytes, write=0):
        buf = bytearray(nbytes)
        self.readinto(buf, write)
        return bytes(buf)

    def write_readinto(self, write_buf, read_buf):
        if len(write_buf) != len(read_buf):
            raise ValueError("buffers must be the same length")
        chip = self._chip()
        for i in range(len(read_buf)):
            read_buf[i] = 0xFF if chip is None else chip.exchange(write_buf[i])

    def _chip(self):
        """The chip on this bus, told how it is clocked; None on a bus where MISO hangs open."""
        simworld.poll()
        chip = simworld.spi.get(self._bus)
        if chip is not None:
            setting = self._setting
            chip.clock(setting[0], setting[1], setting[2])
        return chip


class I2C:
    def __init__(self, id=0, *, scl=None, sda=None, freq=400_000, timeout=50_000):
        if id not in (0, 1):
            raise ValueError(f"I2C({id}) doesn't exist")
        self._bus = id

    def init(self, **settings):
        pass

    def scan(self):
        simworld.poll()
        return sorted(simworld.i2c.get(self._bus, ()))

    def writeto(self, addr, buf, stop=True):
        simworld.i2c_chip(self._bus, addr).write(buf)
        return len(buf) + 1

    def readfrom_into(self, addr, buf, stop=True):
        simworld.i2c_chip(self._bus, addr).read(buf)

    def readfrom(self, addr, nbytes, stop=True):
        buf = bytearray(nbytes)
        self.readfrom_into(addr, buf)
        return bytes(buf)

    def readfrom_mem_into(self, addr, memaddr, buf, *, addrsize=8):
        chip = simworld.i2c_chip(self._bus, addr)
        chip.address(memaddr)
        chip.read(buf)

    def readfrom_mem(self, addr, memaddr, nbytes, *, addrsize=8):
        buf = bytearray(nbytes)
        self.readfrom_mem_into(addr, memaddr, buf)
        return bytes(buf)

    def writeto_mem(self, addr, memaddr, buf, *, addrsize=8):
        simworld.i2c_chip(self._bus, addr).write_register(memaddr, buf)


SoftI2C = I2C


class I2S(io.IOBase):
    """A bus that receives; a microphone sends what `i2s` of board.json describes, 24 dB below its full scale."""

    RX = 0
    MONO = 0
    STEREO = 1

    _HEADROOM_BITS = 12  # a sample of 16 bits in a word of 32, which four more would fill
    _BLOCK_FRAMES = 64

    def __init__(self, id, *, sck, ws, sd, mode, bits, format, rate, ibuf):
        if id not in (0, 1):
            raise ValueError("invalid id")
        if mode != self.RX or bits != 32 or format != self.MONO:
            raise ValueError("the simulated bus receives 32 bits, mono")
        self._bus = id
        self._rate_hz = rate
        self._capacity = ibuf // 4
        self._samples = bytearray(2 * self._BLOCK_FRAMES)
        self._waits = True  # until somebody polls
        self._next = self._now()

    def ioctl(self, request, argument):
        if request != _MP_STREAM_POLL:
            return -1
        self._waits = False
        return argument & _MP_STREAM_POLL_RD if self._available() else 0

    def readinto(self, buf):
        simworld.poll()
        wanted = len(buf) // 4
        while self._waits and self._available() < wanted:
            time.sleep_ms(1)
        frames = min(self._available(), wanted)
        track = simworld.i2s.get(self._bus)
        if track is not None and track.rate_hz != self._rate_hz:
            raise ValueError(f"i2s: the recordings have {track.rate_hz} Hz, the bus {self._rate_hz}")
        done = 0
        while done < frames:
            run = min(frames - done, self._BLOCK_FRAMES)
            if track is None:  # nothing holds the line
                for i in range(2 * run):
                    self._samples[i] = 0
            else:
                track.read(self._next, run, self._samples)
            _sim.i2s_words(self._samples, run, buf, self._HEADROOM_BITS, done)
            self._next += run
            done += run
        return 4 * frames

    def deinit(self):
        pass

    def _available(self):
        """Frames that wait; the oldest are gone when they don't fit the buffer."""
        now = self._now()
        self._next = max(self._next, now - self._capacity)
        return now - self._next

    def _now(self):
        return _sim.world_us() * self._rate_hz // 1_000_000


class ADC:
    ATTN_0DB = 0
    ATTN_2_5DB = 1
    ATTN_6DB = 2
    ATTN_11DB = 3
    WIDTH_12BIT = 3

    _FULL_SCALE_MV = (950, 1250, 1750, 2450)

    def __init__(self, pin, atten=ATTN_0DB):
        self._pin = _pin_id(pin)
        self._millivolts = bytearray(2)
        if not 32 <= self._pin <= 39:
            raise ValueError("invalid pin")
        self.atten(atten)

    def atten(self, atten):
        self._full_scale_mv = self._FULL_SCALE_MV[atten]

    def read_uv(self):
        simworld.poll()
        track = simworld.adc.get(self._pin)
        if track is None:
            return 0
        track.read(max(track.frame_at(_sim.world_us()) - 1, 0), 1, self._millivolts)
        millivolts = ((self._millivolts[0] | self._millivolts[1] << 8) ^ 0x8000) - 0x8000
        return 1000 * min(max(millivolts, 0), self._full_scale_mv)

    def read(self):
        return self.read_uv() * 4095 // (1000 * self._full_scale_mv)

    def read_u16(self):
        raw = self.read()
        return raw << 4 | raw >> 8


class RTC:
    _offset_s = 0  # what datetime() has set the clock forward by
    _written = False

    def datetime(self, value=None):
        now_s = int(time.time())
        if value is None:
            year, month, day, hour, minute, second, weekday = time.localtime(now_s + RTC._offset_s)[:7]
            return (year, month, day, weekday, hour, minute, second, 0)
        year, month, day, _, hour, minute, second = value[:7]
        RTC._offset_s = time.mktime((year, month, day, hour, minute, second, 0, 0)) - now_s
        return None

    def memory(self, data=None):
        """Bytes that outlive every reset but not a power cut."""
        if data is None:
            if reset_cause() == PWRON_RESET and not RTC._written:
                return b""
            try:
                with simworld.files.open(_RTC_FILE, "rb") as f:
                    return f.read()
            except OSError:
                return b""
        if len(data) > _RTC_MEMORY_BYTES:
            raise ValueError("buffer too long")
        with simworld.files.open(_RTC_FILE, "wb") as f:
            f.write(data)
        RTC._written = True
        return None


class WDT:
    def __init__(self, id=0, timeout=5000):
        if id != 0:
            raise ValueError
        if timeout <= 0:
            raise ValueError("WDT timeout too short")
        _sim.wdt(timeout)

    def feed(self):
        _sim.wdt_feed()
