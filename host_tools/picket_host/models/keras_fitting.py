"""How a Keras model is fitted to a data set, in the TensorFlow process: training, pruning, distillation and trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from picket_host.models.dataset import Dataset
from picket_host.models.recipes import Variant
from picket_host.progress import Progress


@dataclass(frozen=True)
class Samples:
    """What a model is fitted to.

    Attributes:
        x: float32 [n, ...].
        y: whatever the loss takes, [n, ...].
        weights: float32 [n]; every class weighs the same, however many recordings there are of it.
        validation: x and y of the validation part.
    """

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    validation: tuple[np.ndarray, np.ndarray]


def samples_of(dataset: Dataset, augmented: bool) -> Samples:
    """The training part, with the augmented one where wanted."""
    x, y = dataset.train.x, dataset.train.y
    if augmented:
        x, y = np.concatenate([x, dataset.augmented.x]), np.concatenate([y, dataset.augmented.y])
    classes = len(dataset.labels)
    weights = (len(y) / (classes * np.bincount(y, minlength=classes)))[y].astype(np.float32)
    return Samples(x, y, weights, (dataset.validation.x, dataset.validation.y))


def compile_model(
    model: keras.Model, learning_rate: float, steps: int, loss: Any = None, accuracy: Any = "accuracy"
) -> None:
    """Compile for ``steps`` steps, over which the learning rate falls to zero along a half cosine."""
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    model.compile(
        optimizer=keras.optimizers.Adam(schedule),
        loss=loss or "sparse_categorical_crossentropy",
        metrics=[accuracy],
    )


def fit(
    model: keras.Model,
    samples: Samples,
    variant: Variant,
    epochs: int,
    seed: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    initial_epoch: int = 0,
) -> dict[str, list[float]]:
    """Fit a compiled model for the epochs from ``initial_epoch`` to ``epochs``: name to one value for each."""
    count = len(samples.x)
    batches = tf.data.Dataset.from_tensor_slices((samples.x, samples.y, samples.weights))
    history = model.fit(
        batches.shuffle(count, seed=seed).repeat().batch(variant.batch),
        initial_epoch=initial_epoch,
        epochs=epochs,
        steps_per_epoch=variant.steps,
        validation_data=samples.validation,
        callbacks=list(callbacks),
        verbose=0,
    )
    return {key: [float(value) for value in values] for key, values in history.history.items()}


class EpochReport(keras.callbacks.Callback):
    """Tells the progress of each epoch."""

    def __init__(self, text: str, epochs: int, progress: Progress):
        super().__init__()
        self._text = text
        self._epochs = epochs
        self._progress = progress

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._progress.step(self._text, epoch + 1, self._epochs)
