"""Cameras: a file of frames, and the firmware's camera, of which the test holds the other end."""

import io

from support import error_of

from picket.sensors.camera import Camera
from picket.sensors.frames import Frames


def test_frames_come_one_after_the_other_and_again():
    source = Frames(io.BytesIO(bytes(range(18))), 3, 2)
    source.start()
    assert [bytes(source.frame())[0] for _ in range(5)] == [0, 6, 12, 0, 6]
    assert len(source.frame()) == 6


def test_a_file_of_no_whole_frames_is_refused():
    assert "19 bytes are no whole frames of 6" in error_of(ValueError, Frames, io.BytesIO(bytes(19)), 3, 2)
    assert "0 bytes" in error_of(ValueError, Frames, io.BytesIO(b""), 3, 2)


class _Device:
    def __init__(self, frame):
        self.frame = frame
        self.freed = 0

    def capture(self):
        return self.frame

    def free_buffer(self):
        self.freed += 1


def test_the_cameras_frame_is_used_where_it_lies_and_given_back():
    device = _Device(memoryview(bytearray(range(6))))
    source = Camera(device, 3, 2)
    source.start()
    assert source.frame() is device.frame
    source.stop()
    assert device.freed == 1


def test_a_camera_without_a_frame_or_with_one_of_another_size_is_an_error():
    assert "19" in error_of(OSError, Camera(_Device(None), 3, 2).frame)
    assert "7 bytes, not 6" in error_of(OSError, Camera(_Device(bytes(7)), 3, 2).frame)
