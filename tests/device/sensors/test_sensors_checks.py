"""Sensor health: each kind of trouble is found, and a healthy sensor is not accused."""

from array import array

from picket.sensors import checks


def _window(values):
    return array("h", values)


def _wave(count=64, amplitude=1000):
    return _window([amplitude if i // 4 % 2 else -amplitude for i in range(count)])


def test_a_living_sensor_is_healthy():
    window = checks.Window()
    assert window.check(_wave()) == 0


def test_a_constant_window_is_stuck_and_noise_of_a_few_counts_is_not():
    window = checks.Window(min_span=4)
    assert window.check(_window([17] * 64)) == checks.STUCK
    assert window.check(_window([17, 18, 19, 20] * 16)) == checks.STUCK
    assert window.check(_window([17, 18, 19, 21] * 16)) == 0


def test_some_samples_at_the_rail_are_saturation_and_a_single_spike_is_not():
    window = checks.Window(rail=32700, rail_samples=3)
    for rail in (32767, -32768, 32700, -32700):
        values = [0, 5] * 32
        values[3] = values[7] = rail
        assert window.check(_window(values)) == 0
        values[9] = rail
        assert window.check(_window(values)) == checks.SATURATED


def test_a_mean_outside_its_limits_is_out_of_range():
    window = checks.Window(mean_low=-100, mean_high=100)
    assert window.check(_window([90, 110] * 8)) == 0
    assert window.check(_window([95, 111] * 8)) == checks.OUT_OF_RANGE
    assert window.check(_window([-95, -111] * 8)) == checks.OUT_OF_RANGE


def test_several_findings_come_together():
    window = checks.Window(mean_high=1000)
    found = window.check(_window([32767] * 64))
    assert found == checks.STUCK | checks.SATURATED | checks.OUT_OF_RANGE


def _frame(ax=0, ay=0, az=16384, gx=0):
    return array("h", [ax, ay, az, -3920, gx, 0, 0])


def test_gravity_in_any_direction_is_healthy():
    motion = checks.Motion()
    for frame in (_frame(), _frame(16384, 0, 0), _frame(0, -16384, 0), _frame(9459, 9459, -9459)):
        assert motion.check(frame) == 0


def test_free_fall_and_blows_are_out_of_range():
    motion = checks.Motion()
    assert motion.check(_frame(0, 0, 500)) == checks.OUT_OF_RANGE
    assert motion.check(_frame(25000, 25000, 25000)) == checks.OUT_OF_RANGE


def test_the_other_ranges_have_other_limits():
    motion = checks.Motion(lsb_per_g=2048)
    assert motion.check(_frame(0, 0, 2048)) == 0
    assert motion.check(_frame(0, 0, 16384)) == checks.OUT_OF_RANGE


def test_a_railed_axis_is_saturated_but_the_temperature_is_not():
    motion = checks.Motion()
    assert motion.check(_frame(gx=32767)) == checks.SATURATED
    assert motion.check(_frame(gx=-32768)) == checks.SATURATED
    frame = _frame()
    frame[3] = 32767
    assert motion.check(frame) == 0


def test_frames_that_never_change_are_stuck_until_one_does():
    motion = checks.Motion(stuck_frames=5)
    found = [motion.check(_frame()) for _ in range(8)]
    assert found == [0] * 5 + [checks.STUCK] * 3
    assert motion.check(_frame(ax=1)) == 0
    assert motion.check(_frame(ax=1)) == 0
