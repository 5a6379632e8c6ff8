"""Falls are told from daily life, of people whom the model has not met, as well in int8 as in float."""

import pytest
from picket_recipes.wearable import falls, movement
from picket_recipes.wearable import recipe as module

from picket_host.models import recipes
from picket_host.models.soak import PackageOnHost, soak
from picket_host.native.dsp import Motion

RECIPE = recipes.find("wearable")
STRANGER = movement.subject(500, seed=7)


def test_int8_is_within_one_point_of_float_and_bit_exact(wearable):
    proof = wearable.proof
    assert proof.fault is None
    assert proof.bit_exact
    assert proof.loss_points <= 1
    (_, _), (missed, found) = proof.scores["engine"].confusion
    assert found / (missed + found) > 0.97
    assert proof.scores["engine"].accuracy > 0.99


def test_nobody_is_in_two_parts():
    parts = [set(module._TRAIN), set(module._VALIDATION), set(module._TEST)]
    assert sum(map(len, parts)) == len(set.union(*parts))


@pytest.mark.parametrize("kind", movement.FALLS)
def test_each_kind_of_fall_is_one_alert_within_three_seconds(wearable, kind):
    motion = Motion(RECIPE.pipeline())
    judge = PackageOnHost(wearable.folder)
    recording = movement.record(STRANGER, kind, seed=7)
    windows = motion.windows(recording.frames)
    events, _ = judge.events(windows)
    assert [label for label, on in events if on] == ["fall"]
    until = int((recording.impact_s + 3) * motion.rate_hz / motion.hop)
    assert [label for label, on in judge.events(windows[:until])[0] if on] == ["fall"]


def test_falls_of_many_strangers_are_found(wearable):
    report = falls.found(wearable.folder, people=6, takes=1)
    assert set(report) == set(movement.FALLS)
    assert sum(kind.found for kind in report.values()) >= 0.9 * sum(kind.falls for kind in report.values())
    assert all(kind.slowest_s < 2 for kind in report.values())


@pytest.mark.parametrize("kind", sorted(set(movement.KINDS) - set(movement.FALLS)))
def test_no_movement_of_daily_life_is_an_alert(wearable, kind):
    windows = Motion(RECIPE.pipeline()).windows(movement.record(STRANGER, kind, seed=7).frames)
    assert PackageOnHost(wearable.folder).events(windows)[0] == []


def test_an_hour_of_daily_life_raises_hardly_an_alert(wearable):
    report = soak(wearable.folder, 1.0)
    assert report.windows > 3600 / 0.32
    assert sum(report.alerts.values()) <= 1  # an hour has a chair dropped into, a jump or a stumble every two minutes


def test_windows_that_show_half_a_fall_are_not_trained_on():
    motion = Motion(RECIPE.pipeline())
    recording = movement.record(STRANGER, "fall_forward", seed=7)
    split = module._split(motion, [recording])
    assert len(split) < len(motion.windows(recording.frames))
    assert 0 < split.y.sum() <= 5
    assert not module._split(motion, [movement.record(STRANGER, "jump", seed=7)]).y.any()
