"""What becomes of whole events, which no accuracy of windows tells: each fall, each wake word in a stretch of talk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from picket_host.errors import InputError
from picket_host.models import recipes
from picket_host.models.soak import DEFAULT_SEED, PackageOnHost
from picket_host.progress import SILENT, Progress


@dataclass(frozen=True)
class TrialReport:
    """What a recipe measured of a package.

    Attributes:
        package: its folder.
        recipe: the recipe's name.
        results: by condition, figures by name; their meaning and units are the recipe's.
    """

    package: Path
    recipe: str
    results: Mapping[str, Mapping[str, Any]]


def trial(package: Path, seed: int = DEFAULT_SEED, progress: Progress = SILENT) -> TrialReport:
    """Let the recipe of a package try it on events that its generator makes up.

    Raises:
        InputError: not a package, or its recipe knows no such trial.
        ModelError: the engine refuses the model.
    """
    name = PackageOnHost(package).name
    recipe = recipes.find(name)
    if not hasattr(recipe, "trial"):
        able = [each for each in recipes.names() if hasattr(recipes.find(each), "trial")]
        raise InputError("the recipe has no trial of whole events", name, f"recipes with one: {', '.join(able)}")
    progress.step(f"trying {name}")
    return TrialReport(package, name, recipe.trial(package, seed))
