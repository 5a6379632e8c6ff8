"""Magnitude pruning with fine-tuning: fewer bytes after compression, the same work on the device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from picket_host.errors import InputError
from picket_host.models import recipes
from picket_host.models.dataset import Dataset
from picket_host.models.keras_bench import Job, KerasBench
from picket_host.models.standing import Standing, standing
from picket_host.models.train import RunFolder, describe
from picket_host.progress import SILENT, Progress

DEFAULT_SPARSITY = 0.7
_LEARNING_RATE = 1e-3  # a quarter of what training begins with: the weights are nearly right


@dataclass(frozen=True)
class PruneReport:
    """What pruning did.

    Attributes:
        folder: the new run.
        sparsity: share of weights that are zero, by name of layer.
        before, after: the parent and the pruned model, each as int8.
    """

    folder: Path
    sparsity: dict[str, float]
    before: Standing
    after: Standing


def prune(
    source: Path,
    out: Path,
    sparsity: float = DEFAULT_SPARSITY,
    layers: Mapping[str, float] | None = None,
    epochs: int | None = None,
    run: Path | None = None,
    seed: int | None = None,
    progress: Progress = SILENT,
) -> PruneReport:
    """Prune a model and fine-tune what is left, into the run folder ``out``, quantised to int8.

    Args:
        source: a run folder or a ``.keras`` file.
        sparsity: share of weights to set to zero in dense and convolution layers that are worth it.
        layers: the share of single layers by name; 0 leaves one as it is.
        epochs: of pruning and fine-tuning; by default the variant's.
        run: for a ``.keras`` file: the run whose data it is fine-tuned on.
        seed: of everything random; by default the run's.

    Raises:
        InputError: no such run, layer or file, a share outside of 0 to 1, or a model that does not fit the data.
        ModelError: TensorFlow failed, or the result can't be quantised.
    """
    layers = dict(layers or {})
    for name, share in {"sparsity": sparsity, **layers}.items():
        if not 0 <= share < 1:
            raise InputError(f"a sparsity of {share} is not a share", name, "0 or more, less than 1")
    parent, keras_file = parent_of(source, run)
    about = parent.run()
    dataset = parent.dataset()
    job = Job(
        about.recipe,
        about.variant,
        parent.dataset_file,
        about.seed if seed is None else seed,
        about.quick,
        epochs,
        about.hyperparameters,
    )
    folder = new_folder(out, parent, keras_file, dataset)
    with KerasBench(progress) as bench:
        before, _ = standing(bench, keras_file, dataset)
        result = bench.prune(job, keras_file, folder.keras_file, sparsity, layers, _LEARNING_RATE)
        after, model = standing(bench, folder.keras_file, dataset)
    folder.tflite_file.write_bytes(model)
    derived = {"step": "prune", "parent": str(source), "sparsity": sparsity, "layers": layers}
    describe(job, dataset, result, derived).save(folder.path)
    return PruneReport(folder.path, result["sparsity"], before, after)


def parent_of(source: Path, run: Path | None) -> tuple[RunFolder, Path]:
    """The run whose data is used, and the Keras file to begin with.

    Raises:
        InputError: there is none, or it is not clear which.
    """
    folder = RunFolder(source)
    if folder.exists:
        return folder, folder.keras_file
    if not source.is_file():
        raise InputError("no such run or file", source, "give a run folder or a .keras file")
    if run is None:
        raise InputError("the data to fine-tune on is missing", source, "--run RUN, whose data it shall be")
    folder = RunFolder(run)
    recipes.find(folder.run().recipe)
    return folder, source


def new_folder(out: Path, parent: RunFolder, keras_file: Path, dataset: Dataset) -> RunFolder:
    """The run folder to write, which must not be the parent's own."""
    if out.resolve() == parent.path.resolve() or (out / "model.keras").resolve() == keras_file.resolve():
        raise InputError("the parent would be overwritten", out, "-o another folder")
    folder = RunFolder(out)
    folder.begin(dataset)
    return folder
