"""Pictures: one frame of a camera every hop, cut and shrunk to the model's size, straight into its int8 input.

pipeline.bin: `PIM1`, u16 width, u16 height, u16 hop_ms, u8 min_contrast, u8 frozen_frames.
"""

import struct
from array import array

from picket_native import center_pixels, fit_pixels, pixel_stats

from picket.compat import const, ticks_diff, ticks_ms
from picket.features.window import Paced
from picket.sensors import checks

_FORMAT = "<4sHHHBB"
_BYTES = const(12)
_MAX_SIDE = const(1024)
_DARKEST = const(0)  # what pixel_stats gives
_BRIGHTEST = const(1)
_MEAN = const(2)
_LOW = const(3)
_HIGH = const(4)
_DARK = const(8)  # mean of a picture without light
_GLARING = const(247)  # and of one that is overexposed
_RETRY_MS = const(20)  # when the camera has no frame yet
_PATIENCE_MS = const(2000)
_ETIMEDOUT = const(110)


class ImageFeatures:
    """params: the bytes of pipeline.bin; ValueError says what is wrong with them."""

    section = "camera"
    channels = 1
    values = None
    spoiling = checks.SPOILING

    def __init__(self, params):
        if len(params) != _BYTES:
            raise ValueError("%d bytes long, not %d" % (len(params), _BYTES))
        magic, width, height, self.hop_ms, self._min_contrast, self._frozen_frames = struct.unpack(_FORMAT, params)
        if magic != b"PIM1":
            raise ValueError("wrong magic")
        if not (1 <= width <= _MAX_SIDE and 1 <= height <= _MAX_SIDE and self.hop_ms and self._frozen_frames):
            raise ValueError("a size, the hop or the number of frozen frames is out of range")
        self.params = params
        self.width = width
        self.height = height
        self.inputs = width * height
        self._pixels = bytearray(self.inputs)
        self._picture = self._pixels  # the last one
        self._stats = array("h", [0] * 5)
        self._signature = array("h", [-1, -1])  # of the frame before
        self._same = 0

    def window(self, source):
        """Frames of a source. ValueError: it is not a camera."""
        if not hasattr(source, "frame"):
            raise ValueError("the source gives samples, not frames")
        return FrameWindow(source, self._pixels, self.width, self.height, self.hop_ms)

    def check(self, pixels):
        """Flags of `sensors.checks`: dark, blank or frozen is STUCK, overexposed is SATURATED. Does not allocate."""
        stats, before = self._stats, self._signature
        pixel_stats(pixels, stats)
        same = stats[_LOW] == before[0] and stats[_HIGH] == before[1]
        self._same = self._same + 1 if same else 0
        before[0] = stats[_LOW]
        before[1] = stats[_HIGH]
        if stats[_MEAN] >= _GLARING:
            return checks.SATURATED
        if stats[_MEAN] <= _DARK or stats[_BRIGHTEST] - stats[_DARKEST] < self._min_contrast:
            return checks.STUCK
        return checks.STUCK if self._same >= self._frozen_frames - 1 else 0

    def compute(self, pixels):
        """Take a picture of the model's size, as windows give it."""
        self._picture = pixels

    def feed(self, model):
        """Put the last frame into the model's input. Does not allocate."""
        center_pixels(self._picture, model.input(0))

    def level(self):
        """Mean brightness of the last frame, 0 to 1."""
        return self._stats[_MEAN] / 255


class FrameWindow(Paced):
    """One frame every hop. samples: width * height bytes."""

    def __init__(self, source, samples, width, height, hop_ms):
        super().__init__(source, samples, hop_ms)
        self._width = width
        self._height = height
        self._asked = 0  # for the frame that is due

    def poll(self):
        """Take the frame that is due; True when it has come. OSError: the camera's, or it gives no frame for 2 s."""
        if not self._capturing and not self._is_due():
            return False
        try:
            if not self._capturing:
                self._capturing = True
                self._asked = ticks_ms()
                self._source.start()
            frame = self._source.frame()
            if frame is None:
                if ticks_diff(ticks_ms(), self._asked) > _PATIENCE_MS:
                    raise OSError(_ETIMEDOUT)
                return False
            self.end_ms = ticks_ms()
            fit_pixels(frame, self._source.width, self._source.height, self.samples, self._width, self._height)
            self._source.stop()
        except OSError:
            self._give_up()
            raise
        self._capturing = False
        return True

    def wait_ms(self):
        return _RETRY_MS if self._capturing else self.idle_ms()

    def idle_ms(self):
        # A camera has its own memory for the frame at hand: nothing is lost while it waits.
        return self._until_due_ms()


def from_params(params):
    return ImageFeatures(params)
