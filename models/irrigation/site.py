"""The fields of the embedded data: soils, crops and climates, and what differs from one field to the next.

Numbers are those of FAO Irrigation and Drainage Paper 56 (Allen et al. 1998) where it has them: water contents of soils
from table 19, crop coefficients from table 12, root depths and depletion fractions from table 22. Curve numbers are
those of straight rows in good condition (USDA National Engineering Handbook 630, chapter 9).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Soil:
    """Water contents as shares of the volume.

    Attributes:
        capacity, wilting, saturation: at field capacity, at the permanent wilting point, and with all pores full.
        drain_h: time in which the water above field capacity falls to 1/e.
        curve_number: of the SCS method for runoff.
    """

    capacity: float
    wilting: float
    saturation: float
    drain_h: float
    curve_number: float


@dataclass(frozen=True)
class Crop:
    """Attributes:
    kc: crop coefficient in the initial, middle and late stage.
    stages: days of the initial, growing, middle and late stage.
    root_m: effective depth of the roots.
    depletion: share of the reachable water that may be used before the crop suffers, at 5 mm a day.
    """

    kc: tuple[float, float, float]
    stages: tuple[int, int, int, int]
    root_m: float
    depletion: float


@dataclass(frozen=True)
class Climate:
    """Attributes:
    latitude_deg: south is negative.
    start_day: day of the year on which the season begins.
    mean_c, swing_c: of the year's mean temperature, and half of the difference between summer and winter.
    range_c: between night and day, on a dry day.
    wet_after_dry, wet_after_wet: probabilities of the first-order Markov chain of rainy days (Richardson 1981).
    rain_shape, rain_scale_mm: of the gamma distribution of their amounts.
    humidity_pct: of a dry day's mean.
    """

    latitude_deg: float
    start_day: int
    mean_c: float
    swing_c: float
    range_c: float
    wet_after_dry: float
    wet_after_wet: float
    rain_shape: float
    rain_scale_mm: float
    humidity_pct: float


SOILS = {
    "sand": Soil(0.12, 0.045, 0.40, 4, 67),
    "sandy_loam": Soil(0.21, 0.09, 0.42, 8, 72),
    "loam": Soil(0.26, 0.12, 0.45, 14, 78),
    "silt_loam": Soil(0.30, 0.14, 0.46, 18, 80),
    "clay": Soil(0.36, 0.22, 0.50, 30, 89),
}
CROPS = {
    "tomato": Crop((0.60, 1.15, 0.80), (25, 35, 45, 30), 0.70, 0.40),
    "maize": Crop((0.40, 1.20, 0.60), (25, 35, 45, 30), 1.00, 0.55),
    "lettuce": Crop((0.70, 1.00, 0.95), (25, 35, 60, 15), 0.30, 0.30),
    "potato": Crop((0.50, 1.15, 0.75), (25, 30, 50, 30), 0.50, 0.35),
    "cabbage": Crop((0.70, 1.05, 0.95), (25, 35, 60, 15), 0.50, 0.45),
    "bean": Crop((0.50, 1.05, 0.90), (20, 30, 65, 20), 0.60, 0.45),
}
CLIMATES = {
    "temperate": Climate(51, 120, 10, 9, 10, 0.28, 0.52, 0.75, 7.5, 70),
    "continental": Climate(46, 120, 11, 12, 12, 0.22, 0.45, 0.75, 9.5, 65),
    "mediterranean": Climate(40, 105, 15, 9, 12, 0.09, 0.35, 0.70, 9.0, 58),
    "semi_arid": Climate(35, 95, 16, 11, 15, 0.08, 0.30, 0.65, 9.0, 45),
    "savanna": Climate(15, 60, 26, 3, 12, 0.18, 0.50, 0.70, 14.0, 60),
    "southern": Climate(-34, 275, 16, 7, 12, 0.15, 0.40, 0.72, 9.0, 62),
}


@dataclass(frozen=True)
class Probe:
    """A capacitive probe as it really is, beside what its calibration says.

    Attributes:
        dry_mv, wet_mv: calibration: output in dry air and in saturated soil.
        offset, gain: moisture that it reads too high, and by what factor, as shares.
        noise: standard deviation from reading to reading, share of the volume.
        per_c: what a degree above 25 °C adds to the reading, as a share of it.
        drift_from_day, drift_per_day: when a slow drift begins, and how quick it is; None when it stays true.
    """

    dry_mv: int
    wet_mv: int
    offset: float
    gain: float
    noise: float
    per_c: float
    drift_from_day: int | None = None
    drift_per_day: float = 0.0


@dataclass(frozen=True)
class Site:
    """A field with its instruments: what is true, and (``section``) what its owner has told the device.

    Attributes:
        name: unique.
        soil, crop, climate: what is true.
        probes: two of them, at the same depth in the middle of the roots.
        utc_offset_min: local time.
        nominal: water contents that the owner took from a table: capacity, wilting.
    """

    name: str
    soil: Soil
    crop: Crop
    climate: Climate
    probes: tuple[Probe, Probe]
    utc_offset_min: int
    nominal: tuple[float, float]

    @property
    def reach_mm(self) -> float:
        """Total available water (FAO-56, equation 82), mm."""
        return 1000 * (self.soil.capacity - self.soil.wilting) * self.crop.root_m

    @property
    def section(self) -> dict[str, int]:
        """Section "soil" of the device's configuration."""
        one, two = self.probes
        return {
            "dry_mv": one.dry_mv,
            "wet_mv": one.wet_mv,
            "dry2_mv": two.dry_mv,
            "wet2_mv": two.wet_mv,
            "field_permille": round(1000 * self.nominal[0]),
            "wilting_permille": round(1000 * self.nominal[1]),
            "root_mm": round(1000 * self.crop.root_m),
            "depletion_pct": round(100 * self.crop.depletion),
            "crop_pct": round(100 * self.crop.kc[0]),
            "latitude_deg": round(self.climate.latitude_deg),
            "utc_offset_min": self.utc_offset_min,
        }


