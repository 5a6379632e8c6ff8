"""Inspection of surfaces for scratches, pits and stains, from one grey picture of 96x96 pixels."""

from __future__ import annotations

import numpy as np

from picket_host.models.vision import SIZE, ImageRecipe, Plan

from . import surfaces


class DefectRecipe(ImageRecipe):
    """See ``picket_host.models.recipes.Recipe``."""

    name = "defect"
    title = "Defects of surfaces"
    labels = ("good", "scratch", "pit", "stain")
    plan = Plan(train=(150, 20), validation=(24, 16), test=(30, 20))

    def render(self, rng: np.random.Generator, place: int, label: str) -> np.ndarray:
        """A part of the work piece of that number."""
        return surfaces.view(rng, surfaces.piece(place), SIZE, None if label == "good" else label)


RECIPE = DefectRecipe()
