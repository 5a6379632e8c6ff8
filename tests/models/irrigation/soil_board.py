"""A simulated board in a field that dries down: what its sensors say hour by hour, from the water balance."""

from __future__ import annotations

from typing import Any

import numpy as np
from picket_recipes.irrigation import balance, instruments, site, weather

FIELD = 3  # silt loam, potatoes, semi-arid: hardly any rain
YEAR = 2026
START_DAY = 60  # of the season: the crop is grown
START_AVAIL = 0.80  # of the reachable water
SETTINGS = {"soil": {"driver": "probes", "valve_pin": 26, "pin": 34, "pin2": 35}, "attitude": {"driver": "none"}}


def section() -> dict[str, int]:
    """Section "soil" of the board's configuration."""
    return {**SETTINGS["soil"], **_site().section, "crop_pct": 110}


def dry_down(days: int, faults: tuple[instruments.Fault, ...] = ()) -> dict[str, np.ndarray]:
    """Recordings of an unwatered field for the board's chips, one frame an hour, by file name."""
    place = _site()
    season = weather.season(place.climate, START_DAY + days + 1, YEAR, np.random.default_rng(7))
    season.rain_mm[:] = 0
    zone = balance.zone(place, season)
    sensors = instruments.Instruments(place, season, np.random.default_rng(8), faults)
    water = zone.wilting_mm + START_AVAIL * zone.reach_mm
    depth_mm = 1000 * place.crop.root_m
    frames = []
    for hour in range(24 * START_DAY, 24 * (START_DAY + days)):
        frames.append(sensors.frame(hour, water / depth_mm))
        water = float(balance.step(zone, hour, water).water)
    columns = np.array(frames, np.int16)
    return {
        "probe1.i16": columns[:, 0],
        "probe2.i16": columns[:, 1],
        "air.i16": columns[:, 2:4],
        "light.i16": columns[:, 4],
    }


def board(sleep_speed: float = 1e6) -> dict[str, Any]:
    """board.json for it; the board gets its power at midnight of the first day."""
    place = _site()
    season_start = weather.season(place.climate, 2, YEAR, np.random.default_rng(7)).start_day
    midnight = (season_start + START_DAY) * 86400 - 60 * place.utc_offset_min

    def track(file: str, **more: Any) -> dict[str, Any]:
        return {"period_s": 3600, "timeline": [{"at_s": 0, "file": file}], **more}

    return {
        "time": {"unix_s": midnight, "sleep_speed": sleep_speed},
        "adc": {"34": track("probe1.i16"), "35": track("probe2.i16")},
        "i2c": {"0": {"68": track("air.i16", chip="sht3x"), "35": track("light.i16", chip="bh1750")}},
    }


def _site() -> site.Site:
    return site.sites(FIELD + 1, 1)[FIELD]
