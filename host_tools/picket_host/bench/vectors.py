"""Random inputs for any model."""

from __future__ import annotations

import numpy as np

from picket_host.errors import ModelError
from picket_host.models.tflite_file import Graph


def random_inputs(graph: Graph, count: int, seed: int) -> list[list[np.ndarray]]:
    """Inputs for ``count`` invocations, each an array for every input of the model in its shape and dtype.

    Integers cover the whole range of their type, floats are standard normal.

    Raises:
        ModelError: an input has no fixed shape, or a type that nothing random can be made of.
    """
    rng = np.random.default_rng(seed)
    return [[_random(graph, index, rng) for index in graph.inputs] for _ in range(count)]


def _random(graph: Graph, index: int, rng: np.random.Generator) -> np.ndarray:
    tensor = graph.tensors[index]
    if any(size < 1 for size in tensor.shape):
        raise ModelError(f"its shape is {list(tensor.shape)}", f"input {tensor.name}", "convert it with a fixed batch")
    if tensor.dtype == "float32":
        return rng.standard_normal(tensor.shape).astype(np.float32)
    if tensor.dtype == "bool":
        return rng.integers(0, 2, tensor.shape).astype(np.bool_)
    try:
        limits = np.iinfo(tensor.dtype)
    except (TypeError, ValueError):
        raise ModelError(f"can't make random {tensor.dtype} values", f"input {tensor.name}") from None
    return rng.integers(limits.min, limits.max, tensor.shape, dtype=limits.dtype, endpoint=True)
