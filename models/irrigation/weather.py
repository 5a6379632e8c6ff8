"""A season's weather, hour by hour, and the forecasts that somebody makes of it.

Rainy days follow a first-order Markov chain, their amounts a gamma distribution (Richardson 1981, "Stochastic
simulation of daily precipitation, temperature, and solar radiation", Water Resources Research 17); temperature is the
season's course with an autocorrelated deviation; radiation outside the atmosphere and reference evapotranspiration are
those of FAO-56 (equations 21 to 25; Hargreaves, equation 52).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .site import Climate

DAY_H = 24
_PERSISTENCE = 0.7  # of the temperature's deviation from day to day
_DEVIATION_C = 2.5
_WET_RANGE = 0.6  # a rainy day's range of temperature, and its light, against a dry day's
_WET_LIGHT = 0.45
_WET_HUMIDITY_PCT = 18
_FULL_SUN_LUX = 110_000
_SKILL = (0.85, 0.65)  # share of the truth in a forecast of the first and of the second day


@dataclass(frozen=True)
class Season:
    """Attributes:
    start_day: days since 1970, local time.
    rain_mm, temperature_c, humidity_pct, light_lux: float [hours].
    reference_mm: reference evapotranspiration of each hour, float [hours].
    forecast_pct, forecast_mm: for the day that begins at each hour of issue, and for the one after it, float
        [hours, 2]; mm is what to expect when it rains.
    """

    start_day: int
    rain_mm: np.ndarray
    temperature_c: np.ndarray
    humidity_pct: np.ndarray
    light_lux: np.ndarray
    reference_mm: np.ndarray
    forecast_pct: np.ndarray
    forecast_mm: np.ndarray

    @property
    def hours(self) -> int:
        return len(self.rain_mm)

    @property
    def days(self) -> int:
        return self.hours // DAY_H


def season(climate: Climate, days: int, year: int, rng: np.random.Generator) -> Season:
    """The weather of ``days`` days from the climate's start of season on, in ``year``."""
    first = _days_since_1970(year) + climate.start_day - 1
    day_of_year = (climate.start_day + np.arange(days)) % 365
    wet = _markov(climate, days, rng)
    amount = np.where(wet, rng.gamma(climate.rain_shape, climate.rain_scale_mm, days), 0.0)
    mean_c, range_c = _temperatures(climate, day_of_year, wet, rng)
    outside_mm = radiation_mm(climate.latitude_deg, day_of_year)
    reference = 0.0023 * np.maximum(mean_c + 17.8, 0) * np.sqrt(range_c) * outside_mm
    rain = _hourly_rain(amount, rng)
    sun = _sun(climate.latitude_deg, day_of_year)
    hour = np.arange(DAY_H)
    temperature = (mean_c[:, None] + range_c[:, None] / 2 * np.cos(2 * np.pi * (hour - 15) / DAY_H)).ravel()
    sky = np.where(wet, _WET_LIGHT, 1.0) * rng.uniform(0.85, 1.0, days)
    clouds = rng.uniform(0.8, 1.0, days * DAY_H)
    humidity = (
        climate.humidity_pct
        + _WET_HUMIDITY_PCT * np.repeat(wet, DAY_H)
        - 2.0 * (temperature - np.repeat(mean_c, DAY_H))
    )
    light = _FULL_SUN_LUX * (sun * sky[:, None]).ravel() * clouds
    share = sun / np.maximum(sun.sum(axis=1, keepdims=True), 1e-9)
    percent, expected = _forecasts(climate, rain, rng)
    return Season(
        start_day=first,
        rain_mm=rain,
        temperature_c=temperature + rng.normal(0, 0.4, len(temperature)),
        humidity_pct=np.clip(humidity + rng.normal(0, 2, len(humidity)), 8, 99),
        light_lux=light,
        reference_mm=(reference[:, None] * share).ravel(),
        forecast_pct=percent,
        forecast_mm=expected,
    )