def sites(count: int, seed: int) -> list[Site]:
    """``count`` different fields; soils, crops and climates take turns, so that any run of them is a mixture."""
    return [_site(i, np.random.default_rng([seed, i])) for i in range(count)]


def _site(i: int, rng: np.random.Generator) -> Site:
    soil_name, crop_name, climate_name = (
        list(d)[i * step % len(d)] for d, step in ((SOILS, 1), (CROPS, 1), (CLIMATES, 5))
    )
    if i // 30 % 2:  # the second thirty pair climates and crops otherwise
        climate_name = list(CLIMATES)[(i * 5 + 2) % len(CLIMATES)]
    typical = SOILS[soil_name]
    change = rng.normal(1, 0.05)
    wilting = typical.wilting * change * rng.normal(1, 0.03)
    soil = Soil(
        capacity=typical.capacity * change,
        wilting=wilting,
        saturation=typical.saturation,
        drain_h=typical.drain_h * rng.uniform(0.8, 1.25),
        curve_number=typical.curve_number + rng.normal(0, 2),
    )
    climate = CLIMATES[climate_name]
    return Site(
        name=f"{i:02d}-{soil_name}-{crop_name}-{climate_name}",
        soil=soil,
        crop=CROPS[crop_name],
        climate=climate,
        probes=(_probe(rng), _probe(rng)),
        utc_offset_min=60 * int(rng.integers(-8, 11)),
        nominal=(typical.capacity, typical.wilting),
    )


def _probe(rng: np.random.Generator) -> Probe:
    return Probe(
        dry_mv=int(rng.integers(2150, 2350)),
        wet_mv=int(rng.integers(950, 1150)),
        offset=float(rng.normal(0, 0.008)),
        gain=float(rng.normal(1, 0.03)),
        noise=float(rng.uniform(0.001, 0.003)),
        per_c=float(rng.normal(0.0015, 0.0005)),
    )
