"""Multipliers to the last bit: sums that lie where one more or less in it is seen in the output, against TFLM."""

import numpy as np
import pytest
from tflite_builder import TfliteBuilder

from picket_host.native.engine import Engine

I8 = np.int8
MODELS = 8


def boundary_sums(real: float) -> np.ndarray:
    """Sums beside those at which the output of a layer changes; ``real`` is what sums are multiplied by."""
    steps = np.arange(-126, 127) + 0.5
    return np.unique((np.rint(steps / real)[:, None] + np.arange(-2, 3)).astype(np.int32))


def layer(name: str, b: TfliteBuilder, rng: np.random.Generator) -> tuple[int, int]:
    """One layer whose weights are 0, so that its sums are the biases; returns input and output."""
    si, sw = np.float32(rng.uniform(1e-3, 1)), np.float32(rng.uniform(1e-3, 1e-1))
    so = np.float32(float(si) * float(sw) * 2**20 * rng.uniform(1, 2))  # so large sums that the last bit counts
    sums = boundary_sums(float(si) * float(sw) / float(so))
    n = len(sums)
    bias = b.tensor((n,), np.int32, sums, float(si * sw))
    scales = np.full(n, sw) if name.endswith("per_channel") else float(sw)
    fields = {"Padding": 1, "StrideW": 1, "StrideH": 1}
    if name.startswith("fully_connected"):
        x = b.tensor((1, 1), I8, scale=float(si))
        y = b.tensor((1, n), I8, scale=float(so))
        w = b.tensor((n, 1), I8, bytes(n), scales)
        b.operator("FULLY_CONNECTED", [x, w, bias], [y], "FullyConnectedOptions", version=4)
        return x, y
    x = b.tensor((1, 1, 1, 1), I8, scale=float(si))
    y = b.tensor((1, 1, 1, n), I8, scale=float(so))
    if name.startswith("depthwise"):
        w = b.tensor((1, 1, 1, n), I8, bytes(n), scales, axis=3)
        b.operator(
            "DEPTHWISE_CONV_2D", [x, w, bias], [y], "DepthwiseConv2DOptions", version=3, DepthMultiplier=n, **fields
        )
        return x, y
    w = b.tensor((n, 1, 1, 1), I8, bytes(n), scales)
    if name.startswith("transpose"):
        shape = b.tensor((4,), np.int32, np.array([1, 1, 1, n], np.int32))
        b.operator("TRANSPOSE_CONV", [shape, w, x, bias], [y], "TransposeConvOptions", version=3, **fields)
    else:
        b.operator("CONV_2D", [x, w, bias], [y], "Conv2DOptions", version=3, **fields)
    return x, y


@pytest.mark.parametrize(
    "name",
    [
        *("conv_2d", "conv_2d_per_channel", "depthwise_conv_2d", "fully_connected", "fully_connected_per_channel"),
        "transpose_conv",
    ],
)
def test_the_last_bit_of_a_multiplier_is_that_of_tflm(name, judge):
    rng = np.random.default_rng(len(name))
    for _ in range(MODELS):
        b = TfliteBuilder()
        x, y = layer(name, b, rng)
        model = b.build([x], [y])
        engine = Engine(model)
        inputs = [np.zeros(engine.inputs[0].shape, I8)]
        np.testing.assert_array_equal(engine.invoke(inputs)[0], judge.run(model, [inputs])[0][0])


@pytest.mark.parametrize(
    "name,options,fields",
    [
        *(("RELU", None, {}), ("LEAKY_RELU", "LeakyReluOptions", {"Alpha": 0.3}), ("ABS", "AbsOptions", {})),
        ("QUANTIZE", "QuantizeOptions", {}),
    ],
)
def test_every_number_of_16_bits_is_rescaled_as_by_tflm(name, options, fields, judge):
    rng = np.random.default_rng(len(name))
    every = np.arange(-32768, 32768).astype(np.int16)[None]
    for _ in range(MODELS):
        s = float(np.float32(rng.uniform(1e-4, 1e-1)))
        b = TfliteBuilder()
        x = b.tensor(every.shape, np.int16, scale=s)
        y = b.tensor(every.shape, np.int16, scale=float(np.float32(s * rng.uniform(0.5, 2))))
        b.operator(name, [x], [y], options, **fields)
        model = b.build([x], [y])
        np.testing.assert_array_equal(Engine(model).invoke([every])[0], judge.run(model, [[every]])[0][0])
