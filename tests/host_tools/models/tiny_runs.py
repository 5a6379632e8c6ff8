"""Run folders with data that a tiny model learns in a second: what the vibration recipe takes, from random numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from picket_host.models import recipes
from picket_host.models.dataset import Dataset, Split
from picket_host.models.keras_bench import Job, KerasBench
from picket_host.models.train import RunFolder, describe

FEATURES = 70
SMALL = {"filters": 2, "hidden": 4, "stride": 4}


def dataset(seed: int = 1, each: int = 30) -> Dataset:
    """Four classes, each with a bump at another place of the spectrum; nearly separable."""
    rng = np.random.default_rng(seed)
    labels = recipes.find("vibration").labels

    def split(count: int, noise: float) -> Split:
        y = np.tile(np.arange(len(labels), dtype=np.int32), count)
        x = rng.normal(0.5, noise, (len(y), FEATURES))
        for i, label in enumerate(y):
            x[i, 5 + 15 * label : 15 + 15 * label] += 1.0
        return Split(x.astype(np.float32), y)

    parts = {"train": 0.3, "augmented": 0.5, "validation": 0.3, "test": 0.3, "noisy": 0.8}
    splits = {name: split(each, noise) for name, noise in parts.items()}
    return Dataset(labels=labels, source="random", fingerprint="0" * 64, **splits)


def train(bench: KerasBench, folder: Path, seed: int = 1, **hyperparameters: int) -> RunFolder:
    """A run of two epochs with a model of these hyperparameters."""
    run = RunFolder(folder)
    data = dataset()
    run.begin(data)
    job = Job("vibration", "baseline", run.dataset_file, seed, True, 2, {**SMALL, **hyperparameters})
    describe(job, data, bench.train(job, run.keras_file)).save(run.path)
    return run
