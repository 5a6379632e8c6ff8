"""A file of grey frames as a camera, for boards without one: a byte a pixel, row by row, repeated without end."""

from picket.compat import const

_EIO = const(5)


class Frames:
    """A source of frames: `frame()` gives the next one, a buffer of width * height bytes, the same each time.

    file: open for reading bytes, without a header. ValueError: no whole number of frames.
    """

    def __init__(self, file, width, height):
        self.width = width
        self.height = height
        self._file = file
        self._frame = bytearray(width * height)
        size = file.seek(0, 2)
        if size == 0 or size % len(self._frame):
            raise ValueError("recording: %d bytes are no whole frames of %d" % (size, len(self._frame)))
        file.seek(0)

    def start(self):
        pass

    def stop(self):
        pass

    def frame(self):
        """The next frame. OSError: the file can't be read."""
        frame = self._frame
        if self._file.readinto(frame) != len(frame):
            self._file.seek(0)
            if self._file.readinto(frame) != len(frame):
                raise OSError(_EIO)
        return frame


def from_config(section, channels):
    file = open(section["file"], "rb")  # noqa: SIM115 - open for as long as the source is used
    return Frames(file, section["width"], section["height"])
