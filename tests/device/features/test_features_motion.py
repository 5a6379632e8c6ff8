"""The device's wrapper over the native features of motion."""

from array import array

from fakes import Model, Source
from picket_native import Motion
from support import error_of

from picket.features.motion import MotionFeatures, from_params
from picket.sensors import checks

_HOP = 4  # frames


def _params():
    """4 bins of 2 frames, a window every 2 bins, 2 reference bins, 100 Hz, 2048 counts a g, 16 a degree a second."""
    head = b"".join([value.to_bytes(2, "little") for value in (4, 2, 2, 2)])
    return b"PMO1" + head + b"".join([value.to_bytes(4, "little") for value in (100_000, 0x45000000, 0x41800000)])


def _movement(hops, seed=1):
    """About 1 g upwards, shaken; int16 frames of 7."""
    values = array("h", bytes(2 * 7 * _HOP * hops))
    for i in range(len(values)):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        values[i] = (seed >> 8) % 1001 - 500 + (2048 if i % 7 == 2 else 0)
    return values


def _hops(frames):
    return [frames[at : at + 7 * _HOP] for at in range(0, len(frames), 7 * _HOP)]


def _felt(features, frames):
    """All windows of a movement, hop by hop."""
    model = Model()
    windows = []
    for hop in _hops(frames):
        assert not features.check(hop) & features.spoiling
        features.compute(hop)
        features.feed(model)
        windows.append(model.fed)
    return windows


def _expected(frames):
    native = Motion(_params())
    out = array("f", bytes(4 * native.features))
    windows = []
    for hop in _hops(frames):
        native.feed(hop, out)
        windows.append(list(out))
    return windows


def test_says_what_it_takes():
    features = from_params(_params())
    assert (len(features.samples), features.inputs, features.rate_hz) == (7 * _HOP, 16, 100)
    assert (features.section, features.channels, len(features.values)) == ("motion", 7, 16)


def test_windows_overlap_as_in_the_native_module():
    frames = _movement(8)
    assert _felt(from_params(_params()), frames) == _expected(frames)


def test_after_a_gap_in_the_stream_it_begins_anew():
    features = from_params(_params())
    frames = _movement(9)
    stream = features.window(Source(100, frames, channels=7))
    model = Model()
    windows = []
    for number in range(9):
        assert stream.poll()
        if number == 4:
            stream.gap = True
        features.compute(stream.samples)
        features.feed(model)
        windows.append(model.fed)
    cut = 4 * 7 * _HOP
    assert windows == _expected(frames[:cut]) + _expected(frames[cut:])


def test_after_a_dead_sensor_it_begins_anew():
    features = from_params(_params())
    first, second = _movement(5), _movement(5, seed=2)
    windows = _felt(features, first)
    dead = array("h", [0, 0, 2048, 0, 0, 0, 0] * _HOP)
    assert [features.check(dead) & features.spoiling for _ in range(6)][-1] == checks.STUCK
    assert windows + _felt(features, second) == _expected(first) + _expected(second)


def test_what_a_fall_does_spoils_nothing():
    features = from_params(_params())
    hit = _movement(1)
    hit[0], hit[2] = 32767, -32768
    flags = features.check(hit)
    assert flags & checks.SATURATED and flags & checks.OUT_OF_RANGE
    assert not flags & features.spoiling


def test_level_is_the_largest_acceleration_of_the_newest_bin():
    features = from_params(_params())
    hop = array("h", [0, 0, 2048, 0, 0, 0, 0] * _HOP)
    hop[-5] = 6144
    features.compute(hop)
    assert abs(features.level() - 3) < 1e-3


def test_streams_are_of_the_rate_that_the_features_are_made_for():
    features = from_params(_params())
    assert features.window(Source(100, channels=7)).samples is features.samples
    assert "200" in error_of(ValueError, features.window, Source(200, channels=7))


def test_wrong_parameters_are_refused_with_the_reason():
    assert "magic" in error_of(ValueError, MotionFeatures, b"PMO9" + _params()[4:])
    assert "length" in error_of(ValueError, MotionFeatures, _params() + b"\0")
