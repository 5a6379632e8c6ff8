"""A field through a season: the true balance on one side, the device's view of it on the other, and who decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from picket_host.device_code import load

from . import balance
from .balance import Zone
from .instruments import Instruments
from .oracle import EFFICIENCY, LABELS, SHARES, Oracle
from .site import Site
from .weather import DAY_H, Season

_field = load("soil.field")
_forecast = load("soil.forecast")

FEATURES = _field.FEATURES
_STRESSED = 0.95  # share of the demand below which a day counts as one of stress
_START_SHARE = (0.6, 1.0)  # of the reachable water, at the season's begin


@dataclass(frozen=True)
class View:
    """What there is to decide by.

    Attributes:
        features: of the device, float32 [FEATURES]; None when no probe can be counted on.
        moisture, comfort: of the device's estimate, in thousandths of the reachable water.
        slot: number of the decision.
        best: index into LABELS of what the oracle would do.
    """

    features: np.ndarray | None
    avail: int
    comfort: int
    slot: int
    best: int


Policy = Callable[[View], int]


@dataclass(frozen=True)
class Outcome:
    """A season as it went.

    Attributes:
        x, y: features, float32 [n, FEATURES], and what the oracle would have done there, int32 [n]; of decisions with
            a probe that works.
        at: number of the decision that each row belongs to, int32 [n].
        slots: hours of the decisions.
        given_at: by hour, mm as the device counts them.
        given_mm, drained_mm, lacking_mm, demand_mm: of the season.
        stress_days: on which the crop got less than 95 % of what it wanted.
        waterings: how many.
        undecided: decisions that no sensor allowed.
        flags: by sensor, the first hour with each finding.
    """

    x: np.ndarray
    y: np.ndarray
    at: np.ndarray
    slots: list[int]
    given_at: dict[int, float]
    given_mm: float
    drained_mm: float
    lacking_mm: float
    demand_mm: float
    stress_days: int
    waterings: int
    undecided: int
    flags: dict[str, dict[int, int]]


def run(
    site: Site,
    season: Season,
    instruments: Instruments,
    policy: Policy,
    rng: np.random.Generator,
    zone: Zone | None = None,
    oracle: Oracle | None = None,
) -> Outcome:
    """Grow the crop of a field through a season.

    Args:
        rng: of the water at the begin, and of how exact the valve's flow is.
        zone, oracle: of the site and season, made when not given.
    """
    zone = zone or balance.zone(site, season)
    section = site.section
    device = _field.Field(section)
    oracle = oracle or Oracle(zone, reach_mm(site))
    flow = rng.normal(1, 0.05)
    water = zone.wilting_mm + rng.uniform(*_START_SHARE) * zone.reach_mm
    depth_mm = 1000 * site.crop.root_m
    minute = season.start_day * DAY_H * 60 - site.utc_offset_min
    rows, labels, at = [], [], []
    slots = {hour: i for i, hour in enumerate(oracle.slots)}
    given = drained = 0.0
    waterings = undecided = 0
    given_at: dict[int, float] = {}
    lacking = np.zeros(season.hours)
    flags: dict[str, dict[int, int]] = {"probe1": {}, "probe2": {}, "air": {}, "light": {}}
    out = np.empty(FEATURES, np.float32)
    for hour in range(season.hours):
        device.sense(minute + 60 * hour, instruments.frame(hour, water / depth_mm))
        _note(flags, device, hour)
        if hour in slots:
            best = int(oracle.label(slots[hour], water))
            features = None
            if device.trust:
                device.features(out, _outlook(season, hour, minute))
                features = out.copy()
                rows.append(features)
                labels.append(best)
                at.append(slots[hour])
            choice = policy(View(features, device.avail, device.comfort, slots[hour], best))
            undecided += features is None
            if choice:
                device.given_mm100 = int(SHARES[choice] * device.reach_mm10 * 10)
                given_at[hour] = device.given_mm100 / 100
                mm = given_at[hour] * flow
                given += mm
                waterings += 1
                water += EFFICIENCY[hour % DAY_H] * mm
        result = balance.step(zone, hour, water)
        water = float(result.water)
        drained += float(result.drained)
        lacking[hour] = result.lacking
    demand = zone.demand_mm.reshape(-1, DAY_H).sum(axis=1)
    short = lacking.reshape(-1, DAY_H).sum(axis=1)
    return Outcome(
        x=np.array(rows, np.float32).reshape(-1, FEATURES),
        y=np.array(labels, np.int32),
        at=np.array(at, np.int32),
        slots=oracle.slots,
        given_at=given_at,
        given_mm=given,
        drained_mm=drained,
        lacking_mm=float(lacking.sum()),
        demand_mm=float(demand.sum()),
        stress_days=int((short > (1 - _STRESSED) * demand).sum()),
        waterings=waterings,
        undecided=undecided,
        flags=flags,
    )


def reach_mm(site: Site) -> float:
    """Total available water as the device knows it."""
    return _field.Field(site.section).reach_mm10 / 10


def _outlook(season: Season, hour: int, minute: int) -> tuple[int, ...] | None:
    """The forecast as the device knows it: issued at six in the morning and in the evening, kept until the next."""
    issued = (hour - 6) // 12 * 12 + 6
    if issued < 0:
        return None
    message = {
        "t": (minute + 60 * issued) * 60,
        "pct": season.forecast_pct[issued].tolist(),
        "mm": season.forecast_mm[issued].tolist(),
    }
    return _forecast.from_message(message).seen_from(minute + 60 * hour)


def _note(flags: dict[str, dict[int, int]], device: object, hour: int) -> None:
    for seen, value in zip(flags.values(), device.findings(), strict=True):
        for bit in range(8):
            if value >> bit & 1:
                seen.setdefault(1 << bit, hour)


def best(view: View) -> int:
    """The oracle itself: how little water and stress are possible."""
    return view.best


def timer(zone: Zone, dose_mm: float) -> Policy:
    """A long watering every so many days, whatever the weather: as often as the crop wants it in the season's mean, so
    better than anybody could set it in advance."""
    every = max(1, round(2 * dose_mm / (zone.demand_mm.sum() / len(zone.demand_mm) * DAY_H)))
    return lambda view: LABELS.index("long") if view.slot % every == 0 else 0


def threshold(view: View) -> int:
    """The usual controller with a moisture sensor: a long watering when the soil falls below the crop's comfort."""
    return LABELS.index("long") if view.avail < view.comfort else 0


def careless(rng: np.random.Generator) -> Policy:
    """The oracle with mistakes, of one character through a season: so training sees fields too dry and too wet."""
    follows = rng.uniform(0.5, 1.0)
    wasteful = rng.uniform(0.0, 0.35)

    def decide(view: View) -> int:
        if rng.random() < follows:
            return view.best
        return int(rng.integers(1, len(LABELS))) if rng.random() < wasteful else 0

    return decide
