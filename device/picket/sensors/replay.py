"""A recording as a source, for boards without the chip: little-endian int16 frames of a file, at their own pace."""

from picket_native import gather_i16

from picket.compat import const
from picket.sensors.pace import Pace

_BLOCK_FRAMES = const(64)
_EIO = const(5)


class Replay:
    """See `picket.sensors` for the interface.

    file: open for reading bytes, without a header, repeated without end; channels: int16 values in its frames; pick:
    the one to take (None: all of them). ValueError: no whole number of frames. A file waits, so nothing overruns.
    """

    overruns = 0
    slack_ms = const(900)  # below what `Pace` makes of a longer gap

    def __init__(self, file, channels, rate_hz, pick=None):
        self.channels = channels if pick is None else 1
        self.rate_hz = rate_hz
        self.poll_ms = 5
        self._stride = 2 * channels
        self._pick = pick
        self._pace = Pace(rate_hz)
        self._block = bytearray(_BLOCK_FRAMES * self._stride)
        size = file.seek(0, 2)
        if size == 0 or size % self._stride:
            raise ValueError(f"recording: {size} bytes are no whole frames of {self._stride}")
        self._file = file
        self._waiting = 0
        self._held = 0  # frames in the block
        self._used = 0  # and how many of them are used up
        self._file.seek(0)

    def start(self):
        self._pace.begin()
        self._waiting = 0

    def stop(self):
        pass

    def read_into(self, samples, at=0):
        """Move the frames that are due, as far as they fit, into the int16 buffer. OSError: the file cannot be read."""
        self._waiting += self._pace.due()
        count = min(self._waiting, (len(samples) - at) // self.channels)
        self._waiting -= count
        left = count
        while left:
            if self._used == self._held:
                self._refill()
            run = min(left, self._held - self._used)
            self._gather(samples, at, run)
            self._used += run
            at += run * self.channels
            left -= run
        return count

    def _refill(self):
        got = self._file.readinto(self._block)
        if got < self._stride:
            self._file.seek(0)
            got = self._file.readinto(self._block)
            if got < self._stride:
                raise OSError(_EIO)
        self._held = got // self._stride
        self._used = 0

    def _gather(self, samples, at, run):
        start = self._used * self._stride
        if self._pick is None:
            # All channels of a run are neighbours: one stretch of values.
            gather_i16(self._block, samples, run * self.channels, 2, start, at)
        else:
            gather_i16(self._block, samples, run, self._stride, start + 2 * self._pick, at)


def from_config(section, channels):
    file = open(section["file"], "rb")  # noqa: SIM115 - open for as long as the source is used
    if "axis" in section:
        return Replay(file, 3, section["rate_hz"], "xyz".index(section["axis"]))
    return Replay(file, channels, section["rate_hz"])
