"""Recipes are found by name, and a wrong name says which there are."""

import pytest

from picket_host.errors import InputError
from picket_host.models import recipes


def test_every_recipe_can_be_loaded_and_is_named_after_its_folder():
    assert "vibration" in recipes.names()
    for name in recipes.names():
        recipe = recipes.find(name)
        assert recipe.name == name
        assert recipe.variants
        assert len(recipe.labels) >= 2


@pytest.mark.parametrize("name", ["nothing", "", "..", "../vibration"])
def test_unknown_recipe_says_which_there_are(name):
    with pytest.raises(InputError, match="vibration"):
        recipes.find(name)


def test_first_variant_is_the_default():
    recipe = recipes.find("vibration")
    assert recipes.variant_of(recipe, None)[0] == next(iter(recipe.variants))


def test_unknown_variant_says_which_there_are():
    with pytest.raises(InputError, match="baseline, better"):
        recipes.variant_of(recipes.find("vibration"), "best")
