"""Small models with int16 activations and with int4 weights, for tests that damage or rearrange models."""

from __future__ import annotations

import numpy as np
import tflite
from operator_cases import pack_int4
from tflite_builder import TfliteBuilder

I8, I16 = np.int8, np.int16


def wide(seed: int = 0) -> bytes:
    """int16 in CONV_2D, DEPTHWISE_CONV_2D, both pools, RELU, RELU6, ADD, MUL, TRANSPOSE_CONV, FULLY_CONNECTED, SOFTMAX
    and UNIDIRECTIONAL_SEQUENCE_LSTM, from QUANTIZE to QUANTIZE, and a SOFTMAX from int8 to
    int16: 1x4x4x2 to 1x3 and 1x2x2."""
    rng = np.random.default_rng(seed)
    b = TfliteBuilder()

    def tensor(*shape: int, s: float = 1e-4) -> int:
        return b.tensor(shape, I16, scale=s)

    def weights(*shape: int, s: float | list[float] = 0.01, axis: int = 0) -> int:
        return b.tensor(shape, I8, rng.integers(-127, 128, shape).astype(I8), s, axis=axis)

    def bias(count: int, dtype: type = np.int64, s: float = 1e-6) -> int:
        return b.tensor((count,), dtype, rng.integers(-20000, 20000, count).astype(dtype), s)

    fields = {"Padding": 0, "StrideW": 1, "StrideH": 1}
    x = b.tensor((1, 4, 4, 2), I8, scale=0.02, zero_point=-3)
    fine = tensor(1, 4, 4, 2)
    b.operator("QUANTIZE", [x], [fine], "QuantizeOptions")
    conv = tensor(1, 4, 4, 3)
    tensors = [fine, weights(3, 3, 3, 2, s=[0.01, 0.02, 0.005]), bias(3, np.int32)]
    b.operator("CONV_2D", tensors, [conv], "Conv2DOptions", version=3, FusedActivationFunction=1, **fields)
    depthwise = tensor(1, 4, 4, 3)
    tensors = [conv, weights(1, 3, 3, 3, s=[0.01, 0.02, 0.005], axis=3), bias(3)]
    b.operator("DEPTHWISE_CONV_2D", tensors, [depthwise], "DepthwiseConv2DOptions", DepthMultiplier=1, **fields)
    window = {"Padding": 1, "StrideW": 2, "StrideH": 2, "FilterWidth": 2, "FilterHeight": 2}
    high, mean = tensor(1, 2, 2, 3), tensor(1, 2, 2, 3)
    b.operator("MAX_POOL_2D", [depthwise], [high], "Pool2DOptions", **window)
    b.operator("AVERAGE_POOL_2D", [depthwise], [mean], "Pool2DOptions", **window)
    relu, relu6 = tensor(1, 2, 2, 3, s=2e-4), tensor(1, 2, 2, 3)
    b.operator("RELU", [high], [relu])
    b.operator("RELU6", [mean], [relu6])
    total, product = tensor(1, 2, 2, 3, s=2e-4), tensor(1, 2, 2, 3, s=2e-4)
    b.operator("ADD", [relu, relu6], [total], "AddOptions", FusedActivationFunction=3)
    b.operator("MUL", [total, high], [product], "MulOptions")
    large = tensor(1, 4, 4, 1)
    shape = b.tensor((4,), np.int32, np.array([1, 4, 4, 1], np.int32))
    tensors = [shape, weights(1, 2, 2, 3), product, bias(1, I16)]
    b.operator("TRANSPOSE_CONV", tensors, [large], "TransposeConvOptions", Padding=0, StrideW=2, StrideH=2)
    logits = tensor(1, 3, s=5e-4)
    tensors = [large, weights(3, 16), bias(3)]
    b.operator("FULLY_CONNECTED", tensors, [logits], "FullyConnectedOptions", version=4)
    shares = tensor(1, 3, s=2.0**-15)
    b.operator("SOFTMAX", [logits], [shares], "SoftmaxOptions", Beta=0.05)
    y = b.tensor((1, 3), I8, scale=1 / 256, zero_point=-128)
    b.operator("QUANTIZE", [shares], [y], "QuantizeOptions")
    again = b.tensor((1, 3), I16, scale=2.0**-16, zero_point=-32768)
    b.operator("SOFTMAX", [y], [again], "SoftmaxOptions", Beta=1.0)
    sequence = tensor(1, 2, 8)
    b.operator("RESHAPE", [large], [sequence], "ReshapeOptions", NewShape=[1, 2, 8])
    steps = tensor(1, 2, 2, s=2.0**-15)
    state = b.tensor((1, 2), I16, scale=2.0**-15, variable=True)
    cell = b.tensor((1, 2), I16, scale=2.0**-11, variable=True)
    tensors = [sequence, *(weights(2, 8) for _ in range(4)), *(weights(2, 2) for _ in range(4)), -1, -1, -1]
    tensors += [*(bias(2) for _ in range(4)), -1, -1, state, cell, -1, -1, -1, -1]
    b.operator(
        "UNIDIRECTIONAL_SEQUENCE_LSTM", tensors, [steps], "UnidirectionalSequenceLSTMOptions",
        FusedActivationFunction=tflite.ActivationFunctionType.TANH,
    )  # fmt: skip
    return b.build([x], [again, steps])


def packed(seed: int = 0) -> bytes:
    """Weights of int4 in CONV_2D (per channel; also one with groups), DEPTHWISE_CONV_2D and FULLY_CONNECTED: 1x4x4x2
    to 1x3."""
    rng = np.random.default_rng(seed)
    b = TfliteBuilder()

    def tensor(*shape: int) -> int:
        return b.tensor(shape, I8, scale=0.05, zero_point=-3)

    def weights(*shape: int, s: float | list[float], axis: int = 0) -> int:
        return b.tensor(shape, tflite.TensorType.INT4, pack_int4(rng.integers(-8, 8, shape)), s, axis=axis)

    def bias(count: int) -> int:
        return b.tensor((count,), np.int32, rng.integers(-200, 200, count).astype(np.int32), 0.005)

    fields = {"Padding": 0, "StrideW": 1, "StrideH": 1}
    x, conv, grouped, depthwise = tensor(1, 4, 4, 2), tensor(1, 4, 4, 6), tensor(1, 4, 4, 2), tensor(1, 4, 4, 2)
    tensors = [x, weights(6, 3, 3, 2, s=[0.1, 0.2, 0.15, 0.05, 0.1, 0.3]), bias(6)]
    b.operator("CONV_2D", tensors, [conv], "Conv2DOptions", version=3, FusedActivationFunction=1, **fields)
    b.operator("CONV_2D", [conv, weights(2, 1, 1, 3, s=0.1), bias(2)], [grouped], "Conv2DOptions", version=3, **fields)
    tensors = [grouped, weights(1, 3, 3, 2, s=[0.1, 0.2], axis=3), bias(2)]
    b.operator("DEPTHWISE_CONV_2D", tensors, [depthwise], "DepthwiseConv2DOptions", DepthMultiplier=1, **fields)
    logits = tensor(1, 3)
    tensors = [depthwise, weights(3, 32, s=0.1), bias(3)]
    b.operator("FULLY_CONNECTED", tensors, [logits], "FullyConnectedOptions", version=4)
    return b.build([x], [logits])


SMALL_MODELS = {"wide": wide, "packed": packed}
