"""A camera as firmware with the user module `camera` has it (https://github.com/cnadler86/micropython-camera-API), over
the simulated surroundings: only grey frames, of the size that board.json gives its recordings.
"""

import errno

import simworld


class PixelFormat:
    GRAYSCALE = 3


class GrabMode:
    WHEN_EMPTY = 0
    LATEST = 1


class FrameSize:
    R96X96 = 0
    QQVGA = 1
    QCIF = 2
    HQVGA = 3
    R240X240 = 4
    QVGA = 5
    VGA = 6
    R128X128 = 7


_SIZES = ((96, 96), (160, 120), (176, 144), (240, 176), (240, 240), (320, 240), (640, 480), (128, 128))


class Camera:
    """OSError ENODEV: the board has no camera, or not one of frames of this size."""

    def __init__(self, *, pixel_format, frame_size, grab_mode=GrabMode.WHEN_EMPTY, fb_count=1):
        simworld.poll()
        sensor = simworld.camera
        if pixel_format != PixelFormat.GRAYSCALE:
            raise ValueError("this camera is simulated for grey frames alone")
        if sensor is None or sensor.size != _SIZES[frame_size]:
            raise OSError(errno.ENODEV)
        self._sensor = sensor
        self._frame = None

    def frame_available(self):
        return True

    def capture(self):
        """The newest frame."""
        simworld.poll()
        if self._frame is None:
            self._frame = self._sensor.new_frame()
        self._sensor.read(self._frame)
        return memoryview(self._frame)

    def free_buffer(self):
        pass

    def deinit(self):
        self._frame = None
