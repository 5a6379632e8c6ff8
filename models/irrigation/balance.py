"""The water balance of a root zone, hour by hour (FAO-56, chapter 8), for many fields at once.

In one hour: rain that does not run off and water that is given come in, what lies above saturation runs off, what lies
above field capacity drains, and the crop takes Ks Kc ET0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .site import Site
from .weather import DAY_H, Season


@dataclass(frozen=True)
class Zone:
    """What the balance needs of one field in one season.

    Attributes:
        capacity_mm, wilting_mm, saturation_mm: water in the root zone.
        comfort_mm: below it the crop suffers, float [hours] (FAO-56, table 22: depletion falls with demand).
        drain: share of the water above field capacity that leaves in an hour.
        rain_mm: that infiltrates, float [hours].
        demand_mm: crop evapotranspiration without stress, Kc ET0, float [hours].
        runoff_mm: of the whole season, from rain.
    """

    capacity_mm: float
    wilting_mm: float
    saturation_mm: float
    comfort_mm: np.ndarray
    drain: float
    rain_mm: np.ndarray
    demand_mm: np.ndarray
    runoff_mm: float

    @property
    def reach_mm(self) -> float:
        """Total available water."""
        return self.capacity_mm - self.wilting_mm


@dataclass(frozen=True)
class Hour:
    """What an hour did; all in mm, of the shape of the water that went in."""

    water: np.ndarray
    taken: np.ndarray
    lacking: np.ndarray
    drained: np.ndarray


def zone(site: Site, season: Season) -> Zone:
    """The root zone of a field in a season."""
    soil, depth_mm = site.soil, 1000 * site.crop.root_m
    infiltrating = _infiltration(season.rain_mm, soil.curve_number)
    demand = np.repeat(crop_coefficient(site.crop.kc, site.crop.stages, season.days), DAY_H) * season.reference_mm
    daily = np.repeat(demand.reshape(-1, DAY_H).sum(axis=1), DAY_H)
    depletion = np.clip(site.crop.depletion + 0.04 * (5 - daily), 0.1, 0.8)
    capacity, wilting = soil.capacity * depth_mm, soil.wilting * depth_mm
    return Zone(
        capacity_mm=capacity,
        wilting_mm=wilting,
        saturation_mm=soil.saturation * depth_mm,
        comfort_mm=capacity - depletion * (capacity - wilting),
        drain=1 - np.exp(-1 / soil.drain_h),
        rain_mm=infiltrating,
        demand_mm=demand,
        runoff_mm=float(season.rain_mm.sum() - infiltrating.sum()),
    )


def step(zone: Zone, hour: int, water_mm: np.ndarray) -> Hour:
    """One hour from ``water_mm`` in the root zone on, any shape."""
    water = np.minimum(water_mm + zone.rain_mm[hour], zone.saturation_mm)
    drained = zone.drain * np.maximum(water - zone.capacity_mm, 0)
    water = water - drained
    span = zone.comfort_mm[hour] - zone.wilting_mm
    stress = np.clip((water - zone.wilting_mm) / span, 0, 1)  # Ks, FAO-56 equation 84
    taken = stress * zone.demand_mm[hour]
    return Hour(water - taken, taken, zone.demand_mm[hour] - taken, drained)


def crop_coefficient(kc: tuple[float, float, float], stages: tuple[int, int, int, int], days: int) -> np.ndarray:
    """Kc of each day of a season (FAO-56, figure 34): constant, rising, constant, falling."""
    ends = np.cumsum(stages)
    return np.interp(np.arange(days), [ends[0], ends[1], ends[2], ends[3]], [kc[0], kc[1], kc[1], kc[2]])


def _infiltration(rain_mm: np.ndarray, curve_number: float) -> np.ndarray:
    """Rain less runoff, by the SCS curve number on each day's sum: Q = (P - 0.2 S)^2 / (P + 0.8 S)."""
    storage = 25400 / curve_number - 254
    daily = rain_mm.reshape(-1, DAY_H).sum(axis=1)
    excess = np.maximum(daily - 0.2 * storage, 0)
    runoff = excess**2 / (daily + 0.8 * storage)
    kept = 1 - np.divide(runoff, daily, out=np.zeros_like(daily), where=daily > 0)
    return rain_mm * np.repeat(kept, DAY_H)
