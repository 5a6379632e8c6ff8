"""The simulated field obeys its physics: water is conserved, and the formulas give their sources' examples."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from picket_recipes.irrigation import balance, farm, oracle, site, weather

from picket_host.device_code import load


def _season(index: int = 0, days: int = 60) -> tuple[site.Site, weather.Season]:
    place = site.sites(index + 1, 1)[index]
    return place, weather.season(place.climate, days, 2021, np.random.default_rng(index))


@pytest.mark.parametrize("index", range(6))
def test_no_water_is_made_or_lost(index):
    place, season = _season(index)
    zone = balance.zone(place, season)
    water = begin = zone.capacity_mm
    taken = drained = spilled = 0.0
    for hour in range(season.hours):
        spilled += max(0.0, water + zone.rain_mm[hour] - zone.saturation_mm)
        result = balance.step(zone, hour, water)
        water = float(result.water)
        taken += float(result.taken)
        drained += float(result.drained)
        assert result.taken + result.lacking == pytest.approx(zone.demand_mm[hour])
    assert begin + season.rain_mm.sum() == pytest.approx(water + taken + drained + spilled + zone.runoff_mm)


def test_a_dry_soil_gives_nothing_and_a_wet_one_drains():
    place, season = _season()
    season.rain_mm[:] = 0
    zone = balance.zone(place, season)
    noon = 12
    assert zone.demand_mm[noon] > 0
    assert balance.step(zone, noon, zone.wilting_mm).taken == 0
    assert balance.step(zone, noon, zone.capacity_mm).drained == 0
    wet = balance.step(zone, noon, zone.saturation_mm)
    assert wet.drained == pytest.approx((zone.saturation_mm - zone.capacity_mm) * (1 - np.exp(-1 / place.soil.drain_h)))


def test_crop_coefficients_rise_and_fall_with_the_stages():
    kc = balance.crop_coefficient((0.6, 1.15, 0.8), (10, 20, 30, 10), 80)
    assert kc[[0, 10, 20, 30, 60, 70, 79]] == pytest.approx([0.6, 0.6, 0.875, 1.15, 1.15, 0.8, 0.8])


def test_runoff_is_that_of_the_curve_number_method():
    # CN 80: S = 63.5 mm; 50 mm of rain run off (50 - 12.7)^2 / (50 + 50.8) = 13.8 mm.
    rain = np.zeros(24)
    rain[10:12] = 25
    assert 50 - balance._infiltration(rain, 80).sum() == pytest.approx(13.8, abs=0.05)
    assert balance._infiltration(rain / 10, 80).sum() == pytest.approx(5)


def test_radiation_is_that_of_the_papers_example():
    # FAO-56, example 8: 20 degrees south, 3rd of September: 32.2 MJ / m2.
    assert weather.radiation_mm(-20, np.array([246]))[0] / 0.408 == pytest.approx(32.2, abs=0.1)


def test_reference_evapotranspiration_is_that_of_the_papers_example():
    # FAO-56, example 20: 26.6 and 14.8 degrees, 40.55 MJ / m2 (16.5 mm): 5.0 mm a day.
    climate = load("soil.climate")
    assert climate.reference_mm100(207, 118, 165) / 100 == pytest.approx(5.0, abs=0.06)


def test_rain_has_the_frequency_and_the_amounts_of_its_climate():
    climate = site.CLIMATES["temperate"]
    season = weather.season(climate, 6000, 2021, np.random.default_rng(1))
    daily = season.rain_mm.reshape(-1, 24).sum(axis=1)
    wet = daily > 0
    assert wet[1:][wet[:-1]].mean() == pytest.approx(climate.wet_after_wet, abs=0.03)
    assert wet[1:][~wet[:-1]].mean() == pytest.approx(climate.wet_after_dry, abs=0.03)
    assert daily[wet].mean() == pytest.approx(climate.rain_shape * climate.rain_scale_mm, rel=0.06)


def test_forecasts_know_something_and_less_of_the_second_day():
    season = weather.season(site.CLIMATES["continental"], 2000, 2021, np.random.default_rng(1))
    total = np.concatenate([[0.0], np.cumsum(season.rain_mm)])
    hours = np.arange(0, season.hours - 48, 24)
    skills = []
    for ahead in range(2):
        rained = total[hours + 24 * (ahead + 1)] - total[hours + 24 * ahead] > 0.5
        skills.append(np.corrcoef(season.forecast_pct[hours, ahead], rained)[0, 1])
    assert 0.5 < skills[1] < skills[0] < 0.99


def test_the_oracle_is_as_good_as_trying_everything():
    place, season = _season(3, days=3)
    zone = balance.zone(place, season)
    zone.demand_mm[:] *= 4  # so that three days ask for several waterings
    reach = farm.reach_mm(place)
    knows = oracle.Oracle(zone, reach)

    def cost(decisions: tuple[int, ...] | None) -> float:
        water, total = zone.capacity_mm - 0.5 * zone.reach_mm, 0.0
        slots = {hour: i for i, hour in enumerate(knows.slots)}
        for hour in range(knows.slots[0], season.hours):
            if hour in slots:
                i = slots[hour]
                choice = int(knows.label(i, water)) if decisions is None else decisions[i]
                given = oracle.SHARES[choice] * reach
                total += given
                water += oracle.EFFICIENCY[hour % 24] * given
            result = balance.step(zone, hour, water)
            water = float(result.water)
            total += oracle.LACK_WEIGHT * float(result.lacking)
        return total + max(0.0, zone.capacity_mm - water)

    best = min(cost(decisions) for decisions in product(range(3), repeat=len(knows.slots)))
    # Its margin per decision, and the steps of its table.
    assert cost(None) <= best + len(knows.slots) * 0.005 * zone.reach_mm + 1
