"""The best decision in hindsight: dynamic programming over the true balance and the weather that will come.

The cost of a season is the water given (per mm, at the crop), and what the crop lacked (per mm of evapotranspiration
that stress has cost), which weighs more. At the end what is missing to field capacity has to be given, too.
"""

from __future__ import annotations

import numpy as np

from .balance import Zone, step
from .weather import DAY_H

LABELS = ("none", "short", "long")
SHARES = (0.0, 0.15, 0.35)  # of the total available water
SLOTS_H = (5, 19)  # local time at which it is decided: before sunrise, and in the evening
EFFICIENCY = {5: 0.95, 19: 0.90}  # what of the water reaches the roots
LACK_WEIGHT = 6.0
# A watering that is hardly better than none is none: nobody could tell from measurements.
_MARGIN_OF_REACH = 0.005
_LEVELS = 96


class Oracle:
    """Knows the balance and the future of one field in one season.

    Args:
        reach_mm: what a share of water is a share of, as the device's owner has configured it.

    Attributes:
        slots: hours of the season at which it is decided.
    """

    def __init__(self, zone: Zone, reach_mm: float):
        self._zone = zone
        self._doses = [share * reach_mm for share in SHARES]
        self._grid = np.linspace(zone.wilting_mm * 0.9, zone.saturation_mm, _LEVELS)
        self.slots = [h for h in range(len(zone.rain_mm)) if h % DAY_H in SLOTS_H]
        self._after = self._solve()

    def label(self, slot: int, water_mm: np.ndarray | float) -> np.ndarray:
        """Index of the best decision at a slot for the water in the root zone, any shape."""
        costs = self._costs(self.slots[slot], self._after[slot], np.asarray(water_mm, float))
        costs[1:] += _MARGIN_OF_REACH * self._zone.reach_mm
        return costs.argmin(axis=0)

    def _costs(self, hour: int, after: np.ndarray, water_mm: np.ndarray) -> np.ndarray:
        """What each decision costs in the end, in mm of water: float [3, ...]."""
        efficiency = EFFICIENCY[hour % DAY_H]
        return np.stack([mm + np.interp(water_mm + efficiency * mm, self._grid, after) for mm in self._doses])

    def _solve(self) -> np.ndarray:
        """Cost of all that comes after each slot's decision, for the water levels of the grid: [slots, levels]."""
        zone, grid, slots = self._zone, self._grid, self.slots
        after = np.empty((len(slots), _LEVELS))
        best = np.maximum(zone.capacity_mm - grid, 0)
        ends = [*slots[1:], len(zone.rain_mm)]
        for i in reversed(range(len(slots))):
            water, lacking = grid, np.zeros(_LEVELS)
            for hour in range(slots[i], ends[i]):
                result = step(zone, hour, water)
                water, lacking = result.water, lacking + result.lacking
            after[i] = LACK_WEIGHT * lacking + np.interp(water, grid, best)
            best = self._costs(slots[i], after[i], grid).min(axis=0)
        return after
