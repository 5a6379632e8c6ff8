"""The day's demand of the atmosphere, against the formulas of FAO-56 in floating point."""

from math import acos, cos, pi, radians, sin, sqrt, tan

from picket.soil import climate


def _radiation_mm(latitude_deg, day_of_year):
    angle = 2 * pi * day_of_year / 365
    latitude, declination = radians(latitude_deg), 0.409 * sin(angle - 1.39)
    sunset = acos(-tan(latitude) * tan(declination))
    height = sunset * sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * sin(sunset)
    return 0.408 * 24 * 60 / pi * 0.0820 * (1 + 0.033 * cos(angle)) * height


def test_radiation_is_that_of_the_formula_within_half_a_millimetre():
    first_of_2026 = 20454
    for latitude in (0, 7, 15, 33, 40, 51, 59):
        for day in range(0, 365, 17):
            found = climate.radiation_mm10(latitude, first_of_2026 + day) / 10
            assert abs(found - _radiation_mm(latitude, day + 1)) < 0.5, (latitude, day, found)


def test_the_south_has_its_summer_in_january():
    january, july = 20454 + 10, 20454 + 195
    assert abs(climate.radiation_mm10(-34, january) / 10 - _radiation_mm(-34, 11)) < 0.6
    assert abs(climate.radiation_mm10(-34, july) / 10 - _radiation_mm(-34, 196)) < 0.6


def test_days_of_the_year_come_back_after_leap_years():
    for year_day in (20454, 20454 + 365, 20454 + 365 + 365 + 366):  # the first of January 2026, 2027, 2029
        assert climate.radiation_mm10(45, year_day) == climate.radiation_mm10(45, 20454)


def test_reference_evapotranspiration_is_hargreaves():
    for mean_c10, range_c10, radiation in ((215, 120, 164), (50, 80, 60), (310, 160, 158), (183, 100, 171)):
        exact = 0.0023 * (mean_c10 / 10 + 17.8) * sqrt(range_c10 / 10) * radiation / 10
        found = climate.reference_mm100(mean_c10, range_c10, radiation) / 100
        assert abs(found - exact) < 0.05, (found, exact)


def test_frost_and_still_air_ask_for_nothing():
    assert climate.reference_mm100(-250, 100, 100) == 0
    assert climate.reference_mm100(200, 0, 150) == 0
    assert climate.reference_mm100(200, -5, 150) == 0


def test_square_roots_are_whole_parts():
    for value in list(range(200)) + [99999, 100000, 123456789]:
        root = climate.isqrt(value)
        assert root * root <= value < (root + 1) * (root + 1)
