"""A field's water: fusion of two probes, degraded work with one, drift, demand, features, and what outlives a sleep."""

from array import array

from fields import MIDNIGHT, Days, frame, millivolts

from picket.sensors.checks import MISSING, OUT_OF_RANGE
from picket.soil import memory
from picket.soil.field import FEATURES
from picket.soil.forecast import Forecast
from picket.soil.probe import ABSENT, APART, DISAGREE, DRIFT


def _noise(hour, size, seed=0):
    return (hour * 7919 + seed * 104729 + hour * hour * 31) % (2 * size + 1) - size


def _steady(vwc, noise=30, apart=0):
    return lambda hour: (vwc + apart + _noise(hour, noise, 1), vwc - apart + _noise(hour, noise, 2))


def _features(days, forecast=None):
    out = array("f", [0] * FEATURES)
    days.field.features(out, forecast)
    return list(out)


def test_nothing_is_trusted_before_the_first_reading():
    assert Days().field.trust == 0


def test_the_estimate_is_steadier_than_either_probe():
    days = Days(crop_pct=20)
    errors = []
    for _ in range(100):
        days.sense(*_steady(2400)(days.hour))
        errors.append(abs(days.field.moisture - 2400))
    assert days.field.trust == 2
    assert max(errors[12:]) <= 25, "each reading is off by up to 30, and the expected balance by a little"


def test_both_probes_count_alike():
    days = Days(crop_pct=20)
    days.run(48, _steady(2400, noise=5, apart=150))
    assert abs(days.field.moisture - 2400) <= 15


def test_a_lost_probe_makes_no_jump():
    days = Days(crop_pct=20)
    days.run(100, _steady(2400, noise=5, apart=200))
    before = days.field.moisture
    for hour in range(8):
        days.sense(0, readings=[ABSENT] + frame(2600, 2200 + _noise(hour, 5), days.hour)[1:])
    assert days.field.probes[0].flags == MISSING
    assert days.field.trust == 1
    assert abs(days.field.moisture - before) <= 20


def test_without_any_probe_nothing_is_trusted_and_one_is_enough_again():
    days = Days()
    days.run(30, _steady(2400))
    for _ in range(4):
        days.sense(0, readings=[ABSENT, 12] + frame(0, 0, days.hour)[2:])
    assert days.field.trust == 0
    assert days.field.findings()[:2] == (MISSING, OUT_OF_RANGE)
    days.sense(0, readings=[ABSENT, millivolts(2380, 1)] + frame(0, 0, days.hour)[2:])
    assert days.field.trust == 1


def test_rain_is_followed_at_once():
    days = Days()
    days.run(48, _steady(2000))
    days.run(4, _steady(2800))
    assert abs(days.field.moisture - 2800) <= 80


def test_water_that_was_given_is_expected():
    days = Days()
    days.run(48, _steady(2000, noise=5))
    days.field.given_mm100 = 2000  # 20 mm into 500 mm of soil: 4 %
    days.sense(2400)
    assert abs(days.field.moisture - 2400) <= 20
    assert days.field.given_mm100 == 0


def test_a_probe_that_leaves_the_other_is_doubted_then_reported_and_not_followed():
    days = Days()
    days.run(48, _steady(2400))
    for hour in range(3):
        days.sense(2400 + _noise(hour, 20), 1500 + _noise(hour, 20))
    assert days.field.findings()[:2] == (0, 0)
    for hour in range(6):
        days.sense(2400 + _noise(hour, 20), 1500 + _noise(hour, 20))
    assert days.field.findings()[:2] == (0, DISAGREE)
    assert days.field.trust == 1
    assert abs(days.field.moisture - 2400) <= 40
    days.run(2, _steady(2400))
    assert days.field.findings()[:2] == (0, 0) and days.field.trust == 2


def test_probes_that_never_agreed_are_both_reported():
    days = Days()
    days.run(8, lambda hour: (3800 + _noise(hour, 9), 1200 + _noise(hour, 9)))
    assert days.field.trust == 0
    assert days.field.findings()[:2] == (DISAGREE, DISAGREE)


def test_a_single_probe_does_not_lose_much_water_at_once():
    days = Days()
    days.run(48, _steady(2400))
    lost = days.hour
    while days.hour < lost + 8:
        days.sense(0, readings=[ABSENT, millivolts(1500 + _noise(days.hour, 9), 1)] + frame(0, 0, days.hour)[2:])
    assert days.field.trust == 0
    assert days.field.findings()[1] == DISAGREE


def _drying(hour):
    """Ten days of drying by 0.5 % a day, then rain."""
    return 2700 - 50 * (hour % 240) // 24


