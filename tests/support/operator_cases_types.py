"""Random models with int16 activations or int4 weights, for conformance tests; see ``operator_cases``.

Layers with weights and pools are the int8 ones of the other files, drawn with other types.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from operator_cases import (
    I8,
    I16,
    LayerTypes,
    Rng,
    activation,
    broadcast_shapes,
    conv_2d,
    depthwise_conv_2d,
    fully_connected,
    pool,
    random_shape,
    scale,
    zero_point,
)
from operator_cases_images import transpose_conv
from operator_cases_state import unidirectional_sequence_lstm
from tflite_builder import TfliteBuilder

INT4 = LayerTypes(weight_bits=4)
# Which types a bias may have differs from operator to operator, as in TFLM.
INT16 = LayerTypes(I16, bias_types=(np.int64,))
INT16_OR_32 = LayerTypes(I16, bias_types=(np.int64, np.int64, np.int32))
INT16_OR_16 = LayerTypes(I16, bias_types=(np.int64, np.int64, np.int16))


def conv_2d_i16(rng: Rng) -> bytes | None:
    """CONV_2D of int16, with sums of 32 or 64 bits."""
    return conv_2d(rng, INT16_OR_32)


def conv_2d_i4(rng: Rng) -> bytes | None:
    """CONV_2D with weights of int4, per tensor or per channel."""
    return conv_2d(rng, INT4)


def depthwise_conv_2d_i16(rng: Rng) -> bytes | None:
    """DEPTHWISE_CONV_2D of int16."""
    return depthwise_conv_2d(rng, INT16)


def depthwise_conv_2d_i4(rng: Rng) -> bytes | None:
    """DEPTHWISE_CONV_2D with weights of int4, per tensor or per channel."""
    return depthwise_conv_2d(rng, INT4)


def fully_connected_i16(rng: Rng) -> bytes:
    """FULLY_CONNECTED of int16, per tensor or per output, with sums of 32 or 64 bits."""
    return fully_connected(rng, INT16_OR_32)


def fully_connected_i4(rng: Rng) -> bytes:
    """FULLY_CONNECTED with weights of int4, per tensor."""
    return fully_connected(rng, INT4)


def transpose_conv_i16(rng: Rng) -> bytes | None:
    """TRANSPOSE_CONV of int16."""
    return transpose_conv(rng, INT16_OR_16)


def average_pool_2d_i16(rng: Rng) -> bytes | None:
    """AVERAGE_POOL_2D of int16."""
    return pool(rng, "AVERAGE_POOL_2D", INT16)


def max_pool_2d_i16(rng: Rng) -> bytes | None:
    """MAX_POOL_2D of int16."""
    return pool(rng, "MAX_POOL_2D", INT16)


def unidirectional_sequence_lstm_i16(rng: Rng) -> bytes:
    """UNIDIRECTIONAL_SEQUENCE_LSTM of int16."""
    return unidirectional_sequence_lstm(rng, INT16)


def mul_i16(rng: Rng) -> bytes:
    """MUL of int16, of equal or broadcast shapes."""
    first, second, out = broadcast_shapes(rng)
    s1, s2 = scale(rng, 1e-5, 1e-2), scale(rng, 1e-5, 1e-2)
    b = TfliteBuilder()
    x1 = b.tensor(first, I16, scale=s1)
    x2 = b.tensor(second, I16, scale=s2)
    y = b.tensor(out, I16, scale=float(np.float32(s1 * s2 * 3e4 * np.exp(rng.uniform(-3, 3)))))
    b.operator("MUL", [x1, x2], [y], "MulOptions", FusedActivationFunction=activation(rng))
    return b.build([x1, x2], [y])


def _relu_i16(rng: Rng, name: str) -> bytes:
    shape, s = random_shape(rng), scale(rng, 1e-4, 1.0)
    b = TfliteBuilder()
    x = b.tensor(shape, I16, scale=s)
    y = b.tensor(shape, I16, scale=s if name == "RELU6" else float(np.float32(s * np.exp(rng.uniform(-2, 2)))))
    b.operator(name, [x], [y])
    return b.build([x], [y])


def relu_i16(rng: Rng) -> bytes:
    """RELU of int16, with rescaling."""
    return _relu_i16(rng, "RELU")


def relu6_i16(rng: Rng) -> bytes:
    """RELU6 of int16."""
    return _relu_i16(rng, "RELU6")


def softmax_i16(rng: Rng) -> bytes:
    """SOFTMAX of int16, over rows of up to 300 values, for small and large input scales and any beta."""
    shape = (int(rng.integers(1, 5)), int(rng.choice([1, 2, 3, 10, 300])))
    b = TfliteBuilder()
    x = b.tensor(shape, I16, scale=scale(rng, 1e-6, 1e-1))
    y = b.tensor(shape, I16, scale=2.0**-15)
    b.operator("SOFTMAX", [x], [y], "SoftmaxOptions", Beta=float(rng.choice([1.0, 1.0, 0.37, 4.2])))
    return b.build([x], [y])


def softmax_i8_to_i16(rng: Rng) -> bytes:
    """SOFTMAX of int8 with an output of int16."""
    shape = (int(rng.integers(1, 5)), int(rng.choice([1, 2, 3, 10, 300])))
    b = TfliteBuilder()
    x = b.tensor(shape, I8, scale=scale(rng, 1e-4, 50.0), zero_point=zero_point(rng))
    y = b.tensor(shape, I16, scale=2.0**-16, zero_point=-32768)
    b.operator("SOFTMAX", [x], [y], "SoftmaxOptions", Beta=float(rng.choice([1.0, 1.0, 0.37, 4.2])))
    return b.build([x], [y])


CASES: dict[str, Callable[[Rng], bytes | None]] = {
    function.__name__: function
    for function in (
        average_pool_2d_i16, conv_2d_i16, conv_2d_i4, depthwise_conv_2d_i16, depthwise_conv_2d_i4, fully_connected_i16,
        fully_connected_i4, max_pool_2d_i16, mul_i16, relu6_i16, relu_i16, softmax_i16, softmax_i8_to_i16,
        transpose_conv_i16, unidirectional_sequence_lstm_i16,
    )
}  # fmt: skip
