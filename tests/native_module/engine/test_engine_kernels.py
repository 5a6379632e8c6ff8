"""The fast and the compact kernels against the plain ones beside them: the same bits, in all remainders of blocks."""

import numpy as np
import pytest
import tflite
from operator_cases import pack_int4, random_inputs
from tflite_builder import TfliteBuilder

from picket_host.native.engine import Engine

PLAIN = ("-DPICKET_PLAIN_KERNELS=1",)
COMPACT = ("-DPICKET_COMPACT=1",)
I8 = np.int8


def add_weights(b, rng, shape, scales, axis, packed):
    """A tensor of weights, int8 or int4."""
    if packed:
        return b.tensor(shape, tflite.TensorType.INT4, pack_int4(rng.integers(-8, 8, shape)), scales * 16, axis=axis)
    return b.tensor(shape, I8, rng.integers(-127, 128, shape).astype(I8), scales, axis=axis)


def convolution(rng, height, width, channels, outputs, size, stride, padding, name="CONV_2D", packed=False, groups=1):
    """A model of one convolution; ``outputs`` is the depth multiplier for a depthwise one."""
    depthwise = name != "CONV_2D"
    total = channels * outputs if depthwise else outputs
    shape = (1, size, size, total) if depthwise else (outputs, size, size, channels // groups)
    out = [-(-d // stride) if padding == 0 else (d - size) // stride + 1 for d in (height, width)]
    b = TfliteBuilder()
    scales = rng.uniform(0.001, 0.02, total).astype(np.float32)
    x = b.tensor((1, height, width, channels), I8, scale=0.05, zero_point=int(rng.integers(-128, 128)))
    f = add_weights(b, rng, shape, scales, 3 if depthwise else 0, packed)
    bias = b.tensor((total,), np.int32, rng.integers(-9999, 9999, total).astype(np.int32), 0.05 * scales)
    y = b.tensor((1, *out, total), I8, scale=0.3, zero_point=int(rng.integers(-128, 128)))
    fields = {"Padding": padding, "StrideW": stride, "StrideH": stride, "DilationWFactor": 1, "DilationHFactor": 1}
    if depthwise:
        fields["DepthMultiplier"] = outputs
    options = "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions"
    b.operator(name, [x, f, bias], [y], options, version=3, **fields)
    return b.build([x], [y])


def fully_connected(rng, rows, depth, outputs, per_channel):
    """A model of one fully connected layer."""
    b = TfliteBuilder()
    scales = rng.uniform(0.001, 0.02, outputs if per_channel else 1).astype(np.float32)
    x = b.tensor((rows, depth), I8, scale=0.05, zero_point=int(rng.integers(-128, 128)))
    w = b.tensor((outputs, depth), I8, rng.integers(-127, 128, (outputs, depth)).astype(I8), scales)
    bias = b.tensor((outputs,), np.int32, rng.integers(-9999, 9999, outputs).astype(np.int32), 0.05 * scales)
    y = b.tensor((rows, outputs), I8, scale=0.3, zero_point=-5)
    b.operator("FULLY_CONNECTED", [x, w, bias], [y], "FullyConnectedOptions", version=4)
    return b.build([x], [y])


def assert_same(model, rng):
    fast, compact, plain = Engine(model), Engine(model, COMPACT), Engine(model, PLAIN)
    for _ in range(2):
        inputs = random_inputs(rng, fast.inputs)
        expected = plain.invoke(inputs)[0]
        np.testing.assert_array_equal(fast.invoke(inputs)[0], expected)
        np.testing.assert_array_equal(compact.invoke(inputs)[0], expected)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("size,stride,padding", [(1, 1, 0), (1, 2, 1), (3, 1, 0), (3, 2, 0), (3, 1, 1), (5, 2, 0)])
def test_convolution(size, stride, padding, packed):
    rng = np.random.default_rng(size * 100 + stride * 10 + padding)
    for _ in range(12):
        height, width, channels, outputs = rng.integers([5, 5, 1, 1], [20, 20, 40, 30]).tolist()
        assert_same(convolution(rng, height, width, channels, outputs, size, stride, padding, packed=packed), rng)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("size,stride,padding", [(1, 1, 0), (1, 2, 1), (3, 1, 0), (3, 2, 1), (5, 2, 0)])
def test_convolution_in_groups(size, stride, padding, packed):
    rng = np.random.default_rng(size * 100 + stride * 10 + padding)
    for groups in (2, 3, 4, 8):
        height, width, channels, outputs = rng.integers([5, 5, 1, 1], [12, 12, 7, 13]).tolist()
        model = convolution(
            rng, height, width, groups * channels, groups * outputs, size, stride, padding,
            packed=packed, groups=groups,
        )  # fmt: skip
        assert_same(model, rng)


@pytest.mark.parametrize(
    "size,stride,padding", [(3, 1, 0), (3, 2, 0), (3, 1, 1), (3, 2, 1), (3, 3, 0), (5, 1, 0), (4, 2, 1)]
)
@pytest.mark.parametrize("multiplier", [1, 2, 8])
def test_depthwise_convolution(size, stride, padding, multiplier):
    rng = np.random.default_rng(size * 1000 + stride * 100 + padding * 10 + multiplier)
    for _ in range(6):
        height, width, channels = rng.integers([5, 5, 1], [20, 20, 30]).tolist()
        model = convolution(rng, height, width, channels, multiplier, size, stride, padding, "DEPTHWISE_CONV_2D")
        assert_same(model, rng)
    model = convolution(rng, 13, 11, 1, multiplier, size, stride, padding, "DEPTHWISE_CONV_2D")
    assert_same(model, rng)


@pytest.mark.parametrize("size,stride", [(3, 1), (3, 2), (5, 1)])
@pytest.mark.parametrize("multiplier", [1, 3])
def test_depthwise_convolution_with_weights_of_int4(size, stride, multiplier):
    rng = np.random.default_rng(size * 100 + stride * 10 + multiplier)
    for _ in range(6):
        height, width, channels = rng.integers([5, 5, 1], [20, 20, 30]).tolist()
        model = convolution(rng, height, width, channels, multiplier, size, stride, 0, "DEPTHWISE_CONV_2D", packed=True)
        assert_same(model, rng)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("stride", [1, 2])
def test_depthwise_convolution_of_images_narrower_than_the_filter(width, stride):
    rng = np.random.default_rng(width * 10 + stride)
    for height in (1, 2, 3):
        assert_same(convolution(rng, height, width, 5, 1, 3, stride, 0, "DEPTHWISE_CONV_2D"), rng)


@pytest.mark.parametrize("per_channel", [False, True])
def test_fully_connected(per_channel):
    rng = np.random.default_rng(per_channel)
    for _ in range(20):
        rows, depth, outputs = rng.integers([1, 1, 1], [4, 300, 50]).tolist()
        assert_same(fully_connected(rng, rows, depth, outputs, per_channel), rng)
