"""Distillation: a small model learns what a large one has found out, not only which class is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from picket_host.errors import InputError
from picket_host.models import recipes
from picket_host.models.keras_bench import Job, KerasBench
from picket_host.models.prune import new_folder
from picket_host.models.standing import Standing, standing
from picket_host.models.train import RunFolder, describe
from picket_host.progress import SILENT, Progress

DEFAULT_TEMPERATURE = 4.0
DEFAULT_ALPHA = 0.3


@dataclass(frozen=True)
class DistillReport:
    """What distillation did; all three models as int8.

    Attributes:
        folder: the new run.
        teacher: the model that taught.
        alone: the student's architecture, trained in the same way without a teacher.
        student: the distilled model.
    """

    folder: Path
    teacher: Standing
    alone: Standing
    student: Standing


def distill(
    run: Path,
    teacher: Path,
    out: Path,
    variant: str | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    temperature: float = DEFAULT_TEMPERATURE,
    alpha: float = DEFAULT_ALPHA,
    epochs: int | None = None,
    seed: int | None = None,
    progress: Progress = SILENT,
) -> DistillReport:
    """Distil a teacher into a variant of a run's recipe, on the run's data, into the run folder ``out``.

    The same student is also trained alone, so that the report shows what the teacher was good for.

    Args:
        teacher: a ``.keras`` file, or a run, whose model it is.
        variant, hyperparameters: the student; by default as in the run.
        temperature: > 0; how much the teacher's probabilities are softened.
        alpha: 0 to 1: the share of the true classes in the loss; the rest is the teacher's.
        epochs: by default the variant's.
        seed: of everything random; by default the run's.

    Raises:
        InputError: no such run, file, variant or hyperparameter, a number out of range, or a teacher that does not
            fit the data.
        ModelError: TensorFlow failed, or the student can't be quantised.
    """
    if not temperature > 0:
        raise InputError(f"a temperature of {temperature} is not positive", hint="1 to 10")
    if not 0 <= alpha <= 1:
        raise InputError(f"an alpha of {alpha} is not between 0 and 1", hint="0.1 to 0.5")
    parent = RunFolder(run)
    about, dataset = parent.run(), parent.dataset()
    recipe = recipes.find(about.recipe)
    name, _ = recipes.variant_of(recipe, variant or about.variant)
    chosen = dict(about.hyperparameters if hyperparameters is None and variant is None else hyperparameters or {})
    recipes.check_hyperparameters(recipe, chosen)
    teacher_file = RunFolder(teacher).keras_file if RunFolder(teacher).exists else teacher
    if not teacher_file.is_file():
        raise InputError("no such teacher", teacher, "give a .keras file or a run")
    seed = about.seed if seed is None else seed
    folder = new_folder(out, parent, teacher_file, dataset)
    job = Job(about.recipe, name, folder.dataset_file, seed, about.quick, epochs, chosen)
    alone_file = folder.path / "alone.keras"
    with KerasBench(progress) as bench:
        result = bench.distill(job, teacher_file, folder.keras_file, temperature, alpha)
        student, model = standing(bench, folder.keras_file, dataset)
        bench.train(job, alone_file)
        alone, _ = standing(bench, alone_file, dataset)
        taught, _ = standing(bench, teacher_file, dataset)
    folder.tflite_file.write_bytes(model)
    derived = {"step": "distill", "teacher": str(teacher), "temperature": temperature, "alpha": alpha}
    describe(job, dataset, result, derived).save(folder.path)
    return DistillReport(folder.path, taught, alone, student)
