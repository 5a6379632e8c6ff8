"""Random models of element-wise operators and reductions, for conformance tests; see ``operator_cases``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from operator_cases import I8, I16, Rng, activation, broadcast_shapes, random_shape, scale, zero_point
from tflite_builder import TfliteBuilder


def _near(rng: Rng, value: float, spread: float = 1.5) -> float:
    """A scale not too far from a value."""
    return float(np.float32(value * np.exp(rng.uniform(-spread, spread))))


def _narrow_or_wide(rng: Rng) -> type:
    return I8 if rng.random() < 0.6 else I16


def _zero_point(rng: Rng, dtype: type) -> int:
    return zero_point(rng) if dtype is I8 else 0


def _binary(
    rng: Rng, name: str, options: str | None, dtype: type, scales: tuple[float | None, float | None, float | None],
    zero_points: tuple[int, int, int], second_dtype: type | None = None, **fields: int,
) -> bytes:  # fmt: skip
    first, second, out = broadcast_shapes(rng)
    b = TfliteBuilder()
    x1 = b.tensor(first, dtype, scale=scales[0], zero_point=zero_points[0])
    constant = rng.random() < 0.3
    data = rng.integers(-100, 100, second).astype(second_dtype or dtype) if constant else None
    x2 = b.tensor(second, second_dtype or dtype, data, scale=scales[1], zero_point=zero_points[1])
    y = b.tensor(out, dtype, scale=scales[2], zero_point=zero_points[2])
    b.operator(name, [x1, x2], [y], options, **fields)
    return b.build([x1] if constant else [x1, x2], [y])


def _sum(rng: Rng, name: str, options: str, dtype: type) -> bytes:
    scales = (scale(rng), scale(rng))
    out = float(np.float32(sum(scales) * np.exp(rng.uniform(-2, 2))))
    zero_points = tuple(_zero_point(rng, dtype) for _ in range(3))
    return _binary(rng, name, options, dtype, (*scales, out), zero_points, FusedActivationFunction=activation(rng))


def sub(rng: Rng) -> bytes:
    """SUB, int8 and int16, of equal or broadcast shapes."""
    return _sum(rng, "SUB", "SubOptions", _narrow_or_wide(rng))


def add_i16(rng: Rng) -> bytes:
    """ADD, int16, of equal or broadcast shapes."""
    return _sum(rng, "ADD", "AddOptions", I16)


def _extremum(rng: Rng, name: str) -> bytes:
    dtype = [I8, I16, np.int32, np.float32][rng.integers(0, 4)]
    quantized = dtype in (I8, I16)
    s, z = (scale(rng), _zero_point(rng, dtype)) if quantized else (None, 0)
    return _binary(rng, name, "MaximumMinimumOptions", dtype, (s, s, s), (z, z, z))


def maximum(rng: Rng) -> bytes:
    """MAXIMUM of int8, int16, int32 and float32."""
    return _extremum(rng, "MAXIMUM")


def minimum(rng: Rng) -> bytes:
    """MINIMUM of int8, int16, int32 and float32."""
    return _extremum(rng, "MINIMUM")


def _unary(
    rng: Rng, name: str, options: str | None, dtype: type, scales: tuple[float, float], zero_points: tuple[int, int],
    **fields: float,
) -> bytes:  # fmt: skip
    shape = random_shape(rng) if rng.random() < 0.7 else (1, int(rng.integers(250, 600)))
    b = TfliteBuilder()
    x = b.tensor(shape, dtype, scale=scales[0], zero_point=zero_points[0])
    y = b.tensor(shape, dtype, scale=scales[1], zero_point=zero_points[1])
    b.operator(name, [x], [y], options, **fields)
    return b.build([x], [y])


def leaky_relu(rng: Rng) -> bytes:
    """LEAKY_RELU, int8 and int16, with slopes of either sign and above 1."""
    dtype = _narrow_or_wide(rng)
    s = scale(rng)
    alpha = float(rng.choice([0.1, 0.3, 0.01, 1.0, 1.7, -0.2, 0.0, rng.normal()]))
    zero_points = (zero_point(rng), zero_point(rng))
    return _unary(rng, "LEAKY_RELU", "LeakyReluOptions", dtype, (s, _near(rng, s)), zero_points, Alpha=alpha)


def prelu(rng: Rng) -> bytes:
    """PRELU, int8 and int16 with a slope of int8, of equal or broadcast shapes."""
    dtype = _narrow_or_wide(rng)
    s, alpha = scale(rng), scale(rng, 1e-3, 1e-1)
    zero_points = (zero_point(rng), zero_point(rng), zero_point(rng))
    return _binary(rng, "PRELU", None, dtype, (s, alpha, _near(rng, s)), zero_points, I8)


def hard_swish(rng: Rng) -> bytes:
    """HARD_SWISH, int8, for small and huge input scales."""
    s = scale(rng, 1e-4, 10.0)
    zero_points = (zero_point(rng), zero_point(rng))
    return _unary(rng, "HARD_SWISH", "HardSwishOptions", I8, (s, _near(rng, s, 1.0)), zero_points)


def tanh(rng: Rng) -> bytes:
    """TANH, int8, on both sides of the scale at which one step is all."""
    return _unary(rng, "TANH", None, I8, (scale(rng, 1e-4, 40.0), 1 / 128), (zero_point(rng), 0))


def _sigmoid_i16(rng: Rng, name: str) -> bytes:
    powers = [2.0**-12, 2.0**-11, 2.0**-13, 2.0**-9]
    s = float(rng.choice(powers)) if rng.random() < 0.5 else scale(rng, 1e-6, 1.0)
    return _unary(rng, name, None, I16, (s, 2.0**-15), (0, 0))


def tanh_i16(rng: Rng) -> bytes:
    """TANH, int16, for scales that are powers of two and others."""
    return _sigmoid_i16(rng, "TANH")


def logistic_i16(rng: Rng) -> bytes:
    """LOGISTIC, int16, for scales that are powers of two and others."""
    return _sigmoid_i16(rng, "LOGISTIC")


def abs_(rng: Rng) -> bytes:
    """ABS of int8 and int16, rescaled or not, and of float32."""
    if rng.random() < 0.2:
        shape = random_shape(rng)
        b = TfliteBuilder()
        x, y = b.tensor(shape, np.float32), b.tensor(shape, np.float32)
        b.operator("ABS", [x], [y], "AbsOptions")
        return b.build([x], [y])
    dtype = _narrow_or_wide(rng)
    s = scale(rng)
    zero_points = (_zero_point(rng, dtype), _zero_point(rng, dtype))
    return _unary(rng, "ABS", "AbsOptions", dtype, (s, s if rng.random() < 0.3 else _near(rng, s)), zero_points)


def _reduction(
    rng: Rng, name: str, dtype: type, scales: tuple[float | None, float | None], zero_points: tuple[int, int]
) -> bytes:
    shape = random_shape(rng)
    rank = len(shape)
    axes = [int(a) for a in rng.choice(rank, int(rng.integers(1, rank + 1)), replace=False)]
    reduced = set(axes)
    axes = [a - rank if rng.random() < 0.3 else a for a in axes]
    keep = bool(rng.random() < 0.5)
    out = tuple(1 if i in reduced else d for i, d in enumerate(shape) if keep or i not in reduced)
    b = TfliteBuilder()
    x = b.tensor(shape, dtype, scale=scales[0], zero_point=zero_points[0])
    a = b.tensor((len(axes),), np.int32, np.array(axes, np.int32))
    y = b.tensor(out, dtype, scale=scales[1], zero_point=zero_points[1])
    b.operator(name, [x, a], [y], "ReducerOptions", version=2, KeepDims=keep)
    return b.build([x], [y])


def sum_(rng: Rng) -> bytes:
    """SUM, int8 and int16, over any axes."""
    dtype, s = _narrow_or_wide(rng), scale(rng)
    out = _near(rng, s * 5)
    return _reduction(rng, "SUM", dtype, (s, out), (_zero_point(rng, dtype), _zero_point(rng, dtype)))


def mean_i16(rng: Rng) -> bytes:
    """MEAN, int16, over any axes."""
    s = scale(rng)
    return _reduction(rng, "MEAN", I16, (s, _near(rng, s)), (0, 0))


def reduce_max(rng: Rng) -> bytes:
    """REDUCE_MAX, int8 and float32, over any axes."""
    if rng.random() < 0.3:
        return _reduction(rng, "REDUCE_MAX", np.float32, (None, None), (0, 0))
    s, z = scale(rng), zero_point(rng)
    return _reduction(rng, "REDUCE_MAX", I8, (s, s), (z, z))


def arg_max(rng: Rng) -> bytes:
    """ARG_MAX, int8 and float32, along any axis."""
    shape = random_shape(rng)
    axis = int(rng.integers(0, len(shape)))
    quantized = rng.random() < 0.7
    b = TfliteBuilder()
    x = b.tensor(shape, I8 if quantized else np.float32, scale=scale(rng) if quantized else None)
    a = b.tensor((1,), np.int32, np.array([axis if rng.random() < 0.7 else axis - len(shape)], np.int32))
    y = b.tensor((*shape[:axis], *shape[axis + 1 :]), np.int32)
    b.operator("ARG_MAX", [x, a], [y], "ArgMaxOptions", OutputType=2)
    return b.build([x], [y])


CASES: dict[str, Callable[[Rng], bytes | None]] = {
    function.__name__.rstrip("_"): function
    for function in (
        abs_, add_i16, arg_max, hard_swish, leaky_relu, logistic_i16, maximum, mean_i16, minimum, prelu, reduce_max,
        sub, sum_, tanh, tanh_i16,
    )
}  # fmt: skip
