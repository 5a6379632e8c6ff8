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


@pytest.mark.parametrize(("value", "fits"), [(8, True), (8.0, False), (True, False), ("8", False), ("abc", False)])
def test_hyperparameter_has_the_type_that_build_declares(value, fits):
    recipe = recipes.find("vibration")
    if fits:
        recipes.check_hyperparameters(recipe, {"filters": value})
        return
    with pytest.raises(InputError, match="the hyperparameter filters is .*, not a whole number"):
        recipes.check_hyperparameters(recipe, {"filters": value})


def test_search_spaces_give_hyperparameters_of_the_declared_types():
    optuna = pytest.importorskip("optuna")
    for recipe in map(recipes.find, recipes.names()):
        if hasattr(recipe, "space"):
            study = optuna.create_study()
            for _ in range(5):
                recipes.check_hyperparameters(recipe, recipe.space(study.ask()))
