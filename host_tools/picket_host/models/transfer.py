"""What a model makes of conditions that it was not trained for, and what the anomaly score catches of them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from picket_host.errors import InputError
from picket_host.models import anomaly, recipes
from picket_host.models.keras_bench import Job, KerasBench
from picket_host.models.quantisation import quantize
from picket_host.models.quantize import to_int8
from picket_host.native.engine import Engine
from picket_host.progress import SILENT, Progress


@dataclass(frozen=True)
class Unseen:
    """What became of the windows of one class, as shares of them.

    Attributes:
        windows: how many.
        right: the class was named.
        other: another condition was named.
        healthy: taken for healthy.
        anomalous: the anomaly score exceeded its threshold, whatever the classifier said.
        missed: taken for healthy, and not anomalous either.
    """

    windows: int
    right: float
    other: float
    healthy: float
    anomalous: float
    missed: float


@dataclass(frozen=True)
class TransferReport:
    """A model on what it has not seen.

    Attributes:
        trained_on, tested_on: what the data are, for people.
        accuracy: of the int8 model on the unseen conditions and the healthy windows.
        confusion: confusion[true][predicted], windows.
        labels: the classes.
        healthy_alarms: share of the healthy windows that were named a fault or scored as anomalous.
        conditions: by label, without the healthy one.
    """

    trained_on: str
    tested_on: str
    labels: tuple[str, ...]
    accuracy: float
    confusion: list[list[int]]
    healthy_alarms: float
    conditions: dict[str, Unseen]


def transfer(
    recipe_name: str,
    data_dir: Path | None = None,
    variant: str | None = None,
    seed: int = recipes.DEFAULT_SEED,
    progress: Progress = SILENT,
) -> TransferReport:
    """Train a variant on some conditions and test its int8 form, on the device's engine, on others.

    Raises:
        InputError: the recipe or its data have no such division.
        ModelError: TensorFlow failed, or the engine refuses the model.
    """
    recipe = recipes.find(recipe_name)
    name, _ = recipes.variant_of(recipe, variant)
    if not hasattr(recipe, "transfer"):
        raise InputError("the recipe has no data that are divided by condition", recipe.name)
    with tempfile.TemporaryDirectory(prefix="picket-transfer-") as scratch, KerasBench(progress) as bench:
        bench.start()
        progress.step("preparing recordings")
        dataset, trained_on, tested_on = recipe.transfer(data_dir, seed)
        data_file, keras_file = Path(scratch) / "dataset.npz", Path(scratch) / "model.keras"
        dataset.save(data_file)
        bench.train(Job(recipe.name, name, data_file, seed), keras_file)
        engine = Engine(to_int8(bench, keras_file, dataset.representative()))
    tensor = engine.inputs[0]
    test = dataset.test
    inputs = quantize(test.x, tensor.scale, tensor.zero_point).reshape(-1, *tensor.shape)
    predicted = np.array([engine.invoke([each])[0].argmax() for each in inputs])
    healthy = (dataset.train.of_class(0), dataset.validation.of_class(0))
    anomalous = anomaly.scores(test.x, anomaly.fit(*healthy, recipe.false_alarm_rate, seed)) >= 1000
    confusion = np.zeros((len(dataset.labels),) * 2, int)
    np.add.at(confusion, (test.y, predicted), 1)
    return TransferReport(
        trained_on=trained_on,
        tested_on=tested_on,
        labels=dataset.labels,
        accuracy=float((predicted == test.y).mean()),
        confusion=confusion.tolist(),
        healthy_alarms=float(((predicted != 0) | anomalous)[test.y == 0].mean()),
        conditions={
            label: _unseen(index, predicted[test.y == index], anomalous[test.y == index])
            for index, label in enumerate(dataset.labels)
            if index
        },
    )


def _unseen(index: int, predicted: np.ndarray, anomalous: np.ndarray) -> Unseen:
    right, healthy = predicted == index, predicted == 0
    return Unseen(
        windows=len(predicted),
        right=float(right.mean()),
        other=float((~right & ~healthy).mean()),
        healthy=float(healthy.mean()),
        anomalous=float(anomalous.mean()),
        missed=float((healthy & ~anomalous).mean()),
    )
