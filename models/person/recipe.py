"""Presence of a person at a door, from one grey picture of 96x96 pixels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from picket_host.models.recipes import Variant
from picket_host.models.vision import SIZE, ImageRecipe, Plan

from . import scenes


class PersonRecipe(ImageRecipe):
    """See ``picket_host.models.recipes.Recipe``."""

    name = "person"
    title = "A person at a door"
    labels = ("non_person", "person")
    variants: Mapping[str, Variant] = {
        # Rooms and people without end: better new ones than the same ones changed.
        "small": Variant("1.0.0", epochs=12, quick_epochs=5, steps=130, batch=64, learning_rate=3e-3),
        # Of a folder's pictures there is an end.
        "pictures": Variant(
            "1.0.0", epochs=12, quick_epochs=5, steps=130, batch=64, learning_rate=3e-3, augmented=True
        ),
    }
    plan = Plan(train=(4500, 4), validation=(100, 4), test=(150, 4))

    def render(self, rng: np.random.Generator, place: int, label: str) -> np.ndarray:
        """A view of the room of that number; the people who come there come to no other."""
        return scenes.view(rng, scenes.room(place), SIZE, label == "person")


RECIPE = PersonRecipe()
