"""Temperature, humidity and light above the field: checked readings, and what a day of them says."""

from picket.compat import const
from picket.sensors.checks import MISSING, OUT_OF_RANGE, STUCK
from picket.soil.climate import TYPICAL_C10, TYPICAL_RANGE_C10
from picket.soil.probe import ABSENT

_STUCK_MIN = const(1500)  # longer than the longest night between the polar circles
_LEAST_READINGS = const(6)  # in a day that counts
_TYPICAL_HUMIDITY = const(600)  # tenths of a percent
_TYPICAL_LIGHT = const(400)
_FULL_LIGHT = const(50)  # lux of the day's mean for a thousandth of 50,000 lux
_STALE_DAYS = const(3)  # after so many days without readings the last day says nothing any more


class Air:
    """mean_c10, range_c10: the last whole day's mean temperature and its span, in tenths of a degree; humidity: its
    mean in tenths of a percent; light: its mean in thousandths of 50,000 lux. soil_c10: where the soil's temperature
    is about. air_flags, light_flags: what was found in the last readings.
    """

    KEPT = (
        "mean_c10", "range_c10", "humidity", "light", "soil_c10", "air_flags", "light_flags", "low", "high", "sum_c10",
        "sum_rh", "air_count", "sum_light", "light_count", "air_days", "light_days", "last_c100", "last_rh", "air_min",
        "last_light", "light_min",
    )  # fmt: skip

    def __init__(self):
        for name in self.KEPT:
            setattr(self, name, 0)
        self.soil_c10 = TYPICAL_C10
        self.last_c100 = self.last_rh = self.last_light = ABSENT
        self.air_days = self.light_days = _STALE_DAYS
        self._begin_day()
        self._stand_in()

    def read(self, minute, c100, rh100, lux4):
        """One reading of each: hundredths of a degree, hundredths of a percent, lux by four; or ABSENT."""
        self.air_flags = self._check_air(minute, c100, rh100)
        if not self.air_flags:
            c10 = c100 // 10
            self.low = min(self.low, c10)
            self.high = max(self.high, c10)
            self.sum_c10 += c10
            self.sum_rh += rh100 // 10
            self.air_count += 1
        self.light_flags = self._check_light(minute, lux4)
        if not self.light_flags:
            self.sum_light += lux4 * 4 // _FULL_LIGHT
            self.light_count += 1

    def end_day(self):
        """Take the day's readings over; with too few of them the day before stands, for some days."""
        if self.air_count >= _LEAST_READINGS:
            self.mean_c10 = self.sum_c10 // self.air_count
            self.range_c10 = self.high - self.low
            self.humidity = self.sum_rh // self.air_count
            self.soil_c10 += (self.mean_c10 - self.soil_c10) // 2  # damped and late, as soil is below its surface
            self.air_days = 0
        else:
            self.air_days = min(self.air_days + 1, _STALE_DAYS)
        if self.light_count >= _LEAST_READINGS:
            self.light = self.sum_light // self.light_count
            self.light_days = 0
        else:
            self.light_days = min(self.light_days + 1, _STALE_DAYS)
        self._stand_in()
        self._begin_day()

    def _stand_in(self):
        if self.air_days >= _STALE_DAYS:
            self.mean_c10 = TYPICAL_C10
            self.range_c10 = TYPICAL_RANGE_C10
            self.humidity = _TYPICAL_HUMIDITY
        if self.light_days >= _STALE_DAYS:
            self.light = _TYPICAL_LIGHT

    def _begin_day(self):
        self.low, self.high = 9999, -9999
        self.sum_c10 = self.sum_rh = self.air_count = self.sum_light = self.light_count = 0

    def _check_air(self, minute, c100, rh100):
        if c100 == ABSENT or rh100 == ABSENT:
            return MISSING
        if (c100, rh100) != (self.last_c100, self.last_rh):
            self.last_c100, self.last_rh, self.air_min = c100, rh100, minute
        flags = STUCK if minute - self.air_min >= _STUCK_MIN else 0
        if not (-3000 <= c100 <= 6000 and 200 <= rh100 <= 10000):
            flags |= OUT_OF_RANGE
        return flags

    def _check_light(self, minute, lux4):
        if lux4 == ABSENT:
            return MISSING
        if lux4 != self.last_light:
            self.last_light, self.light_min = lux4, minute
        flags = STUCK if minute - self.light_min >= _STUCK_MIN else 0
        return flags if 0 <= lux4 <= 32000 else flags | OUT_OF_RANGE
