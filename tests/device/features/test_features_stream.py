"""Pieces cut out of a stream: whole, numbered, without a gap between them. The clock is the test's."""

from array import array

from support import error_of

from picket.compat import ticks_add
from picket.features import stream as module
from picket.features.stream import Stream
from picket.sensors import OVERRUN

_PIECE = 40


class Bench:
    """A source of 1000 values a second that counts up, on a clock that stands until it is told to go on."""

    channels = 1
    rate_hz = 1000
    poll_ms = 5
    slack_ms = 300

    def __init__(self):
        self.now = 0
        self.waiting = 0
        self.value = 0
        self.overrun = False
        self.broken = False
        self.starts = self.stops = 0
        module.ticks_ms = lambda: ticks_add(0, self.now)

    def advance(self, ms):
        self.now += ms
        self.waiting += ms

    def start(self):
        self.starts += 1
        self.value += self.waiting
        self.waiting = 0

    def stop(self):
        self.stops += 1

    def read_into(self, h, at=0):
        if self.broken:
            raise OSError(5)
        if self.overrun:
            self.overrun = False
            self.value += self.waiting
            self.waiting = 0
            return OVERRUN
        count = min(self.waiting, len(h) - at)
        for i in range(count):
            h[at + i] = self.value
            self.value += 1
        self.waiting -= count
        return count


def _stream(bench):
    return Stream(bench, array("h", bytes(2 * _PIECE)))


def _until_whole(bench, stream):
    start = bench.now
    while not stream.poll():
        bench.advance(max(stream.wait_ms(), 1))
        assert bench.now - start < 1000, "no piece"


def test_pieces_follow_each_other_without_a_gap():
    bench = Bench()
    stream = _stream(bench)
    heard = []
    for number in range(1, 8):
        _until_whole(bench, stream)
        assert stream.number == number
        heard += list(stream.samples)
    assert heard == list(range(heard[0], heard[0] + 7 * _PIECE))
    assert (stream.missed, bench.starts, bench.stops) == (0, 1, 0)


def test_what_waited_while_nobody_looked_is_caught_up_with_at_once():
    bench = Bench()
    stream = _stream(bench)
    _until_whole(bench, stream)
    stream.gap = False
    bench.advance(3 * _PIECE + 7)
    for _ in range(3):
        assert stream.poll()
        assert stream.wait_ms() == 0 and stream.idle_ms() == 0
    assert not stream.poll()
    assert 0 < stream.wait_ms() <= bench.poll_ms and stream.idle_ms() == bench.slack_ms
    assert (stream.missed, stream.gap) == (0, False)


def test_the_beginning_is_a_gap():
    stream = _stream(Bench())
    assert stream.gap


def test_lost_samples_are_counted_in_pieces_and_are_a_gap():
    bench = Bench()
    stream = _stream(bench)
    _until_whole(bench, stream)
    stream.gap = False
    bench.advance(5 * _PIECE)
    bench.overrun = True
    assert not stream.poll()
    assert (stream.missed, stream.number, stream.gap) == (5, 6, True)
    _until_whole(bench, stream)
    samples = list(stream.samples)
    assert samples == list(range(samples[0], samples[0] + _PIECE))
    assert (stream.missed, stream.number) == (5, 7)


def test_a_short_loss_counts_as_one_piece():
    bench = Bench()
    stream = _stream(bench)
    _until_whole(bench, stream)
    bench.advance(3)
    bench.overrun = True
    stream.poll()
    assert stream.missed == 1


def test_a_failing_sensor_is_raised_and_begun_anew():
    bench = Bench()
    stream = _stream(bench)
    _until_whole(bench, stream)
    stream.gap = False
    bench.broken = True
    error_of(OSError, stream.poll)
    assert (stream.missed, stream.gap) == (1, True)
    bench.broken = False
    _until_whole(bench, stream)
    assert bench.starts == 2


def test_stop_leaves_the_source_at_rest_until_the_next_poll():
    bench = Bench()
    stream = _stream(bench)
    stream.stop()
    assert bench.stops == 0
    _until_whole(bench, stream)
    stream.stop()
    assert bench.stops == 1
    _until_whole(bench, stream)
    assert bench.starts == 2 and stream.gap


def test_a_stream_takes_one_channel():
    bench = Bench()
    bench.channels = 3
    assert "3 channels" in error_of(ValueError, Stream, bench, array("h", bytes(2 * _PIECE)))
