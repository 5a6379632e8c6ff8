"""A digital microphone on I2S: 24 bits in a slot of 32, as INMP441, ICS-43434 or SPH0645 have them, to int16."""

import select

from picket_native import narrow_i32

from picket.compat import const, ticks_diff, ticks_ms
from picket.sensors import OVERRUN

_BLOCK_FRAMES = const(160)
_FRAME_BYTES = const(4)
_BUFFER_MS = const(500)  # the bus's own, which fills while nobody reads
_SLACK_MS = const(400)  # of it to be used, since it counts in whole blocks
_DEAD_MS = const(1000)
_EIO = const(5)
_ETIMEDOUT = const(110)


class Microphone:
    """See `picket.sensors` for the interface.

    open_bus(buffer_bytes): a machine.I2S that receives 32 bits, mono. gain_bits: each doubles the samples; with 0 the
    microphone's full scale is that of int16, which leaves quiet speech few counts. Sound that is too loud is clipped.
    """

    channels = 1
    slack_ms = _SLACK_MS

    def __init__(self, open_bus, rate_hz, gain_bits):
        self.rate_hz = rate_hz
        self.poll_ms = 10
        self.overruns = 0
        self._shift = 16 - gain_bits
        self._block = bytearray(_BLOCK_FRAMES * _FRAME_BYTES)
        self._held = 0  # frames in the block
        self._used = 0  # and how many of them are used up
        self._bus = open_bus(rate_hz * _FRAME_BYTES * _BUFFER_MS // 1000)
        # A bus that somebody has polled gives what it has instead of waiting for more.
        poll = select.poll()
        poll.register(self._bus, select.POLLIN)
        poll.poll(0)
        self._read_ms = self._heard_ms = ticks_ms()

    def start(self):
        """Listen from now on: what waits is forgotten."""
        while self._fill() == _BLOCK_FRAMES:
            pass
        self._held = self._used = 0
        self._read_ms = self._heard_ms = ticks_ms()

    def stop(self):
        pass  # the bus goes on, and start() forgets what it took meanwhile

    def read_into(self, samples, at=0):
        """Move what waits, as far as it fits, into the int16 buffer.

        OSError EIO: the bus gave a part of a sample; ETIMEDOUT: it has given none for a second.
        """
        now_ms = ticks_ms()
        if ticks_diff(now_ms, self._read_ms) > _SLACK_MS:
            self.overruns += 1
            self.start()
            return OVERRUN
        self._read_ms = now_ms
        begin = at
        end = len(samples)
        more = True  # may wait behind what is in the block
        while at < end:
            if self._used == self._held:
                if not more:
                    break
                more = self._fill() == _BLOCK_FRAMES
            run = min(end - at, self._held - self._used)
            narrow_i32(self._block, samples, run, self._shift, self._used, at)
            self._used += run
            at += run
        if at > begin:
            self._heard_ms = now_ms
        elif ticks_diff(now_ms, self._heard_ms) > _DEAD_MS:
            raise OSError(_ETIMEDOUT, "microphone: no clock, or not connected")
        return at - begin

    def _fill(self):
        """Take the next frames from the bus into the block; how many."""
        got = self._bus.readinto(self._block) or 0
        if got % _FRAME_BYTES:
            raise OSError(_EIO)
        self._held = got // _FRAME_BYTES
        self._used = 0
        return self._held


def from_config(section, channels):
    from machine import I2S, Pin

    def open_bus(buffer_bytes):
        return I2S(
            section["i2s"],
            sck=Pin(section["sck"]),
            ws=Pin(section["ws"]),
            sd=Pin(section["sd"]),
            mode=I2S.RX,
            bits=32,
            format=I2S.MONO,
            rate=section["rate_hz"],
            ibuf=buffer_bytes,
        )

    return Microphone(open_bus, section["rate_hz"], section["gain_bits"])
