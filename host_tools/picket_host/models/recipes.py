"""Recipes: what an application of ``models/`` gives to the bench, and how to find them.

``models/<application>/recipe.py`` defines ``RECIPE``. It may import its neighbours (``from . import data``) and must
not import TensorFlow outside of ``build``.
"""

from __future__ import annotations

import importlib
import inspect
import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from picket_host.errors import InputError
from picket_host.models.dataset import Dataset
from picket_host.paths import MODELS

DEFAULT_SEED = 1

_PACKAGE = "picket_recipes"
_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


@dataclass(frozen=True)
class Variant:
    """One way to train the model of a recipe.

    Attributes:
        version: version of the model package made from it.
        epochs, quick_epochs: points of the curves, and how many in quick mode.
        steps: steps of an epoch, whatever the number of samples, so that small data sets are trained as long as large
            ones.
        batch: samples in a step.
        learning_rate: at the beginning; it falls to zero along a half cosine.
        augmented: whether the augmented part of the data takes part.
    """

    version: str
    epochs: int
    quick_epochs: int
    steps: int = 50
    batch: int = 128
    learning_rate: float = 4e-3
    augmented: bool = False


class Recipe(Protocol):
    """An application: data, architecture and pipeline.

    Attributes:
        name: the folder's name.
        title: one line for people.
        labels: the classes, the healthy one first.
        variants: by name; the first is the default.
        pipeline_kind: the feature extraction on the device, ``pipeline.kind`` of the package.
        gate: defaults of the gate that decides when to say something, as in the device's configuration.
        false_alarm_rate: share of healthy windows that may exceed the anomaly threshold; None for samples that are no
            feature vectors: their package has no anomaly score.

    A recipe whose model shall stream has ``stream_step`` too: the steps of its input's time, axis 1 of a batch, that
    one run takes on the device (see ``picket_host.models.streaming``). One with ``operation`` makes calm operation for
    ``soak``, one with ``transfer`` divides its data by condition for ``transfer``. One with ``trial`` tries a package
    on whole events: ``trial(package, seed)`` gives for each condition the same figures by name.
    """

    name: str
    title: str
    labels: tuple[str, ...]
    variants: Mapping[str, Variant]
    pipeline_kind: str
    gate: Mapping[str, int]
    false_alarm_rate: float | None

    def pipeline(self) -> bytes:
        """Parameters of the feature extraction, as the native module takes them."""

    def load(self, data_dir: Path | None, quick: bool, seed: int) -> Dataset:
        """The data: from a folder, or synthesised when there is none; ``quick`` asks for fewer training samples."""

    def build(self, variant: str, dataset: Dataset) -> Any:
        """The uncompiled Keras model, from one sample of ``Split.x`` to the classes' probabilities.

        A ``SearchableRecipe`` takes the hyperparameters of its space as further keywords; each replaces the variant's.
        """

    def recordings(self, data_dir: Path | None = None, seed: int = DEFAULT_SEED) -> dict[str, np.ndarray]:
        """By label, what the sensor gives in the held-back part, for a simulated one to replay without end.

        Synthesised ones are those of ``load`` with the same seed: no model has seen them.
        """


def stream_step(recipe: Recipe) -> int | None:
    """The steps that one run of a recipe's streaming model takes; None for a recipe whose model takes whole windows."""
    return getattr(recipe, "stream_step", None)


class SearchableRecipe(Recipe, Protocol):
    """A recipe whose architecture ``picket model search`` can vary."""

    def space(self, trial: Any) -> dict[str, Any]:
        """One point of the search space: hyperparameters for ``build``, suggested by an ``optuna.trial.Trial``."""


def check_hyperparameters(recipe: Recipe, hyperparameters: Mapping[str, Any]) -> None:
    """Refuse what the recipe's ``build`` does not take.

    Raises:
        InputError: a name that it does not know, or a value of another type than ``build`` declares.
    """
    parameters = inspect.signature(recipe.build, eval_str=True).parameters
    known = {name: each.annotation for name, each in parameters.items() if name not in ("variant", "dataset")}
    for name, value in hyperparameters.items():
        if name not in known:
            hint = f"one of {', '.join(known)}" if known else "the recipe's variants are all it has"
            raise InputError(f"no hyperparameter {name}", recipe.name, hint)
        kinds = typing.get_args(known[name]) or (known[name],)
        if inspect.Parameter.empty in kinds or typing.Any in kinds:
            continue
        if float in kinds:
            kinds = (*kinds, int)
        if not isinstance(value, kinds) or isinstance(value, bool) and bool not in kinds:
            wanted = " or ".join(_KINDS.get(kind, kind.__name__) for kind in kinds if kind is not types.NoneType)
            raise InputError(f"the hyperparameter {name} is {value!r}, not {wanted}", recipe.name, f"--with {name}=8")


def names() -> list[str]:
    """The recipes there are."""
    return sorted(path.parent.name for path in MODELS.glob("*/recipe.py"))


def find(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        InputError: there is none.
    """
    if name not in names():
        raise InputError("no such recipe", name, f"one of {', '.join(names())}")
    if _PACKAGE not in sys.modules:
        package = types.ModuleType(_PACKAGE)
        package.__path__ = [str(MODELS)]
        sys.modules[_PACKAGE] = package
    return importlib.import_module(f"{_PACKAGE}.{name}.recipe").RECIPE


def variant_of(recipe: Recipe, name: str | None) -> tuple[str, Variant]:
    """A variant by name, the recipe's first for None.

    Raises:
        InputError: the recipe has no such variant.
    """
    name = next(iter(recipe.variants)) if name is None else name
    if name not in recipe.variants:
        raise InputError(f"no variant {name}", recipe.name, f"one of {', '.join(recipe.variants)}")
    return name, recipe.variants[name]
