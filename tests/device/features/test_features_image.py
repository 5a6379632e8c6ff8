"""Pictures on their way into a model: frames on time, fitted, checked. The clock is the test's."""

from array import array

from support import error_of

from picket.features import image as module
from picket.features import window as window_module
from picket.features.image import from_params
from picket.sensors import checks

try:
    from micropython import heap_lock, heap_unlock
except ImportError:

    def heap_lock():
        pass

    def heap_unlock():
        pass


_SIDE = 8
_HOP_MS = 200


def _params(width=_SIDE, height=_SIDE, hop_ms=_HOP_MS, min_contrast=8, frozen=3, magic=b"PIM1"):
    pairs = b"".join([n.to_bytes(2, "little") for n in (width, height, hop_ms)])
    return magic + pairs + bytes([min_contrast, frozen])


class Camera:
    """Counts its frames in their first pixel; the rest is a slope. `late`: how often it has none yet."""

    channels = 1

    def __init__(self, width=_SIDE, height=_SIDE):
        self.width = width
        self.height = height
        self.now = 0
        self.late = 0
        self.broken = False
        self.count = 0
        self.stops = 0
        module.ticks_ms = window_module.ticks_ms = self.ticks_ms

    def ticks_ms(self):
        return self.now

    def start(self):
        pass

    def stop(self):
        self.stops += 1

    def frame(self):
        if self.broken:
            raise OSError(5)
        if self.late:
            self.late -= 1
            return None
        self.count += 1
        frame = bytearray([10 + i % 200 for i in range(self.width * self.height)])
        frame[0] = self.count
        return frame


class Model:
    """Stands for picket_native.Model: its input."""

    def __init__(self, count):
        self.values = array("b", bytes(count))

    def input(self, i):
        return self.values


def _next(window, camera):
    for _ in range(1000):
        if window.poll():
            return
        camera.now += max(1, window.wait_ms())
    raise AssertionError("no frame")


def test_a_frame_comes_every_hop_and_its_pixels_reach_the_model_less_128():
    camera = Camera()
    features = from_params(_params())
    window = features.window(camera)
    model = Model(features.inputs)
    times = []
    for k in range(1, 4):
        _next(window, camera)
        assert features.check(window.samples) == 0
        features.compute(window.samples)
        features.feed(model)
        assert model.values[0] == k - 128
        assert model.values[50] == 60 - 128
        assert window.number == k
        times.append(window.end_ms)
    assert [times[1] - times[0], times[2] - times[1]] == [_HOP_MS] * 2
    assert (camera.stops, window.missed) == (3, 0)


def test_a_frame_goes_its_way_without_allocating():
    camera = Camera()
    features = from_params(_params())
    window = features.window(camera)
    model = Model(features.inputs)
    _next(window, camera)
    ready = camera.frame()
    camera.frame = lambda: ready
    heap_lock()
    try:
        while not window.poll():
            camera.now += window.wait_ms()
        flags = features.check(window.samples)
        features.compute(window.samples)
        features.feed(model)
    finally:
        heap_unlock()
    assert flags == 0
    assert model.values[0] == ready[0] - 128


def test_a_larger_frame_is_cut_around_its_middle_and_shrunk():
    camera = Camera(4 * _SIDE, 2 * _SIDE)
    features = from_params(_params())
    window = features.window(camera)
    _next(window, camera)
    # The square in the middle begins in column 8; fields of 2 x 2 pixels of a slope of 1 a pixel and 32 a row.
    row = camera.width

    def field(x, y):
        at = [10 + (8 + 2 * x + dx + (2 * y + dy) * row) % 200 for dy in (0, 1) for dx in (0, 1)]
        return (sum(at) + 2) // 4

    assert [window.samples[i] for i in range(2 * _SIDE)] == [field(i % _SIDE, i // _SIDE) for i in range(2 * _SIDE)]


def test_hops_that_pass_unattended_count_as_missed():
    camera = Camera()
    window = from_params(_params()).window(camera)
    _next(window, camera)
    camera.now += 3 * _HOP_MS
    _next(window, camera)
    assert (window.number, window.missed) == (4, 2)


def test_a_frame_that_comes_late_is_waited_for():
    camera = Camera()
    window = from_params(_params()).window(camera)
    camera.late = 3
    assert not window.poll()
    assert 0 < window.wait_ms() < _HOP_MS
    _next(window, camera)
    assert (window.number, window.missed) == (1, 0)


def test_a_camera_that_gives_no_frame_or_fails_is_an_error_and_goes_on_later():
    camera = Camera()
    window = from_params(_params(hop_ms=5000)).window(camera)
    camera.late = 10000
    assert not window.poll()
    camera.now += 2500
    error_of(OSError, window.poll)
    assert window.missed == 1
    camera.late = 0
    camera.broken = True
    camera.now += 5000
    error_of(OSError, window.poll)
    camera.broken = False
    _next(window, camera)
    assert window.number == 3


def test_dark_blank_glaring_and_frozen_frames_are_found():
    features = from_params(_params())
    count = features.inputs
    assert features.check(bytes([i % 6 for i in range(count)])) == checks.STUCK  # dark
    assert features.check(bytes([100 + i % 7 for i in range(count)])) == checks.STUCK  # blank
    assert features.check(bytes([240 + i % 16 for i in range(count)])) == checks.SATURATED
    picture = bytearray([10 + 3 * i for i in range(count)])
    assert [features.check(picture) for _ in range(4)] == [0, 0, checks.STUCK, checks.STUCK]
    picture[7] ^= 1
    assert features.check(picture) == 0
    assert features.spoiling & checks.STUCK and features.spoiling & checks.SATURATED


def test_level_is_the_mean_brightness():
    features = from_params(_params())
    features.check(bytes([51, 153] * (features.inputs // 2)))
    assert abs(features.level() - 0.4) < 0.003


def test_wrong_parameters_are_refused_with_the_reason():
    assert "11 bytes" in error_of(ValueError, from_params, _params()[:-1])
    assert "magic" in error_of(ValueError, from_params, _params(magic=b"PVF1"))
    for wrong in (_params(width=0), _params(height=5000), _params(hop_ms=0), _params(frozen=0)):
        assert "out of range" in error_of(ValueError, from_params, wrong)


def test_a_source_of_samples_is_no_camera():
    assert "not frames" in error_of(ValueError, from_params(_params()).window, object())
