"""Small models that between them have every operator of the engine, for tests that damage or rearrange them."""

from __future__ import annotations

import numpy as np
import small_models_more
import small_models_types
from tflite_builder import TfliteBuilder

I8 = np.int8


def convolutional(seed: int = 0) -> bytes:
    """PAD, CONV_2D, DEPTHWISE_CONV_2D, both pools, RESHAPE, FULLY_CONNECTED (per output), SOFTMAX: 1x5x5x2 to 1x3."""
    rng = np.random.default_rng(seed)
    b = TfliteBuilder()

    def weights(*shape: int) -> np.ndarray:
        return rng.integers(-127, 128, shape).astype(I8)

    def bias(count: int) -> np.ndarray:
        return rng.integers(-500, 500, count).astype(np.int32)

    x = b.tensor((1, 5, 5, 2), I8, scale=0.05, zero_point=-3)
    paddings = b.tensor((4, 2), np.int32, np.array([[0, 0], [1, 0], [0, 1], [0, 0]], np.int32))
    padded = b.tensor((1, 6, 6, 2), I8, scale=0.05, zero_point=-3)
    b.operator("PAD", [x, paddings], [padded], "PadOptions", version=2)

    f = b.tensor((4, 3, 3, 2), I8, weights(4, 3, 3, 2), [0.01, 0.02, 0.015, 0.007])
    f_bias = b.tensor((4,), np.int32, bias(4), [5e-4, 1e-3, 7.5e-4, 3.5e-4])
    conv = b.tensor((1, 6, 6, 4), I8, scale=0.08, zero_point=-128)
    b.operator(
        "CONV_2D", [padded, f, f_bias], [conv], "Conv2DOptions", version=3, Padding=0, StrideW=1, StrideH=1,
        DilationWFactor=1, DilationHFactor=1, FusedActivationFunction=1,
    )  # fmt: skip
    d = b.tensor((1, 3, 3, 4), I8, weights(1, 3, 3, 4), [0.01, 0.02, 0.015, 0.007], axis=3)
    d_bias = b.tensor((4,), np.int32, bias(4), [8e-4, 1.6e-3, 1.2e-3, 5.6e-4])
    depthwise = b.tensor((1, 6, 6, 4), I8, scale=0.1, zero_point=5)
    b.operator(
        "DEPTHWISE_CONV_2D", [conv, d, d_bias], [depthwise], "DepthwiseConv2DOptions", version=3, Padding=0, StrideW=1,
        StrideH=1, DepthMultiplier=1, DilationWFactor=1, DilationHFactor=1, FusedActivationFunction=3,
    )  # fmt: skip
    pooled = b.tensor((1, 3, 3, 4), I8, scale=0.1, zero_point=5)
    options = {"Padding": 1, "StrideW": 2, "StrideH": 2, "FilterWidth": 2, "FilterHeight": 2}
    b.operator("MAX_POOL_2D", [depthwise], [pooled], "Pool2DOptions", version=2, **options)
    averaged = b.tensor((1, 1, 1, 4), I8, scale=0.1, zero_point=5)
    options = {"Padding": 1, "StrideW": 1, "StrideH": 1, "FilterWidth": 3, "FilterHeight": 3}
    b.operator("AVERAGE_POOL_2D", [pooled], [averaged], "Pool2DOptions", version=2, **options)
    new_shape = b.tensor((2,), np.int32, np.array([1, 4], np.int32))
    flat = b.tensor((1, 4), I8, scale=0.1, zero_point=5)
    b.operator("RESHAPE", [averaged, new_shape], [flat], "ReshapeOptions", NewShape=[1, 4])
    w = b.tensor((3, 4), I8, weights(3, 4), [0.01, 0.02, 0.03])
    w_bias = b.tensor((3,), np.int32, bias(3), [1e-3, 2e-3, 3e-3])
    logits = b.tensor((1, 3), I8, scale=0.1, zero_point=0)
    b.operator("FULLY_CONNECTED", [flat, w, w_bias], [logits], "FullyConnectedOptions", version=4)
    y = b.tensor((1, 3), I8, scale=1 / 256, zero_point=-128)
    b.operator("SOFTMAX", [logits], [y], "SoftmaxOptions", version=2, Beta=0.1)
    return b.build([x], [y])


def branching(seed: int = 0) -> bytes:
    """QUANTIZE, RELU, RELU6, ADD, MUL (broadcast), LOGISTIC, EXPAND_DIMS, CONCATENATION, MEAN, DEQUANTIZE and a
    FULLY_CONNECTED layer with one scale, in branches: float32 2x3 to float32 1x2."""
    rng = np.random.default_rng(seed)
    b = TfliteBuilder()
    x = b.tensor((2, 3), np.float32)
    q = b.tensor((2, 3), I8, scale=0.05, zero_point=-3)
    b.operator("QUANTIZE", [x], [q], "QuantizeOptions")
    r = b.tensor((2, 3), I8, scale=0.04, zero_point=-128)
    b.operator("RELU", [q], [r], version=2)
    r6 = b.tensor((2, 3), I8, scale=0.05, zero_point=-3)
    b.operator("RELU6", [q], [r6], version=2)
    total = b.tensor((2, 3), I8, scale=0.07, zero_point=1)
    b.operator("ADD", [r, r6], [total], "AddOptions", version=2, FusedActivationFunction=1)
    factor = b.tensor((3,), I8, rng.integers(-128, 128, 3).astype(I8), scale=0.01, zero_point=7)
    product = b.tensor((2, 3), I8, scale=0.02, zero_point=-9)
    b.operator("MUL", [total, factor], [product], "MulOptions", version=2)
    gate = b.tensor((2, 3), I8, scale=1 / 256, zero_point=-128)
    b.operator("LOGISTIC", [product], [gate], version=2)
    requantized = b.tensor((2, 3), I8, scale=1 / 256, zero_point=-128)
    b.operator("QUANTIZE", [r6], [requantized], "QuantizeOptions")
    axis = b.tensor((1,), np.int32, np.array([0], np.int32))
    expanded = [b.tensor((1, 2, 3), I8, scale=1 / 256, zero_point=-128) for _ in range(2)]
    b.operator("EXPAND_DIMS", [gate, axis], [expanded[0]], "ExpandDimsOptions")
    b.operator("EXPAND_DIMS", [requantized, axis], [expanded[1]], "ExpandDimsOptions")
    joined = b.tensor((1, 2, 6), I8, scale=1 / 256, zero_point=-128)
    b.operator("CONCATENATION", expanded, [joined], "ConcatenationOptions", version=2, Axis=2)
    axes = b.tensor((1,), np.int32, np.array([-2], np.int32))
    mean = b.tensor((1, 6), I8, scale=1 / 300, zero_point=-120)
    b.operator("MEAN", [joined, axes], [mean], "ReducerOptions", version=2, KeepDims=False)
    w = b.tensor((2, 6), I8, rng.integers(-127, 128, (2, 6)).astype(I8), 0.02)
    w_bias = b.tensor((2,), np.int32, rng.integers(-500, 500, 2).astype(np.int32), 0.02 / 300)
    out = b.tensor((1, 2), I8, scale=0.03, zero_point=0)
    b.operator("FULLY_CONNECTED", [mean, w, w_bias], [out], "FullyConnectedOptions", version=4)
    y = b.tensor((1, 2), np.float32)
    b.operator("DEQUANTIZE", [out], [y], "DequantizeOptions", version=2)
    return b.build([x], [y])


SMALL_MODELS = {
    "convolutional": convolutional,
    "branching": branching,
    **small_models_more.SMALL_MODELS,
    **small_models_types.SMALL_MODELS,
}