def radiation_mm(latitude_deg: float, day_of_year: np.ndarray) -> np.ndarray:
    """Extraterrestrial radiation of a day as mm of water (FAO-56, equations 20 to 25)."""
    angle = 2 * np.pi * day_of_year / 365
    latitude, declination = np.radians(latitude_deg), 0.409 * np.sin(angle - 1.39)
    sunset = np.arccos(np.clip(-np.tan(latitude) * np.tan(declination), -1, 1))
    height = sunset * np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.sin(sunset)
    return 0.408 * 24 * 60 / np.pi * 0.0820 * (1 + 0.033 * np.cos(angle)) * height


def _days_since_1970(year: int) -> int:
    return int((np.datetime64(f"{year}-01-01") - np.datetime64("1970-01-01")).astype(int))


def _markov(climate: Climate, days: int, rng: np.random.Generator) -> np.ndarray:
    draws = rng.random(days)
    wet = np.zeros(days, bool)
    for i in range(1, days):
        wet[i] = draws[i] < (climate.wet_after_wet if wet[i - 1] else climate.wet_after_dry)
    return wet


def _temperatures(
    climate: Climate, day_of_year: np.ndarray, wet: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and range of each day; the warmest day of the north is the 200th of the year."""
    warmest = 200 if climate.latitude_deg >= 0 else 17
    deviation = np.zeros(len(day_of_year))
    for i in range(1, len(deviation)):
        fresh = rng.normal(0, _DEVIATION_C * np.sqrt(1 - _PERSISTENCE**2))
        deviation[i] = _PERSISTENCE * deviation[i - 1] + fresh
    course = climate.mean_c + climate.swing_c * np.cos(2 * np.pi * (day_of_year - warmest) / 365)
    spread = climate.range_c * np.where(wet, _WET_RANGE, 1.0) * rng.uniform(0.8, 1.2, len(course))
    return course + deviation - 1.5 * wet, spread


def _hourly_rain(amount_mm: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each day's rain as one event of 1 to 8 hours."""
    rain = np.zeros((len(amount_mm), DAY_H))
    for day in np.flatnonzero(amount_mm):
        length = int(rng.integers(1, 9))
        begin = int(rng.integers(0, DAY_H - length + 1))
        rain[day, begin : begin + length] = amount_mm[day] / length
    return rain.ravel()


def _sun(latitude_deg: float, day_of_year: np.ndarray) -> np.ndarray:
    """Sine of the sun's height in each hour, 0 at night: [days, 24]; local time is the sun's."""
    declination = 0.409 * np.sin(2 * np.pi * day_of_year / 365 - 1.39)[:, None]
    latitude = np.radians(latitude_deg)
    turn = np.pi / 12 * (np.arange(DAY_H) + 0.5 - 12)
    height = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(turn)
    return np.maximum(height, 0)


def _forecasts(climate: Climate, rain: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Mixtures of what will happen and of what usually happens; how much of the former is the forecast's skill."""
    usual = climate.wet_after_dry / (1 + climate.wet_after_dry - climate.wet_after_wet)
    usual_mm = climate.rain_shape * climate.rain_scale_mm
    total = np.concatenate([[0.0], np.cumsum(rain), np.full(3 * DAY_H, rain.sum())])
    hours = np.arange(len(rain))
    percent, expected = np.empty((len(rain), 2)), np.empty((len(rain), 2))
    for ahead, skill in enumerate(_SKILL):
        coming = total[hours + DAY_H * (ahead + 1)] - total[hours + DAY_H * ahead]
        # One forecaster's error lasts for hours: an update every six.
        error = np.repeat(rng.normal(0, 1, (len(rain) // 6 + 1, 2)), 6, axis=0)[: len(rain)]
        chance = skill * (coming > 0.5) + (1 - skill) * usual + (1 - skill) * 0.5 * error[:, 0]
        amount = skill * np.where(coming > 0.5, coming, usual_mm) + (1 - skill) * usual_mm
        percent[:, ahead] = np.round(np.clip(chance, 0, 1) * 100, -1)
        expected[:, ahead] = np.round(amount * np.exp(0.6 * (1 - skill) * 2 * error[:, 1]), 1)
    return percent, np.clip(expected, 0, 200)
