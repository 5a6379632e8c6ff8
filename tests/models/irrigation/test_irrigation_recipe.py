"""The recipe: fields and years are held back whole, the features are the device's, and the model is worth its place."""

from __future__ import annotations

import json
import subprocess

import numpy as np
import pytest
from picket_recipes.irrigation import compare, farm, recipe
from picket_recipes.irrigation.instruments import Fault, Instruments

from picket_host.models import recipes
from picket_host.paths import DEVICE
from picket_host.simulator.build import build

RECIPE = recipes.find("irrigation")
_SCRIPT = """
import json, sys
sys.path[:] = [sys.argv[1], ".frozen"]
from array import array
from picket.soil.field import FEATURES, Field
from picket.soil.forecast import Forecast
with open(sys.argv[2]) as file:
    told = json.load(file)
field = Field(told["section"])
out = array("f", bytes(4 * FEATURES))
forecast = Forecast()
for minute, frame, given, outlook, decide in told["readings"]:
    field.given_mm100 += given
    field.sense(minute, array("h", frame))
    if decide and field.trust:
        field.features(out, outlook)
        print(json.dumps(list(out)))
"""


def test_no_field_and_no_year_is_in_two_parts():
    parts = [
        (recipe._TRAIN, recipe._TRAIN_YEARS), (recipe._VALIDATION, recipe._VALIDATION_YEARS),
        (recipe._TEST, recipe.TEST_YEARS),
    ]  # fmt: skip
    for i, (fields, years) in enumerate(parts):
        for others, other_years in parts[i + 1 :]:
            assert not set(fields) & set(others)
            assert not set(years) & set(other_years)


def test_parameters_are_those_that_the_device_takes():
    assert RECIPE.pipeline() == b"PSO1" + bytes([farm.FEATURES, 2, 3, 5, 19, 0, 15, 35])


def test_features_are_those_of_the_device_sample_by_sample(tmp_path):
    """A season with broken sensors, and its features computed by MicroPython."""
    item = recipe.held(recipe._TEST[:1], recipe.TEST_YEARS[:1], 1)[0]
    faults = [
        Fault("probe2", "missing", 700, 900), Fault("air", "off", 1200, 1300), Fault("probe1", "stuck", 2000, 2100),
    ]  # fmt: skip
    instruments = Instruments(item.site, item.season, item.rng(1), faults)
    outcome = farm.run(item.site, item.season, instruments, farm.best, item.rng(2))
    start = item.season.start_day * 1440 - item.site.utc_offset_min
    readings = []
    for hour, frame in enumerate(instruments.taken):
        given = round(100 * outcome.given_at.get(hour - 1, 0))
        outlook = farm._outlook(item.season, hour, start)
        readings.append([start + 60 * hour, frame, given, outlook, hour in outcome.slots])
    (tmp_path / "told.json").write_text(json.dumps({"section": item.site.section, "readings": readings}))
    (tmp_path / "script.py").write_text(_SCRIPT)
    command = [build(), "-X", "heapsize=16m", tmp_path / "script.py", DEVICE, tmp_path / "told.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    on_device = np.array([json.loads(line) for line in done.stdout.splitlines()], np.float32)
    assert len(on_device) > 200
    assert np.array_equal(on_device, outcome.x)


def test_features_are_whole_numbers_that_int8_resolves():
    few = recipe.held(recipe._TRAIN[:5], recipe._TRAIN_YEARS[:1], 1)
    for part in (recipe._decisions(few), recipe._decisions(few, faulty=True, noise=2.0)):
        assert part.x.dtype == np.float32 and np.abs(part.x).max() <= 1000
        assert np.array_equal(part.x, np.round(part.x))


def test_recordings_lead_to_their_decision():
    replays = RECIPE.recordings()
    assert list(replays) == list(RECIPE.labels)
    for frames in replays.values():
        assert frames.shape == (120, 5) and frames.dtype == np.int16


def test_int8_is_as_good_as_float_and_the_engine_is_bit_exact(packaged):
    assert packaged.proof.bit_exact and packaged.proof.loss_points <= 1
    assert packaged.proof.scores["engine"].accuracy >= 0.75


def test_the_model_saves_water_and_stress(packaged):
    """Some of the held-back fields, against the usual controllers; the quick model has seen half of the fields."""
    model_file = (packaged.folder / "model.tflite").read_bytes()
    results = {r.name: r for r in compare.compare(recipe.held_back()[1::5], model_file, 50)}
    model, threshold, timer = results["model"], results["threshold"], results["timer"]
    assert model.given_mm < timer.given_mm
    assert model.given_mm < 1.05 * threshold.given_mm
    assert model.stress_days < min(threshold.stress_days, timer.stress_days)
    assert results["oracle"].given_mm < model.given_mm


@pytest.mark.parametrize("rise", [0.003, -0.003])
def test_drift_is_found_within_two_weeks_and_steady_probes_are_left_alone(rise):
    from dataclasses import replace

    found, alarms = 0, 0
    for item in recipe.held(range(0, 30, 5), (2021,), 1):
        for drift in (0.0, rise):
            first, second = item.site.probes
            first = replace(first, drift_from_day=40 if drift else None, drift_per_day=drift)
            place = replace(item.site, probes=(first, second))
            instruments = Instruments(place, item.season, item.rng(3))
            flags = farm.run(place, item.season, instruments, farm.threshold, item.rng(1)).flags
            seen = [flags[probe][bit] for probe in ("probe1", "probe2") for bit in (32, 64) if bit in flags[probe]]
            if drift:
                found += bool(seen) and 0 < min(seen) / 24 - 40 <= 16
            else:
                alarms += len(seen)
    assert (found, alarms) == (6, 0)
