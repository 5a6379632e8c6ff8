from picket.compat import ticks_add, ticks_diff, ticks_ms


def test_differences_of_ticks_survive_the_wrap():
    late = ticks_add(0, -5)
    assert ticks_diff(ticks_add(late, 20), late) == 20
    assert ticks_diff(late, ticks_add(late, 20)) == -20


def test_ticks_go_on():
    assert ticks_diff(ticks_ms(), ticks_ms()) <= 0
