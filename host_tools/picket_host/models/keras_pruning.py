"""Magnitude pruning of Keras 3 models by masks, in the TensorFlow process."""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np

from picket_host.errors import InputError

# Layers with fewer weights cost more accuracy than they save bytes; depthwise ones have few and feel each.
_LEAST_WEIGHTS = 64
_UNASKED = (keras.layers.Dense, keras.layers.Conv1D, keras.layers.Conv2D)
_SPARED = (keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D)


def targets(model: keras.Model, sparsity: float, layers: Mapping[str, float]) -> dict[str, float]:
    """The final sparsity by name of layer: ``sparsity`` for those worth it, and what ``layers`` says of single ones.

    Raises:
        InputError: no such layer, a layer without a kernel, or nothing to prune.
    """
    kernels = {layer.name: layer for layer in model.layers if getattr(layer, "kernel", None) is not None}
    for name in layers:
        if name not in kernels:
            known = ", ".join(kernels)
            raise InputError("no such layer with weights to prune", f"layer {name}", f"one of {known}")
    chosen = {
        name: sparsity
        for name, layer in kernels.items()
        if isinstance(layer, _UNASKED)
        and not isinstance(layer, _SPARED)
        and layer.trainable
        and np.prod(layer.kernel.shape) >= _LEAST_WEIGHTS
    }
    chosen |= layers
    chosen = {name: value for name, value in chosen.items() if value > 0}
    if not chosen:
        raise InputError("no layer is large enough to prune", hint=f"name one: {', '.join(kernels)}")
    return chosen


def sparsities(model: keras.Model) -> dict[str, float]:
    """Share of weights that are zero, by name of layer with a kernel."""
    return {
        layer.name: float(np.mean(keras.ops.convert_to_numpy(layer.kernel) == 0))
        for layer in model.layers
        if getattr(layer, "kernel", None) is not None
    }


class MagnitudePruning(keras.callbacks.Callback):
    """Sets each layer's smallest weights to zero, ever more of them, and keeps them there.

    The sparsity after step t of T is ``s (1 - (1 - t/T)^3)`` (Zhu and Gupta, "To prune, or not to prune", 2017): most
    weights go early, while there is time left to recover.

    Args:
        targets: final sparsity by name of layer.
        steps: T; later steps fine-tune what is left.
        every: steps between two changes of the masks.
    """

    def __init__(self, targets: Mapping[str, float], steps: int, every: int):
        super().__init__()
        self._targets = targets
        self._steps = max(1, steps)
        self._every = max(1, every)
        self._step = 0
        self._masks: dict[str, np.ndarray] = {}

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._step += 1
        changes = self._step <= self._steps and (self._step % self._every == 0 or self._step == self._steps)
        remaining = 1 - min(1.0, self._step / self._steps)
        for name, final in self._targets.items():
            kernel = self.model.get_layer(name).kernel
            values = keras.ops.convert_to_numpy(kernel)
            if changes:
                self._masks[name] = _largest(values, final * (1 - remaining**3))
            if name in self._masks:
                kernel.assign(values * self._masks[name])


def _largest(values: np.ndarray, sparsity: float) -> np.ndarray:
    """True for all but the ``sparsity`` smallest magnitudes; of equal ones the first go."""
    mask = np.ones(values.size, bool)
    mask[np.argsort(np.abs(values), axis=None, kind="stable")[: round(sparsity * values.size)]] = False
    return mask.reshape(values.shape)
