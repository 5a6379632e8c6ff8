"""A field for tests: its configuration, and readings that say what a test wants them to say."""

from picket.soil.field import Field

SECTION = {
    "driver": "probes", "pin": 34, "pin2": 35, "power_pin": -1, "i2c": 0, "air_addr": 68, "light_addr": 35,
    "dry_mv": 2300, "wet_mv": 1100, "dry2_mv": 2200, "wet2_mv": 1000, "field_permille": 300, "wilting_permille": 140,
    "root_mm": 500, "depletion_pct": 40, "crop_pct": 100, "latitude_deg": 45, "utc_offset_min": 120, "valve_pin": 26,
    "flow_mm10_h": 80, "max_s": 3600, "day_max_s": 10800, "sure_pct": 50,
}  # fmt: skip
MIDNIGHT = 20638 * 1440 - 120  # local, of the 4th of July 2026
_HOURS = 24


def millivolts(vwc, probe=0):
    """What a probe without any error says of so many hundredths of a percent, at 20 degrees all day."""
    dry = (2300, 2200)[probe]
    return dry - round(1200 * vwc * (1 - 5 * 0.0015) / 4500)


def frame(first, second=None, hour=12, light=True):
    """Readings of an hour of a dry summer's day."""
    second = first if second is None else second
    swing = (0, -2, -4, -5, -6, -6, -5, -3, -1, 1, 3, 4, 5, 6, 6, 6, 5, 4, 3, 2, 1, 1, 0, 0)[hour % _HOURS]
    lux4 = max(0, 6 - abs(hour % _HOURS - 13)) * 3000 if light else 0
    air = [2000 + 100 * swing + hour % 7, 5500 - 100 * swing]
    return [millivolts(first), millivolts(second, 1)] + air + [lux4 + hour % 5]


class Days:
    """Feeds a field hour by hour. step(hour) -> hundredths of a percent of both probes."""

    def __init__(self, **changes):
        section = dict(SECTION)
        section.update(changes)
        self.field = Field(section)
        self.hour = 0

    @property
    def minute(self):
        return MIDNIGHT + 60 * self.hour

    def sense(self, first, second=None, readings=None):
        """readings: instead of those that the moistures give."""
        self.field.sense(self.minute, readings or frame(first, second, self.hour))
        self.hour += 1

    def run(self, hours, step):
        for _ in range(hours):
            self.sense(*step(self.hour))
