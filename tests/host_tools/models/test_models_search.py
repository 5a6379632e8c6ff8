"""The search keeps to the limits, goes on where it was stopped, and its front is the Pareto front."""

import itertools

import numpy as np
import pytest
import tiny_runs

from picket_host.errors import InputError, ModelError
from picket_host.models import packing, recipes, search_plot
from picket_host.models import search as library
from picket_host.models.cost import NO_LIMITS, Limits
from picket_host.models.train import RunFolder


@pytest.fixture
def tiny_data(monkeypatch):
    monkeypatch.setattr(recipes.find("vibration"), "load", lambda *_: tiny_runs.dataset(), raising=False)


def trial(number, instructions, accuracy):
    return library.Trial(number, {}, "trained", None, 1, 1, 1, instructions, accuracy)


def test_front_is_what_nothing_beats():
    rng = np.random.default_rng(3)
    trials = [trial(i, int(rng.integers(1, 20)), float(rng.integers(0, 10)) / 10) for i in range(40)]

    def beats(a, b):
        better = a.instructions < b.instructions or a.validation_accuracy > b.validation_accuracy
        return better and a.instructions <= b.instructions and a.validation_accuracy >= b.validation_accuracy

    best = {(t.instructions, t.validation_accuracy) for t in trials if not any(beats(o, t) for o in trials)}
    front = library.pareto(trials)
    assert {(t.instructions, t.validation_accuracy) for t in front} == best
    assert len(front) == len(best)
    assert all(a.instructions < b.instructions for a, b in itertools.pairwise(front))


def test_search_keeps_to_the_limits_and_goes_on_where_it_stopped(shared_bench, tiny_data, tmp_path):
    limits = Limits(flash_bytes=18_000, instructions=90_000)
    whole = library.search("vibration", tmp_path / "whole", limits, trials=4, quick=True)
    library.search("vibration", tmp_path / "parts", limits, trials=2, quick=True)
    parts = library.search("vibration", tmp_path / "parts", limits, trials=4, quick=True)
    assert parts.trials == whole.trials
    assert parts.best == whole.best
    for found in whole.trials:
        fits = found.flash_bytes <= 18_000 and found.instructions <= 90_000
        assert (found.state == "too large") != fits
        assert (found.validation_accuracy is not None) == (found.state == "trained")
    best = RunFolder(tmp_path / "whole" / "best")
    chosen = next(candidate for candidate in whole.front if candidate.trial.number == whole.best)
    assert best.run().hyperparameters == chosen.trial.hyperparameters
    assert len(packing.pack(best.model())) == chosen.standing.bytes
    plot = search_plot.draw(whole)
    assert plot.startswith("<svg")
    assert plot == search_plot.draw(whole)


def test_another_search_in_the_same_folder_is_refused(shared_bench, tiny_data, tmp_path):
    library.search("vibration", tmp_path, NO_LIMITS, trials=1, quick=True)
    with pytest.raises(InputError, match="holds another search"):
        library.search("vibration", tmp_path, Limits(flash_bytes=50_000), trials=1, quick=True)


def test_limits_that_nothing_keeps_to_are_one_clear_line(shared_bench, tiny_data, tmp_path):
    with pytest.raises(ModelError, match="no model of the search space keeps to the limits.*arena, at most 100"):
        library.search("vibration", tmp_path, Limits(arena_bytes=100), trials=2, quick=True)


def test_recipe_without_a_space_is_refused(monkeypatch, tmp_path):
    monkeypatch.delattr(type(recipes.find("vibration")), "space")
    with pytest.raises(InputError, match="no search space"):
        library.search("vibration", tmp_path, NO_LIMITS)
