"""``picket model anomaly fit``: an anomaly score from a run or from recorded features, exported for the device."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from picket_host.errors import InputError
from picket_host.models import anomaly, places, recipes
from picket_host.models.anomaly import AnomalyReport
from picket_host.models.quantize import load_samples
from picket_host.models.train import RunFolder
from picket_host.progress import SILENT, Progress

_HELD_BACK = 1 / 3


@dataclass(frozen=True)
class FitReport:
    """The score that was fitted.

    Attributes:
        file, bytes: the table for the device.
        kind, components: what it is made of.
        wanted_rate: share of healthy windows that may exceed the threshold.
        held_back: windows that set the threshold.
        test: what it does to a run's test part; None for recorded features.
    """

    file: Path
    bytes: int
    kind: str
    components: int
    wanted_rate: float
    held_back: int
    test: AnomalyReport | None


def fit(
    source: Path,
    rate: float | None = None,
    kind: str = anomaly.KINDS[0],
    components: int = anomaly.DEFAULT_COMPONENTS,
    out: Path | None = None,
    seed: int = recipes.DEFAULT_SEED,
    progress: Progress = SILENT,
) -> FitReport:
    """Fit to the healthy windows of a run, or to recorded features.

    Args:
        source: a run folder, or ``.npy`` with float32 [n, features] in the order of time, the last third of which sets
            the threshold.
        rate: share of healthy windows that may exceed the threshold; a run's recipe has a default.
        kind, components: see ``anomaly.fit``.
        out: where to write; by default ``anomaly.bin`` in the run, from where its package takes it, or beside the file.

    Raises:
        InputError: no such run or file, values that are not numbers, too few windows, a rate that does not fit, or a
            run whose model takes no feature vectors.
    """
    folder = RunFolder(source)
    test = None
    if out is not None:
        places.check_apart(out, source, *folder.sources)
    progress.step("fitting the anomaly score")
    if folder.exists:
        recipe, dataset = recipes.find(folder.run().recipe), folder.dataset()
        rate = recipe.false_alarm_rate if rate is None else rate
        train, held_back = dataset.train.of_class(0), dataset.validation.of_class(0)
        _check_vectors(train, source)
        table = anomaly.fit(train, held_back, rate, seed, kind, components, source)
        test = anomaly.report(table, dataset.test.x, dataset.test.y, dataset.labels, rate)
        out = out or folder.anomaly_file
    else:
        features = load_samples(source)
        _check_vectors(features, source)
        if rate is None:
            raise InputError("the false-alarm rate is missing", source, "--false-alarm-rate 0.001")
        begin = len(features) - int(np.ceil(len(features) * _HELD_BACK))
        train, held_back = features[:begin], features[begin:]
        table = anomaly.fit(train, held_back, rate, seed, kind, components, source)
        out = out or source.with_name("anomaly.bin")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(table)
    made = int(np.frombuffer(table, "<u2", 1, 6)[0])
    return FitReport(out, len(table), kind, made, rate, len(held_back), test)


def _check_vectors(x: np.ndarray, where: Path) -> None:
    if x.ndim != 2:
        raise InputError(f"samples of shape {x.shape[1:]} are no feature vectors", where, "float32 [n, features]")
