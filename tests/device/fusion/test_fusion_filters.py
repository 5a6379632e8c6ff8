"""The device's attitude filters: counts of an MPU-6050 in, hundredths of a degree out."""

from array import array

from support import error_of

from picket.fusion import complementary, kalman, madgwick

try:
    from micropython import heap_lock, heap_unlock
except ImportError:

    def heap_lock():
        pass

    def heap_unlock():
        pass


_FILTERS = (complementary, kalman, madgwick)
_AT_45_DEGREES = array("h", (0, 11585, 11585, 77, 0, 0, 0))  # with a temperature, as the chip's burst has it
_TURNING = array("h", (0, 0, 16384, 13100, 0, 0))  # 100 degrees per second about x; gravity says level


def _made(kind):
    return kind(100, 16384, 131)


def test_rests_at_the_attitude_of_gravity():
    for kind in _FILTERS:
        made = _made(kind)
        for _ in range(50):
            made.update(_AT_45_DEGREES)
        assert abs(made.out_cdeg[0] - 4500) <= 5, kind
        assert abs(made.out_cdeg[1]) <= 5, kind


def test_both_layouts_of_a_frame_mean_the_same():
    for kind in _FILTERS:
        seven, six = _made(kind), _made(kind)
        for _ in range(20):
            seven.update(array("h", (100, 200, 16000, -999, 1, 2, 300)))
            six.update(array("h", (100, 200, 16000, 1, 2, 300)))
        assert list(seven.out_cdeg) == list(six.out_cdeg), kind


def test_gyroscope_leads_and_gravity_holds():
    for kind in _FILTERS:
        made = _made(kind)
        made.update(array("h", (0, 0, 16384, 0, 0, 0)))
        for _ in range(20):
            made.update(_TURNING)
        # 0.2 s at 100 degrees per second, part of which gravity takes back.
        assert 500 < made.out_cdeg[0] < 2000, (kind, made.out_cdeg[0])


def test_updates_do_not_allocate():
    for kind in _FILTERS:
        made = _made(kind)
        made.update(_AT_45_DEGREES)
        heap_lock()
        try:
            for _ in range(10):
                made.update(_TURNING)
        finally:
            heap_unlock()


def test_wrong_numbers_are_refused():
    for kind in _FILTERS:
        assert "range" in error_of(ValueError, kind, 0, 16384, 131), kind
