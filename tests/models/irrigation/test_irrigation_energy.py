"""The battery's life, against a budget added up by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from picket_recipes.irrigation.energy import Plan, budget

from picket_host.errors import InputError
from picket_host.paths import ROOT


def test_parts_add_up_as_by_hand():
    plan = Plan(
        wakes=24, wake_s=3, contacts=2, contact_s=9, watering_s=1800, sleep_ua=10, awake_ma=36, radio_ma=100,
        doze_ma=1, probes_ma=0, sensors_uas=0, capacity_mah=1000, usable_pct=80, self_discharge_pct=0,
    )  # fmt: skip
    found = budget(plan)
    asleep = (86400 - 72 - 18 - 1800) / 3600 * 0.010
    assert found.mah_per_day == pytest.approx(asleep + 72 / 3600 * 36 + 18 / 3600 * 100 + 0.5)
    assert found.days == pytest.approx(800 / found.mah_per_day)


def test_a_board_that_only_sleeps_lasts_by_its_own_discharge():
    found = budget(replace(Plan(), wakes=0, contacts=0, watering_s=0, sleep_ua=0, self_discharge_pct=2))
    assert found.days == pytest.approx(50 * 30.4)


@pytest.mark.parametrize(
    "changes", [{"wakes": 90_000}, {"awake_ma": -1}, {"capacity_mah": 0}, {"usable_pct": 101}, {"wake_s": float("nan")}]
)
def test_nonsense_is_refused(changes):
    with pytest.raises(InputError):
        budget(replace(Plan(), **changes))


def test_the_command_shows_the_budget():
    command = [sys.executable, "-m", "models.irrigation", "energy", "--json", "--set", "capacity_mah=5200"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["days"] == pytest.approx(budget(Plan(capacity_mah=5200)).days)
