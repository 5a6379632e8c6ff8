"""The simulated movements obey mechanics."""

import numpy as np
import pytest
from picket_recipes.wearable import movement

WHO = movement.subject(3, seed=5)


def accel_g(recording):
    return recording.frames[:, :3] / movement.ACCEL_COUNTS_PER_G


def test_who_stands_feels_gravity_and_hardly_turns():
    recording = movement.record(WHO, "stand", seed=5)
    assert np.linalg.norm(accel_g(recording), axis=1) == pytest.approx(1, abs=0.05)
    assert np.abs(recording.frames[:, 4:] / movement.GYRO_COUNTS_PER_DPS).max() < 20


def test_a_jump_has_free_fall_and_a_landing_but_no_fall():
    recording = movement.record(WHO, "jump", seed=5)
    force = np.linalg.norm(accel_g(recording), axis=1)
    assert force.min() < 0.2
    assert force.max() > 1.8
    assert recording.impact_s is None


@pytest.mark.parametrize("kind", movement.FALLS)
def test_a_fall_unloads_then_hits_and_leaves_the_body_lying(kind):
    recording = movement.record(WHO, kind, seed=5)
    force = accel_g(recording)
    length = np.linalg.norm(force, axis=1)
    at = round(recording.impact_s * movement.RATE_HZ)
    assert length[at - 60 : at].min() < 0.7
    assert length[at - 5 : at + 15].max() > 2.5
    before, after = force[:100].mean(axis=0), force[-200:].mean(axis=0)
    cosine = before @ after / np.linalg.norm(before) / np.linalg.norm(after)
    assert abs(cosine) < 0.5


def test_the_pendulum_falls_as_fast_as_energy_allows():
    _, lean = movement._topple(1.0, 0.1, 0.0, 1.5)
    rate = np.gradient(lean) * 400
    expected = np.sqrt(2 * 9.81 * (np.cos(0.1) - np.cos(lean)))  # potential energy turned into turning
    assert rate[50:-1] == pytest.approx(expected[50:-1], rel=0.03)


def test_the_turning_rate_agrees_with_the_change_of_direction():
    recording = movement.record(WHO, "lie_down", seed=5)
    turned_deg = np.abs(recording.frames[:, 4:].sum(axis=0) / movement.GYRO_COUNTS_PER_DPS / movement.RATE_HZ)
    force = accel_g(recording)
    before, after = force[:100].mean(axis=0), force[-100:].mean(axis=0)
    angle = np.degrees(np.arccos(before @ after / np.linalg.norm(before) / np.linalg.norm(after)))
    assert np.linalg.norm(turned_deg) == pytest.approx(angle, abs=12)


def test_people_and_takes_differ_and_the_same_seed_gives_the_same():
    first = movement.record(WHO, "walk", seed=5).frames
    assert np.array_equal(first, movement.record(WHO, "walk", seed=5).frames)
    for other in (
        movement.record(movement.subject(4, seed=5), "walk", seed=5),
        movement.record(WHO, "walk", seed=6),
        movement.record(WHO, "walk", seed=5, take=1),
    ):
        assert not np.array_equal(first, other.frames)


def test_a_day_has_no_jumps_between_movements():
    frames = movement.day(WHO, ["stand", "lie_down", "stand", "lie_down", "stand"], seed=5)
    force = np.linalg.norm(frames[:, :3] / movement.ACCEL_COUNTS_PER_G, axis=1)
    assert force.min() > 0.5
    assert force.max() < 1.6