def test_slow_drift_is_found_blamed_on_the_right_probe_and_left_out():
    days = Days(crop_pct=55)  # what this field loses indeed
    days.run(240, lambda hour: (_drying(hour) + _noise(hour, 20, 1), _drying(hour) + _noise(hour, 20, 2)))
    assert days.field.findings()[:2] == (0, 0)
    begin = days.hour
    while not days.field.probes[1].flags & DRIFT:
        moist = _drying(days.hour)
        days.sense(moist + _noise(days.hour, 20, 1), moist - 40 * (days.hour - begin) // 24 + _noise(days.hour, 20, 2))
        assert days.hour - begin < 24 * 15, "not within 15 days"
    assert not days.field.probes[0].flags & (DRIFT | APART)
    days.sense(_drying(days.hour), 500)
    assert days.field.trust == 1


def test_probes_of_different_gain_do_not_drift():
    days = Days(crop_pct=55)
    days.run(24 * 60, lambda hour: (_drying(hour) * 106 // 100 + _noise(hour, 25, 3), _drying(hour) * 95 // 100))
    assert days.field.findings()[:2] == (0, 0)
    assert days.field.trust == 2


def test_the_crops_demand_is_learned_from_dry_days():
    days = Days(crop_pct=120)
    days.run(24 * 9, lambda hour: (2900 - 60 * hour // 24, 2900 - 60 * hour // 24))
    # It loses 0.6 % a day of 500 mm, so 3 mm.
    true = 100 * 300 // days.field.et0
    assert abs(days.field.demand - true) < (120 - true) // 2, (days.field.demand, true)


def test_a_long_gap_forgets_what_was_known():
    days = Days()
    days.run(48, _steady(2400))
    days.hour += 72
    days.sense(1500)
    assert abs(days.field.moisture - 1500) <= 15


def test_features_stay_within_a_thousand_and_are_whole():
    days = Days()
    for vwc in (200, 1400, 2200, 3000, 4400):
        days.run(30, _steady(vwc))
        for forecast in (None, (0, 100, 5000, 100, 5000), (2879, 0, 0, 0, 0)):
            values = _features(days, forecast)
            assert len(values) == FEATURES
            assert all(-1000 <= value <= 1000 and value == int(value) for value in values), values


def test_available_water_is_between_wilting_point_and_field_capacity():
    days = Days()
    for vwc, avail in ((1400, 0), (2200, 500), (3000, 1000)):
        days.hour += 100
        days.sense(vwc)
        assert abs(days.field.avail - avail) <= 8
        assert abs(_features(days)[0] - avail) <= 8


def test_forecast_rain_shows_in_the_features():
    days = Days()
    days.run(48, _steady(1900))
    without = _features(days)
    with_rain = _features(days, Forecast(days.minute, (90, 10), (200, 20)).seen_from(days.minute))
    assert with_rain[3] > without[3] and with_rain[7] == 900 and with_rain[11] == 0
    assert without[11] == 1000, "no forecast is as old as can be"


def test_morning_and_evening_differ():
    days = Days()
    days.run(6, _steady(2000))
    morning = _features(days)[12]
    days.run(14, _steady(2000))
    assert (morning, _features(days)[12]) == (-1000, 1000)


def test_what_was_learned_outlives_a_sleep():
    days = Days()
    days.run(60, _steady(2300, apart=90))
    data = memory.pack(days.field.parts())
    assert len(data) < 400
    woken = Days()
    assert memory.unpack(woken.field.parts(), data)
    woken.field.woke()
    assert woken.field.trust == 2
    woken.hour = days.hour
    for day in (days, woken):
        day.run(30, _steady(2250, apart=90))
    assert _features(days) == _features(woken)
    assert memory.pack(days.field.parts()) == memory.pack(woken.field.parts())


def test_damaged_memory_is_refused():
    days = Days()
    days.run(3, _steady(2300))
    data = bytearray(memory.pack(days.field.parts()))
    fresh = Days()
    before = memory.pack(fresh.field.parts())
    for at in range(len(data)):
        data[at] ^= 0x40
        assert not memory.unpack(fresh.field.parts(), data)
        data[at] ^= 0x40
    for size in range(len(data)):
        assert not memory.unpack(fresh.field.parts(), data[:size])
    assert memory.pack(fresh.field.parts()) == before


def test_air_that_is_missing_leaves_yesterdays_then_a_typical_day():
    days = Days()
    days.run(48, _steady(2300))
    seen = days.field.air.mean_c10
    assert abs(seen - 200) <= 20
    for _ in range(24 * 4):
        days.sense(0, readings=frame(2300 + _noise(days.hour, 9), 2300, days.hour)[:2] + [ABSENT, ABSENT, ABSENT])
    assert days.field.findings()[2:] == (MISSING, MISSING)
    assert days.field.air.mean_c10 == 200 and days.field.air.range_c10 == 100


def test_impossible_air_and_frozen_light_are_reported():
    days = Days()
    days.run(24, _steady(2300))
    days.sense(0, readings=frame(2300, 2300, days.hour)[:2] + [9000, 5000, 100])
    assert days.field.findings()[2] == OUT_OF_RANGE
    for _ in range(27):
        days.sense(0, readings=frame(2300 + _noise(days.hour, 9), 2300, days.hour)[:4] + [777])
    assert days.field.findings()[3] != 0
    assert MIDNIGHT % 1440 == 1440 - 120
