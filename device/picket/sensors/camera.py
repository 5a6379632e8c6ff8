"""A camera of firmware with the module `camera` (OV2640, OV5640 and others on the ESP32's parallel bus).

The module's interface: https://github.com/cnadler86/micropython-camera-API. Pins are those that the firmware was built
with for its board.
"""

from picket.compat import const

_ENODEV = const(19)

# Of the module's frame sizes those that a model wants, by their names in it.
_SIZES = {
    (96, 96): "R96X96",
    (128, 128): "R128X128",
    (160, 120): "QQVGA",
    (176, 144): "QCIF",
    (240, 176): "HQVGA",
    (240, 240): "R240X240",
    (320, 240): "QVGA",
    (640, 480): "VGA",
}


class Camera:
    """A source of frames, as `frames.Frames`. device: an open camera that gives grey frames of that size."""

    def __init__(self, device, width, height):
        self.width = width
        self.height = height
        self._device = device

    def start(self):
        pass

    def stop(self):
        """Give the frame's memory back to the camera."""
        self._device.free_buffer()

    def frame(self):
        """The newest frame, a view of the camera's memory until stop(). OSError ENODEV: it gives none."""
        frame = self._device.capture()
        if frame is None:
            raise OSError(_ENODEV)
        if len(frame) != self.width * self.height:
            raise OSError(_ENODEV, "the camera gives %d bytes, not %d" % (len(frame), self.width * self.height))
        return frame


def from_config(section, channels):
    try:
        import camera
    except ImportError:
        raise ValueError("the firmware has no module camera")
    size = section["width"], section["height"]
    if size not in _SIZES:
        raise ValueError("the camera has no frames of %d x %d; sizes are %s" % (size + (sorted(_SIZES),)))
    device = camera.Camera(
        pixel_format=camera.PixelFormat.GRAYSCALE,
        frame_size=getattr(camera.FrameSize, _SIZES[size]),
        grab_mode=camera.GrabMode.LATEST,
        fb_count=1,
    )
    return Camera(device, size[0], size[1])
