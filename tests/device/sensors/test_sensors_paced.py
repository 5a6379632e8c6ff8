"""Sources that a clock paces: recordings and analogue inputs."""

import io
import struct
from array import array

from support import error_of

from picket.compat import ticks_add
from picket.sensors import OVERRUN, open_source, pace
from picket.sensors.adc import Adc
from picket.sensors.replay import Replay


class Clock:
    def __init__(self, ms=0):
        self.ms = ms
        pace.ticks_ms = lambda: ticks_add(0, self.ms)


class Level:
    def __init__(self, value):
        self.value = value

    def read_u16(self):
        return self.value


def _recorded(frames):
    return io.BytesIO(b"".join([struct.pack("<h", value) for frame in frames for value in frame]))


def test_frames_become_due_with_time_and_none_is_lost_to_rounding():
    clock = Clock()
    due = pace.Pace(26667)
    total = 0
    for step in (1, 2, 3, 4, 5) * 40:
        clock.ms += step
        total += due.due()
    assert total == 600 * 26667 // 1000


def test_a_wrapping_clock_goes_on():
    clock = Clock(-5)
    due = pace.Pace(1000)
    clock.ms += 10
    assert due.due() == 10


def test_a_long_gap_counts_as_one_second():
    clock = Clock()
    due = pace.Pace(100)
    clock.ms += 60_000
    assert due.due() == 100
    assert due.due() == 0


def test_a_replay_gives_one_axis_at_its_pace_and_repeats():
    clock = Clock()
    source = Replay(_recorded([(i, -i, 1000 + i) for i in range(150)]), 3, 1000, pick=2)
    samples = array("h", [0] * 400)
    source.start()
    at = 0
    while at < 400:
        clock.ms += 7
        at += source.read_into(samples, at)
    assert list(samples) == [1000 + i % 150 for i in range(400)]
    assert (source.channels, source.rate_hz, source.overruns) == (1, 1000, 0)


def test_a_replay_gives_all_channels():
    clock = Clock()
    frames = [tuple(range(7 * i, 7 * i + 7)) for i in range(5)]
    source = Replay(_recorded(frames), 7, 100)
    clock.ms += 40
    got = array("h", [0] * 35)
    assert source.read_into(got, 7) == 4
    assert list(got[7:]) == [value for frame in frames[:4] for value in frame]


def test_what_did_not_fit_comes_next():
    clock = Clock()
    source = Replay(_recorded([(i,) for i in range(20)]), 1, 1000)
    clock.ms += 10
    first, second = array("h", [0] * 6), array("h", [0] * 9)
    assert source.read_into(first) == 6
    assert source.read_into(second) == 4
    assert list(first) + list(second[:4]) == list(range(10))


def test_a_file_that_is_no_recording_is_refused():
    for content in (b"", b"12345"):
        assert "no whole frames" in error_of(ValueError, Replay, io.BytesIO(content), 3, 100)


def test_an_analogue_input_is_read_when_it_is_due():
    clock = Clock()
    source = Adc(Level(65535), 100)
    source.start()
    samples = array("h", [0] * 4)
    clock.ms += 9
    assert source.read_into(samples) == 0
    clock.ms += 1
    assert source.read_into(samples, 2) == 1
    assert list(samples) == [0, 0, 32767, 0]


def test_a_late_analogue_reading_is_an_overrun():
    clock = Clock()
    source = Adc(Level(0), 100)
    clock.ms += 20
    assert source.read_into(array("h", [0])) == OVERRUN
    assert source.overruns == 1
    clock.ms += 10
    assert source.read_into(array("h", [0])) == 1


def test_an_analogue_rate_has_its_limits():
    for rate_hz in (0, 1001):
        assert str(rate_hz) in error_of(ValueError, Adc, Level(0), rate_hz)


def test_a_section_without_a_sensor_has_no_source_and_an_unknown_driver_is_refused():
    assert open_source({"driver": "none"}) is None
    assert "bmi088" in error_of(ValueError, open_source, {"driver": "bmi088"})
