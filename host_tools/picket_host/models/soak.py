"""False alerts: a model package judges hours of calm operation through the device's own gate."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from picket_host import device_code
from picket_host.errors import InputError
from picket_host.models import anomaly, recipes
from picket_host.models.quantisation import quantize
from picket_host.native.engine import Engine
from picket_host.progress import SILENT, Progress

# Other than the seed of the training data, so that no window of it comes again.
DEFAULT_SEED = 1001


@dataclass(frozen=True)
class SoakReport:
    """What the package said of operation in which nothing was to be said.

    Attributes:
        package: its folder.
        hours: of operation, as the device would have counted them.
        windows, stretches: judged windows, and the uninterrupted stretches that they came in, each with a new gate.
        alerts: beginnings of a condition, by label.
        per_hour: all of them, for each hour.
        anomaly_max: the highest score in thousandths of the threshold; 0 for a package without one.
    """

    package: Path
    hours: float
    windows: int
    stretches: int
    alerts: dict[str, int]
    per_hour: float
    anomaly_max: int


def soak(package: Path, hours: float, seed: int = DEFAULT_SEED, progress: Progress = SILENT) -> SoakReport:
    """Let a package of a recipe judge operation that the recipe's generator makes up.

    Args:
        package: folder with a model package, of a recipe that has ``operation``.
        hours: how long; at least one stretch is judged.
        seed: of the operation; the same seed gives the same windows.

    Raises:
        InputError: not a package, or its recipe can't make calm operation.
        ModelError: the engine refuses the model.
    """
    judge = PackageOnHost(package)
    recipe = recipes.find(judge.name)
    if not hasattr(recipe, "operation"):
        raise InputError("the recipe has no data of calm operation", judge.name, "use a recipe with `operation`")
    alerts: Counter[str] = Counter()
    windows = stretches = anomaly_max = 0
    seconds = 0.0
    for stretch in recipe.operation(seed):
        progress.step("judging calm operation", round(seconds), round(hours * 3600))
        events, highest = judge.events(stretch.features)
        alerts.update(label for label, on in events if on)
        anomaly_max = max(anomaly_max, highest)
        windows += len(stretch.features)
        stretches += 1
        seconds += len(stretch.features) * stretch.hop_s
        if seconds >= hours * 3600:
            break
    return SoakReport(
        package=package,
        hours=seconds / 3600,
        windows=windows,
        stretches=stretches,
        alerts=dict(alerts),
        per_hour=sum(alerts.values()) * 3600 / seconds,
        anomaly_max=anomaly_max,
    )


class PackageOnHost:
    """A model package with the device's engine, anomaly score and gate.

    Raises:
        InputError: not the folder of a package.
        ModelError: the engine refuses its model.
    """

    def __init__(self, package: Path):
        try:
            self._description = json.loads((package / "model.json").read_bytes())
            self._engine = Engine((package / "model.tflite").read_bytes())
            table = package / "anomaly.bin"
            self._table = table.read_bytes() if table.exists() else None
            self.name: str = self._description["name"]
            self.labels: list[str] = self._description["labels"]
            self._settings = device_code.load("infer.gate_settings").complete(self._description.get("gate", {}))
        except (OSError, ValueError, KeyError) as error:
            hint = "picket model verify RUN --package DIR"
            raise InputError("not the folder of a model package", package, hint) from error

    def percents(self, features: np.ndarray) -> np.ndarray:
        """What the model gives for float32 [n, ...]: percent by class as the device rounds them, int64 [n, classes]."""
        source, target = self._engine.inputs[0], self._engine.outputs[0]
        inputs = quantize(features, source.scale, source.zero_point).reshape(-1, *source.shape)
        outputs = np.stack([self._engine.invoke([each])[0].ravel() for each in inputs]).astype(np.float32)
        return np.clip(np.floor((outputs - target.zero_point) * target.scale * 100 + 0.5), 0, 100).astype(int)

    def anomalies(self, features: np.ndarray) -> np.ndarray:
        """The scores of float32 [n, features] in thousandths of the threshold, int64 [n]; 0 without a table."""
        return np.zeros(len(features), int) if self._table is None else anomaly.scores(features, self._table)

    def events(self, features: np.ndarray) -> tuple[list[tuple[str, bool]], int]:
        """What a new gate says of windows in a row, float32 [n, ...]: (label, began) each; and the highest score."""
        gate = device_code.load("infer.gate").Gate(self.labels, self._settings)
        scores = self.anomalies(features)
        events = []
        for percents, score in zip(self.percents(features).tolist(), scores.tolist(), strict=True):
            event = gate.feed(percents, score)
            while event:
                events.append((event.label, bool(event.on)))
                event = gate.more()
        return events, int(scores.max(initial=0))


@dataclass(frozen=True)
class Stretch:
    """Calm operation without a pause.

    Attributes:
        features: float32 [n, ...], one for each window, as the model takes them.
        hop_s: seconds from the beginning of a window to that of the next.
    """

    features: np.ndarray
    hop_s: float
