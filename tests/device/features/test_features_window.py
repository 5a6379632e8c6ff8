"""Windows cut out of a stream: whole, numbered, on time. The clock is the test's."""

from array import array

from support import error_of

from picket.compat import ticks_add, ticks_diff
from picket.features import window as module
from picket.features.window import Window
from picket.sensors import OVERRUN

_RATE_HZ = 1000
_COUNT = 100  # 100 ms
_HOP_MS = 250


class Bench:
    """A source that counts up, one value a sample, on a clock that stands until it is told to go on."""

    channels = 1
    rate_hz = _RATE_HZ
    poll_ms = 5

    def __init__(self):
        self.now = 0  # ms since the bench was set up
        self.epoch = 0  # ticks at that moment
        self.running = False
        self.waiting = 0
        self.value = 0
        self.overrun = False
        self.broken = False
        self.starts = 0
        module.ticks_ms = lambda: ticks_add(self.epoch, self.now)

    def advance(self, ms):
        self.now += ms
        if self.running:
            self.waiting += ms * _RATE_HZ // 1000

    def start(self):
        self.running = True
        self.waiting = 0
        self.starts += 1

    def stop(self):
        self.running = False

    def read_into(self, h, at=0):
        if self.broken:
            raise OSError(5)
        if self.overrun:
            self.overrun = False
            return OVERRUN
        count = min(self.waiting, len(h) - at)
        for i in range(count):
            h[at + i] = self.value
            self.value += 1
        self.waiting -= count
        return count


def _samples(count):
    return array("h", bytes(2 * count))


def _until_whole(bench, window, limit_ms=1000):
    """Poll as a task would; how long it took in ms."""
    start = bench.now
    while not window.poll():
        wait = window.wait_ms()
        assert wait >= 0
        bench.advance(max(wait, 1))
        assert bench.now - start < limit_ms, "no window"
    return bench.now - start


def test_window_is_whole_and_without_a_gap():
    bench = Bench()
    window = Window(bench, _samples(_COUNT), _HOP_MS)
    _until_whole(bench, window)
    assert list(window.samples) == list(range(_COUNT))
    assert window.number == 1
    assert window.missed == 0
    assert window.end_ms == bench.now


def test_windows_begin_every_hop_and_the_source_rests_between():
    bench = Bench()
    window = Window(bench, _samples(_COUNT), _HOP_MS)
    ends = []
    for _ in range(5):
        _until_whole(bench, window)
        assert not bench.running
        ends.append(window.end_ms)
    assert window.number == 5
    for i in range(1, 5):
        assert abs(ends[i] - ends[i - 1] - _HOP_MS) <= bench.poll_ms


def test_time_wraps_without_a_window_lost():
    bench = Bench()
    bench.epoch = ticks_add(0, -300)
    window = Window(bench, _samples(_COUNT), _HOP_MS)
    for _ in range(4):
        _until_whole(bench, window)
    assert window.number == 4
    assert window.missed == 0
    assert 0 < ticks_diff(window.end_ms, bench.epoch) == bench.now


def test_hops_that_pass_unattended_count_as_missed():
    bench = Bench()
    window = Window(bench, _samples(_COUNT), _HOP_MS)
    _until_whole(bench, window)
    bench.advance(_HOP_MS * 3)
    _until_whole(bench, window)
    assert window.number == 4
    assert window.missed == 2


def test_overrun_costs_one_window_and_the_next_is_clean():
    bench = Bench()
    window = Window(bench, _samples(_COUNT), _HOP_MS)
    window.poll()
    bench.advance(40)
    window.poll()
    bench.overrun = True
    assert not window.poll()
    assert window.missed == 1
    _until_whole(bench, window)
    assert window.number == 2
    first = window.samples[0]
    assert list(window.samples) == list(range(first, first + _COUNT))


def test_sensor_that_fails_costs_one_window_and_tells():
    bench = Bench()
    window = Window(bench, _samples(_COUNT), _HOP_MS)
    window.poll()
    bench.broken = True
    error_of(OSError, window.poll)
    bench.broken = False
    assert window.missed == 1
    _until_whole(bench, window)
    assert window.number == 2


def test_idle_time_is_what_is_left_of_the_hop():
    bench = Bench()
    window = Window(bench, _samples(_COUNT), _HOP_MS)
    window.poll()
    assert window.idle_ms() == 0
    _until_whole(bench, window)
    assert _HOP_MS - _COUNT - bench.poll_ms <= window.idle_ms() <= _HOP_MS - _COUNT
    bench.advance(500)
    assert window.idle_ms() == 0


def test_stopping_in_the_middle_counts_as_missed():
    bench = Bench()
    window = Window(bench, _samples(_COUNT), _HOP_MS)
    window.poll()
    window.stop()
    assert not bench.running
    assert window.missed == 1
    window.stop()
    assert window.missed == 1


def test_windows_that_overlap_or_more_channels_are_refused():
    bench = Bench()
    assert "overlap" in error_of(ValueError, Window, bench, _samples(251), 250)
    Window(bench, _samples(250), 250)
    bench.channels = 3
    assert "3 channels" in error_of(ValueError, Window, bench, _samples(100), 250)
