"""Random inputs have the model's shapes and types and cover what they can."""

from __future__ import annotations

import numpy as np
import pytest

from picket_host.bench.vectors import random_inputs
from picket_host.errors import ModelError
from picket_host.models.tflite_file import Graph, Tensor


def graph(*inputs: tuple[str, tuple[int, ...]]) -> Graph:
    tensors = tuple(Tensor(f"t{i}", dtype, shape, 0.0, 0) for i, (dtype, shape) in enumerate(inputs))
    return Graph(tensors, (), tuple(range(len(inputs))), ())


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "int64", "float32", "bool"])
def test_shape_and_type_are_the_inputs(dtype):
    ((array,),) = random_inputs(graph((dtype, (2, 3))), 1, seed=1)
    assert array.shape == (2, 3)
    assert array.dtype == np.dtype(dtype)


def test_integers_reach_both_ends_of_their_range():
    ((array,),) = random_inputs(graph(("int8", (100, 100))), 1, seed=1)
    assert (array.min(), array.max()) == (-128, 127)


def test_vectors_differ_and_repeat_with_the_seed():
    first, again = (random_inputs(graph(("int8", (50,)), ("float32", (4,))), 2, seed=7) for _ in range(2))
    assert all((a == b).all() for xs, ys in zip(first, again, strict=True) for a, b in zip(xs, ys, strict=True))
    assert (first[0][0] != first[1][0]).any()


@pytest.mark.parametrize(("dtype", "shape"), [("string", (1,)), ("int4", (2,)), ("int8", (-1, 3)), ("int8", (0,))])
def test_an_input_that_nothing_can_be_made_of_is_named(dtype, shape):
    with pytest.raises(ModelError, match="t0"):
        random_inputs(graph((dtype, shape)), 1, seed=1)
