"""Training: a recipe and its data to a run folder.

A run folder holds ``run.json`` (``Run``), ``dataset.npz`` (the features of all parts) and ``model.keras``; ``quantize``
adds ``model.tflite``. What it holds is all that later steps need: the recordings may be gone by then.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from picket_host.errors import InputError
from picket_host.models import recipes
from picket_host.models.dataset import Dataset
from picket_host.models.keras_bench import KerasBench
from picket_host.progress import SILENT, Progress

_FORMAT = 1
_RUN, _DATASET, _KERAS, _TFLITE = "run.json", "dataset.npz", "model.keras", "model.tflite"
_PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Run:
    """What a run folder says about itself in ``run.json``.

    Attributes:
        recipe, variant, version, labels: what was trained.
        quick, seed: how.
        source, fingerprint: the data: where from, and the SHA-256 of all recordings.
        samples: windows in each part.
        weights: number of the model's weights.
        curves: name to one value for each epoch: accuracy, loss, val_accuracy, val_loss.
        made_with: versions of TensorFlow, Keras and NumPy.
    """

    recipe: str
    variant: str
    version: str
    labels: tuple[str, ...]
    quick: bool
    seed: int
    source: str
    fingerprint: str
    samples: dict[str, int]
    weights: int
    curves: dict[str, list[float]]
    made_with: dict[str, str]

    def save(self, folder: Path) -> None:
        """Write ``run.json``."""
        (folder / _RUN).write_text(json.dumps({"format": _FORMAT, **asdict(self)}, indent=2) + "\n")


@dataclass(frozen=True)
class RunFolder:
    """The files of a run."""

    path: Path

    @property
    def dataset_file(self) -> Path:
        return self.path / _DATASET

    @property
    def keras_file(self) -> Path:
        return self.path / _KERAS

    @property
    def tflite_file(self) -> Path:
        return self.path / _TFLITE

    @property
    def exists(self) -> bool:
        """Whether the folder is that of a run."""
        return (self.path / _RUN).is_file()

    def run(self) -> Run:
        """What ``run.json`` says.

        Raises:
            InputError: it is missing, damaged or of another format.
        """
        file = self.path / _RUN
        try:
            values = json.loads(file.read_text())
            if values.pop("format") != _FORMAT:
                raise ValueError("another format")
            return Run(**{**values, "labels": tuple(values["labels"])})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                "not the folder of a training run", self.path, "picket model train RECIPE -o RUN"
            ) from error

    def dataset(self) -> Dataset:
        """The features of all parts."""
        return Dataset.load(self.dataset_file)

    def model(self) -> bytes:
        """The int8 model.

        Raises:
            InputError: the run has not been quantised.
        """
        if not self.tflite_file.is_file():
            raise InputError("the run has not been quantised", self.path, f"picket model quantize {self.path}")
        return self.tflite_file.read_bytes()


def train(
    recipe: str,
    out: Path,
    data_dir: Path | None = None,
    variant: str | None = None,
    quick: bool = False,
    seed: int = recipes.DEFAULT_SEED,
    progress: Progress = SILENT,
) -> Run:
    """Train one variant of a recipe into the run folder ``out``.

    Args:
        data_dir: recordings; None for those that the recipe synthesises.
        variant: the recipe's first for None.
        quick: fewer epochs and training samples, for a first look.
        seed: of everything random; the same seed gives the same model on the same kind of processor.

    Raises:
        InputError: no such recipe or variant, or data that can't be used.
        ModelError: TensorFlow failed.
    """
    name, _ = recipes.variant_of(recipes.find(recipe), variant)
    with KerasBench(progress) as bench:
        (run,) = train_variants(bench, recipe, {name: out}, data_dir, quick, seed, progress)
    return run


def train_variants(
    bench: KerasBench,
    recipe_name: str,
    folders: dict[str, Path],
    data_dir: Path | None,
    quick: bool,
    seed: int,
    progress: Progress,
) -> Sequence[Run]:
    """Train variants on the same data, each into its own run folder. Errors as in ``train``."""
    recipe = recipes.find(recipe_name)
    variants = {name: recipes.variant_of(recipe, name)[1] for name in folders}
    bench.start()
    progress.step("preparing recordings")
    dataset = recipe.load(data_dir, quick, seed)
    runs = []
    for name, path in folders.items():
        path.mkdir(parents=True, exist_ok=True)
        folder = RunFolder(path)
        dataset.save(folder.dataset_file)
        progress.step(f"training {name}")
        result = bench.train(recipe.name, name, folder.dataset_file, folder.keras_file, quick, seed)
        run = Run(
            recipe=recipe.name,
            variant=name,
            version=variants[name].version,
            labels=dataset.labels,
            quick=quick,
            seed=seed,
            source=dataset.source,
            fingerprint=dataset.fingerprint,
            samples={part: len(getattr(dataset, part)) for part in _PARTS},
            weights=result["weights"],
            curves=result["curves"],
            made_with={name: importlib.metadata.version(name) for name in ("tensorflow-cpu", "keras", "numpy")},
        )
        run.save(path)
        runs.append(run)
    return runs
