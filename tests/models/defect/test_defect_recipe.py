"""Rendered surfaces: sound ones look the same all over, defects are where and what they are said to be."""

from __future__ import annotations

import numpy as np
import pytest
from picket_recipes.defect import surfaces

from picket_host.models import recipes
from picket_host.models.canvas import Canvas
from picket_host.models.vision import SIZE, Plan

RECIPE = recipes.find("defect")


def test_every_part_has_all_classes_and_all_materials():
    small = type(RECIPE)()
    small.plan = Plan(train=(6, 4), validation=(3, 4), test=(3, 4))
    dataset = small.load(None, quick=False, seed=1)
    dataset.check()
    assert dataset.labels[0] == "good"
    for number, places in enumerate((RECIPE.plan.train, RECIPE.plan.validation, RECIPE.plan.test)):
        found = {surfaces.piece(3 * place + number).material for place in range(places[0])}
        assert found == set(surfaces.MATERIALS)


def test_pieces_of_one_part_are_in_no_other():
    numbers = [
        3 * place + number
        for number, (places, _) in enumerate((RECIPE.plan.train, RECIPE.plan.validation, RECIPE.plan.test))
        for place in range(places)
    ]
    assert len(set(numbers)) == len(numbers)
    assert len({surfaces.piece(number) for number in numbers}) == len(numbers)


@pytest.mark.parametrize("defect", ["scratch", "pit", "stain"])
def test_a_defect_stands_out_of_a_flat_surface(defect):
    for seed in range(30):
        canvas = Canvas(SIZE, 0.5)
        surfaces._DEFECTS[defect](canvas, np.random.default_rng(seed), surfaces.piece(seed))
        difference = np.abs(canvas.light - 0.5)
        share = np.mean(difference > 0.05)
        assert 0 < share < 0.4, (defect, seed)
        assert difference.max() > 0.08, (defect, seed)


def test_a_scratch_is_long_and_a_pit_is_not():
    reach = {}
    for defect in ("scratch", "pit"):
        reach[defect] = []
        for seed in range(20):
            canvas = Canvas(SIZE, 0.5)
            surfaces._DEFECTS[defect](canvas, np.random.default_rng([1, seed]), surfaces.piece(seed))
            marked = np.abs(canvas.light - 0.5) > 0.05
            reach[defect].append(marked.any(axis=0).sum() + marked.any(axis=1).sum())
    assert np.median(reach["scratch"]) > 1.5 * np.median(reach["pit"])


@pytest.mark.parametrize("material", surfaces.MATERIALS)
def test_a_sound_surface_is_textured_but_even(material):
    number = next(n for n in range(100) if surfaces.piece(n).material == material)
    picture = surfaces.view(np.random.default_rng(1), surfaces.piece(number), SIZE, None).astype(float)
    assert picture.std() > 2
    blocks = picture.reshape(4, SIZE // 4, 4, SIZE // 4).mean(axis=(1, 3))
    assert blocks.std() < 40
