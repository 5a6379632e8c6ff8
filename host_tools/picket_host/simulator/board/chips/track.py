"""What a chip senses: recordings one after the other on the surroundings' clock, read by frame number.

Frame `i` of the surroundings is the one that ends the i-th period of `rate_hz` since power-on; so nothing has to run
while nobody looks.
"""

from micropython import const

# 8 frames of the widest chip: what lies behind a seam between recordings is copied in pieces of this.
_SEAM_BYTES = const(112)
_EIO = const(5)


class Track:
    """A timeline of `.i16` recordings of one frame size, and of `rate_hz` frames in `period_s` seconds.

    `load` allocates; `frame_at` and `read` do not, so that they may run while the device has locked its heap.
    """

    def __init__(self, files, frame_bytes, rate_hz, period_s=1):
        self.rate_hz = rate_hz
        self._period_us = period_s * 1_000_000
        self._files = files
        self._frame_bytes = frame_bytes
        self._starts = ()
        self._recordings = ()
        self._frames = ()
        self._at = -1  # index of the entry that was read last
        self._seam = bytearray(_SEAM_BYTES // frame_bytes * frame_bytes)

    def load(self, timeline, now_us):
        """Take the timeline of board.json: a list of {"at_s": number or "now", "file": name}.

        What was sensed before goes on until the first entry sets in. ValueError, OSError, KeyError: the timeline does
        not hold; the old one stays.
        """
        entries = []
        for entry in timeline:
            at_s = entry["at_s"]
            start_us = now_us if at_s == "now" else int(at_s * 1_000_000)
            recording, frames = self._opened(entry["file"])
            entries.append((self.frame_at(start_us), recording, frames))
        entries.sort(key=lambda entry: entry[0])
        self._select(self.frame_at(now_us), 1)
        for i in range(len(self._starts)):
            if i == self._at and entries and self._starts[i] < entries[0][0]:
                entries.insert(0, (self._starts[i], self._recordings[i], self._frames[i]))
            else:
                self._recordings[i].close()
        self._starts = [start for start, _, _ in entries]
        self._recordings = [recording for _, recording, _ in entries]
        self._frames = [frames for _, _, frames in entries]
        self._at = -1

    def frame_at(self, us):
        """How many frames have ended by then."""
        return us * self.rate_hz // self._period_us

    def read(self, first, count, out):
        """Write the frames from number `first` to the beginning of `out`; zeros before the first recording sets in."""
        size = self._frame_bytes
        done = 0
        while done < count:
            run = self._select(first, count - done)
            if self._at < 0:
                for i in range(done * size, (done + run) * size):
                    out[i] = 0
            else:
                position = (first - self._starts[self._at]) % self._frames[self._at]
                run = min(run, self._frames[self._at] - position)
                recording = self._recordings[self._at]
                recording.seek(position * size)
                if done == 0:
                    got = recording.readinto(out, run * size)
                else:
                    run = min(run, _SEAM_BYTES // size)
                    got = recording.readinto(self._seam, run * size)
                    at = done * size
                    for i in range(run * size):
                        out[at + i] = self._seam[i]
                if got != run * size:
                    raise OSError(_EIO)
            first += run
            done += run

    def _opened(self, name):
        """A recording and how many frames it has."""
        recording = self._files.open(name, "rb")
        size = recording.seek(0, 2)
        if size == 0 or size % self._frame_bytes:
            recording.close()
            raise ValueError(f"{name}: {size} bytes are no whole frames of {self._frame_bytes}")
        return recording, size // self._frame_bytes

    def _select(self, frame, count):
        """Find the entry that frame falls into; how many of `count` frames from there on belong to it."""
        starts = self._starts
        if self._at >= 0 and frame < starts[self._at]:
            self._at = -1
        while self._at + 1 < len(starts) and frame >= starts[self._at + 1]:
            self._at += 1
        return count if self._at + 1 >= len(starts) else min(count, starts[self._at + 1] - frame)
