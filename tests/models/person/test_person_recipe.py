"""Rendered rooms: what is in a picture, what parts of the data share, and that the same seed renders the same."""

from __future__ import annotations

import numpy as np
import pytest
from picket_recipes.person import scenes

from picket_host.models import recipes
from picket_host.models.vision import SIZE, Plan

RECIPE = recipes.find("person")


@pytest.fixture(scope="module")
def dataset():
    small = type(RECIPE)()
    small.plan = Plan(train=(9, 4), validation=(3, 4), test=(4, 4))
    return small.load(None, quick=False, seed=1)


def test_every_part_has_both_classes_and_pictures_of_bytes(dataset):
    dataset.check()
    assert dataset.shape == (SIZE, SIZE, 1)
    for part in (dataset.train, dataset.augmented, dataset.validation, dataset.test, dataset.noisy):
        assert part.x.dtype == np.uint8
        assert np.bincount(part.y).tolist() == [len(part) // 2] * 2


def test_the_same_seed_renders_the_same_and_another_does_not():
    first, again, other = (RECIPE._picture("train", 3, 5, "person", seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_no_room_and_nobody_of_one_part_is_in_another():
    plan = RECIPE.plan
    places = {part: {3 * place + number for place in range(getattr(plan, part)[0])}
              for number, part in enumerate(("train", "validation", "test"))}  # fmt: skip
    assert not places["train"] & places["validation"]
    assert not (places["train"] | places["validation"]) & places["test"]
    rooms = [scenes.room(number) for numbers in places.values() for number in sorted(numbers)[:20]]
    people = [person for room in rooms for person in room.people]
    assert len(set(people)) == len(people)


def test_a_person_is_what_tells_two_views_apart():
    """With the same random numbers, only pixels within and around a body (its shadow, its light) differ."""
    shares = []
    for number in range(40):
        room = scenes.room(number)
        views = [
            scenes.view(np.random.default_rng([9, number]), room, SIZE, somebody).astype(int)
            for somebody in (False, True)
        ]
        shares.append(views)
    changed = [np.mean(np.abs(empty - full) > 40) for empty, full in shares]
    assert np.median(changed) > 0.02, "most people are well visible"


def test_people_further_away_stand_higher_and_are_smaller():
    from picket_host.models.canvas import Canvas

    who, heights, feet = scenes.room(3).people[0], [], []
    for distance in (0.45, 0.7, 0.95):
        canvas = Canvas(SIZE, 0.5)
        scenes._human(canvas, np.random.default_rng(1), who, 30.0, 0.5, distance)
        rows = np.flatnonzero((np.abs(canvas.light - 0.5) > 0.02).any(axis=1))
        heights.append(rows[-1] - rows[0])
        feet.append(rows[-1])
    assert heights == sorted(heights) and feet == sorted(feet)
    assert heights[2] > 1.7 * heights[0]


def test_recordings_are_pictures_that_no_model_has_seen():
    shown = RECIPE.recordings()
    assert set(shown) == set(RECIPE.labels)
    for pictures in shown.values():
        assert pictures.dtype == np.uint8 and pictures.shape[1:] == (SIZE, SIZE)
        assert len(np.unique(pictures.reshape(len(pictures), -1), axis=0)) == len(pictures)
