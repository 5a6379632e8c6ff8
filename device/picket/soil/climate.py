"""What the atmosphere asks of a field in a day, in whole numbers: the same on the device and on the host."""

from picket.compat import const

TYPICAL_C10 = const(200)  # where no temperature is known: a mild day
TYPICAL_RANGE_C10 = const(100)
_YEAR_DAYS = const(365)
_BAND_DEG = const(10)
_BANDS = const(6)
_ROW = const(12)

# Extraterrestrial radiation in tenths of mm of water a day, at 0, 10 ... 60 degrees north, in the middle of each month:
# FAO Irrigation and Drainage Paper 56, equations 21 to 25, times 0.408 (equation 20).
_RADIATION = bytes(
    (
        148, 153, 155, 150, 141, 136, 138, 146, 152, 152, 148, 145,
        130, 141, 151, 155, 153, 151, 151, 153, 151, 143, 132, 126,
        109, 125, 143, 155, 160, 161, 160, 156, 146, 129, 112, 104,
        86, 105, 130, 151, 164, 168, 165, 155, 136, 111, 90, 80,
        61, 83, 113, 143, 163, 171, 166, 149, 122, 91, 66, 55,
        36, 59, 93, 130, 158, 170, 163, 139, 104, 68, 41, 31,
        13, 34, 70, 114, 151, 168, 158, 126, 83, 43, 18, 9,
    )
)  # fmt: skip


def radiation_mm10(latitude_deg, day):
    """Extraterrestrial radiation as tenths of mm of water evaporated a day.

    latitude_deg: -60..60, south negative; day: days since 1970. Linear between the middles of months and between bands
    of latitude. The south has the north's table half a year later, and the sun nearer in its summer.
    """
    day_of_year = (day - (day + 671) // 1461) % _YEAR_DAYS  # leap days left out: one day off is nothing here
    nearness = 1000
    if latitude_deg < 0:
        nearness += 66 - 132 * min(day_of_year, _YEAR_DAYS - day_of_year) // 183
        day_of_year += 182
    month, into = divmod((day_of_year + _YEAR_DAYS - 15) % _YEAR_DAYS * 12, _YEAR_DAYS)
    band, above = divmod(min(abs(latitude_deg), _BANDS * _BAND_DEG), _BAND_DEG)
    low = _between(_row(band, month), _row(band, month + 1), into, _YEAR_DAYS)
    high = _between(_row(band + 1, month), _row(band + 1, month + 1), into, _YEAR_DAYS)
    return _between(low, high, above, _BAND_DEG) * nearness // 1000


def reference_mm100(mean_c10, range_c10, radiation):
    """Reference evapotranspiration of a day in hundredths of mm, by Hargreaves and Samani (FAO-56, equation 52):
    0.0023 (Tmean + 17.8) sqrt(Tmax - Tmin) Ra.

    mean_c10, range_c10: tenths of a degree; radiation: as `radiation_mm10` gives it.
    """
    root_100 = isqrt(max(range_c10, 0) * 1000)  # hundredths of the root of the range in degrees
    return max(mean_c10 + 178, 0) * root_100 // 100 * radiation * 23 // 10000


def isqrt(value):
    """The whole part of the square root of a number >= 0."""
    if value < 2:
        return value
    root = value
    closer = (root + 1) // 2
    while closer < root:
        root = closer
        closer = (root + value // root) // 2
    return root


def _row(band, month):
    return _RADIATION[min(band, _BANDS) * _ROW + month % _ROW]


def _between(low, high, part, whole):
    return (low * (whole - part) + high * part) // whole
