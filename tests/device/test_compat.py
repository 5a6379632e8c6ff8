from picket import log
from picket.compat import ticks_add, ticks_diff, ticks_ms


def test_differences_of_ticks_survive_the_wrap():
    late = ticks_add(0, -5)
    assert ticks_diff(ticks_add(late, 20), late) == 20
    assert ticks_diff(late, ticks_add(late, 20)) == -20


def test_ticks_go_on():
    assert ticks_diff(ticks_ms(), ticks_ms()) <= 0


def test_the_log_keeps_the_last_eight_warnings_and_nothing_less_severe():
    for number in range(10):
        log.warning("test", "number", number)
        log.info("test", "no")
    log.error("test", "x" * 500)
    kept = log.recent()
    assert len(kept) == 8
    assert kept[0] == "WARN test: number 3"
    assert kept[7].startswith("ERROR test: xxx") and len(kept[7]) < 120
