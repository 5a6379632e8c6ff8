"""Slow drift by cumulative sums: who it is, how soon, and that steady probes are left alone."""

from picket.soil.drift import EITHER, FIRST, NOBODY, SECOND, Drift


def _days(drift, first, second, expected, days):
    """The first finding, and its day."""
    for day in range(days):
        found = drift.pair(first(day), second(day), expected(day))
        if found != NOBODY:
            return found, day
    return NOBODY, days


def _noise(day, size, seed):
    return ((day * 7919 + seed * 104729) % (2 * size + 1)) - size


def test_the_probe_that_leaves_the_balance_is_named():
    def dry(day):
        return -60 + _noise(day, 5, 1)

    for drifting in (lambda d: dry(d) - 30, lambda d: dry(d) + 30):
        found, day = _days(Drift(), drifting, dry, lambda d: -60, 30)
        assert found == FIRST and day <= 10, (found, day)
        found, day = _days(Drift(), dry, drifting, lambda d: -60, 30)
        assert found == SECOND and day <= 10, (found, day)


def test_without_dry_days_nobody_can_tell_which():
    found, _ = _days(Drift(), lambda d: 30, lambda d: 0, lambda d: None, 30)
    assert found == EITHER


def test_probes_that_move_together_never_drift():
    def both(day):
        return 400 if day % 9 == 0 else -60 + _noise(day, 20, 2)

    found, _ = _days(Drift(), both, lambda d: both(d) + _noise(d, 8, 3), lambda d: -20, 300)
    assert found == NOBODY


def test_a_finding_begins_anew():
    drift = Drift()
    _days(drift, lambda d: 40, lambda d: 0, lambda d: 0, 30)
    assert (drift.up, drift.down, drift.first, drift.second) == (0, 0, 0, 0)


def test_a_probe_alone_is_compared_with_the_balance():
    drift = Drift()
    days = 0
    while not drift.alone(-200, -60):
        days += 1
        assert days < 30
    assert days >= 3
    drift = Drift()
    assert not any(drift.alone(-60 + _noise(day, 40, 4), -60) for day in range(300))


def test_wet_days_say_nothing_about_a_probe_alone():
    drift = Drift()
    assert not any(drift.alone(500, None) for _ in range(100))
