"""The valve: closed by default, limited at once and by day, closed whatever happens."""

from support import run

from picket.soil import valve
from picket.soil.valve import Valve


class Clock:
    """Time that passes in pauses."""

    def __init__(self):
        self.ms = 0
        valve.ticks_ms = lambda: self.ms
        valve.ticks_diff = lambda end, start: end - start

    async def pause(self, ms):
        self.ms += ms


def _valve(levels, max_s=600, day_max_s=1000):
    return Valve(levels.append, max_s, day_max_s)


def test_it_closes_when_it_is_made():
    levels = []
    _valve(levels)
    assert levels == [0]


def test_it_is_open_for_as_long_as_granted():
    levels, clock = [], Clock()
    run(_valve(levels).water(90, clock.pause))
    assert levels == [0, 1, 0]
    assert clock.ms == 90000


def test_no_watering_is_longer_than_the_limit():
    assert _valve([]).grant(1, 5000) == 600


def test_a_day_has_a_limit_and_the_next_begins_anew():
    v = _valve([])
    assert [v.grant(1, 450), v.grant(1, 450), v.grant(1, 450), v.grant(1, 1)] == [450, 450, 100, 0]
    assert v.grant(2, 450) == 450


def test_it_closes_when_watering_is_interrupted():
    async def broken(ms):
        raise OSError(5)

    levels = []
    v = _valve(levels)
    Clock()
    try:
        run(v.water(90, broken))
        raise AssertionError("no OSError")
    except OSError:
        pass
    assert levels == [0, 1, 0]


def test_what_was_granted_counts_though_it_never_flowed():
    v = _valve([])
    v.grant(7, 600)
    woken = _valve([])
    for name in Valve.KEPT:
        setattr(woken, name, getattr(v, name))
    assert woken.grant(7, 600) == 400
