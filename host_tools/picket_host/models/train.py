"""Training: a recipe and its data to a run folder.

A run folder holds ``run.json`` (``Run``), ``dataset.npz`` (the features of all parts) and ``model.keras``; ``quantize``
adds ``model.tflite`` and ``anomaly fit`` may add ``anomaly.bin``. What it holds is all that later steps need: the
recordings may be gone by then.
"""

from __future__ import annotations

import importlib.metadata
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from picket_host.errors import InputError
from picket_host.models import places, recipes
from picket_host.models.dataset import Dataset
from picket_host.models.keras_bench import Job, KerasBench
from picket_host.progress import SILENT, Progress

_FORMAT = 1
_RUN, _DATASET, _KERAS, _TFLITE, _ANOMALY = "run.json", "dataset.npz", "model.keras", "model.tflite", "anomaly.bin"
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
        hyperparameters: given to the recipe's ``build`` instead of the variant's own.
        derived: how the model came about when it was not simply trained: the step and its options; else None.
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
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    derived: dict[str, Any] | None = None

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
    def anomaly_file(self) -> Path:
        return self.path / _ANOMALY

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

    @property
    def sources(self) -> tuple[Path, ...]:
        """The files that training wrote: what is made from a run must not be written over them."""
        return self.path / _RUN, self.dataset_file, self.keras_file

    def check_free(self) -> None:
        """Refuse a folder in which a new run would replace what is not a run's.

        Raises:
            InputError: it has a file of a run's name, and is none; or it can't be written.
        """
        places.check_folder(self.path)
        if self.exists:
            self.run()
        elif not self._left_unfinished():
            for name in (_RUN, _DATASET, _KERAS, _TFLITE, _ANOMALY):
                if (self.path / name).exists():
                    what = f"the folder is not that of a run, and its {name} would be replaced"
                    raise InputError(what, self.path, "a new folder")

    def begin(self, dataset: Dataset | None = None) -> None:
        """Make the folder ready for a new model: what was made from an older one must not stay beside it.

        Raises:
            InputError: as ``check_free``.
        """
        self.check_free()
        self.path.mkdir(parents=True, exist_ok=True)
        for file in (self.tflite_file, self.anomaly_file):
            file.unlink(missing_ok=True)
        if dataset is not None:
            dataset.save(self.dataset_file)

    def _left_unfinished(self) -> bool:
        """Whether a run began here and did not come to its end, where it gets its ``run.json``."""
        try:
            with np.load(self.dataset_file, allow_pickle=False) as data:  # a list of contents; no array is read
                return "train_x" in data.files
        except (OSError, ValueError, TypeError, AttributeError, EOFError, zipfile.BadZipFile):
            return False


def train(
    recipe: str,
    out: Path,
    data_dir: Path | None = None,
    variant: str | None = None,
    quick: bool = False,
    seed: int = recipes.DEFAULT_SEED,
    progress: Progress = SILENT,
    hyperparameters: Mapping[str, Any] | None = None,
) -> Run:
    """Train one variant of a recipe into the run folder ``out``.

    Args:
        data_dir: recordings; None for those that the recipe synthesises.
        variant: the recipe's first for None.
        quick: fewer epochs and training samples, for a first look.
        seed: of everything random; the same seed gives the same model on the same kind of processor.
        hyperparameters: for the recipe's ``build``, instead of the variant's own.

    Raises:
        InputError: no such recipe, variant or hyperparameter, data that can't be used, or a folder that holds
            something else.
        ModelError: TensorFlow failed.
    """
    found = recipes.find(recipe)
    name, _ = recipes.variant_of(found, variant)
    recipes.check_hyperparameters(found, hyperparameters or {})
    with KerasBench(progress) as bench:
        (run,) = train_variants(bench, recipe, {name: out}, data_dir, quick, seed, progress, hyperparameters)
    return run


def train_variants(
    bench: KerasBench,
    recipe_name: str,
    folders: dict[str, Path],
    data_dir: Path | None,
    quick: bool,
    seed: int,
    progress: Progress,
    hyperparameters: Mapping[str, Any] | None = None,
) -> Sequence[Run]:
    """Train variants on the same data, each into its own run folder. Errors as in ``train``."""
    recipe = recipes.find(recipe_name)
    for name, path in folders.items():
        recipes.variant_of(recipe, name)
        RunFolder(path).check_free()
    bench.start()
    progress.step("preparing recordings")
    dataset = recipe.load(data_dir, quick, seed)
    runs = []
    for name, path in folders.items():
        folder = RunFolder(path)
        folder.begin(dataset)
        progress.step(f"training {name}")
        job = Job(recipe.name, name, folder.dataset_file, seed, quick, None, hyperparameters or {})
        result = bench.train(job, folder.keras_file)
        run = describe(job, dataset, result)
        run.save(path)
        runs.append(run)
    return runs


def describe(job: Job, dataset: Dataset, result: Mapping[str, Any], derived: dict[str, Any] | None = None) -> Run:
    """What a run folder says about a model that was just fitted: ``curves`` and ``weights`` in ``result``."""
    _, variant = recipes.variant_of(recipes.find(job.recipe), job.variant)
    return Run(
        recipe=job.recipe,
        variant=job.variant,
        version=variant.version,
        labels=dataset.labels,
        quick=job.quick,
        seed=job.seed,
        source=dataset.source,
        fingerprint=dataset.fingerprint,
        samples={part: len(getattr(dataset, part)) for part in _PARTS},
        weights=result["weights"],
        curves=result["curves"],
        made_with={name: importlib.metadata.version(name) for name in ("tensorflow-cpu", "keras", "numpy")},
        hyperparameters=dict(job.hyperparameters),
        derived=derived,
    )
