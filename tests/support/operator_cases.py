"""Random single-operator models for conformance tests: shapes, parameters and quantisations as wild as TFLite allows.

Each function takes a ``numpy.random.Generator`` and returns the bytes of a model, or ``None`` for a draw that makes no
model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tflite
from tflite_builder import TfliteBuilder

Rng = np.random.Generator
I8 = np.int8
I16 = np.int16


def pack_int4(values: np.ndarray) -> bytes:
    """Numbers of 4 bits as TFLite packs them: two to a byte, the first one lower, over the ends of rows."""
    flat = values.ravel().astype(np.uint8) & 15
    flat = np.append(flat, np.zeros(flat.size % 2, np.uint8))
    return (flat[0::2] | flat[1::2] << 4).astype(np.uint8).tobytes()


@dataclass(frozen=True)
class LayerTypes:
    """The types of a layer with weights: int8, or int16 activations (symmetric, wider biases), or int4 weights."""

    activations: type = I8
    weight_bits: int = 8
    bias_types: tuple[type, ...] = (np.int32,)

    @property
    def typical(self) -> float:
        """The size of an activation, typically."""
        return 70.0 if self.activations is I8 else 70.0 * 256

    @property
    def largest(self) -> int:
        """The largest activation, and one."""
        return 128 if self.activations is I8 else 32768

    def zero_point(self, rng: Rng) -> int:
        """A random zero point that the type may have."""
        return zero_point(rng) if self.activations is I8 else 0

    def weights(self, b: TfliteBuilder, rng: Rng, shape: tuple[int, ...], scales: np.ndarray, axis: int = 0) -> int:
        """Add a tensor of random weights."""
        if self.weight_bits == 4:
            packed = pack_int4(rng.integers(-7 if rng.random() < 0.7 else -8, 8, shape))
            return b.tensor(shape, tflite.TensorType.INT4, packed, scales, axis=axis)
        return b.tensor(shape, I8, rng.integers(-127, 128, shape).astype(I8), scales, axis=axis)

    def bias(
        self, b: TfliteBuilder, rng: Rng, scales: np.ndarray, outputs: int, may_be_minus_one: bool = True
    ) -> list[int]:
        """A bias tensor, or none, or the explicit absence of one."""
        kind = rng.integers(0, 4)
        if kind == 0:
            return []
        if kind == 1 and may_be_minus_one:
            return [-1]
        dtype = self.bias_types[int(rng.integers(0, len(self.bias_types)))]
        ordinary, extreme = {
            np.int16: (20000, 1 << 15), np.int32: (20000, 1 << 30), np.int64: (20000 * 256, 1 << 44),
        }[dtype]  # fmt: skip
        limit = ordinary if rng.random() < 0.9 else extreme
        values = rng.integers(-limit, limit, outputs).astype(dtype)
        return [b.tensor((outputs,), dtype, values, scales)]

    def bias_option(self, rng: Rng) -> dict[str, int]:
        """The option that says what a layer of int16 without bias sums in: 64 bits, unless it is int32."""
        if self.activations is I8:
            return {}
        return {"QuantizedBiasType": int(rng.choice([0, tflite.TensorType.INT32, tflite.TensorType.INT64]))}


INT8 = LayerTypes()


def scale(rng: Rng, low: float = 1e-3, high: float = 1.0) -> float:
    """A random scale, uniform in its logarithm."""
    return float(np.float32(np.exp(rng.uniform(np.log(low), np.log(high)))))


def zero_point(rng: Rng) -> int:
    """A random int8 zero point; the extremes come up often."""
    return int(rng.choice([-128, 127, 0, int(rng.integers(-128, 128))]))


def _output_scale(rng: Rng, types: LayerTypes, input_scale: float, filter_scale: float, terms: int) -> float:
    """A scale that spreads sums of so many products over the output's range, more or less.

    Now and then one that makes the multiplier about 1, which fast kernels leave to the plain ones.
    """
    if rng.random() < 0.1:
        return float(np.float32(input_scale * filter_scale * np.exp(rng.uniform(-1, 1))))
    spread = input_scale * filter_scale * types.typical * 70 * 2.0 ** (types.weight_bits - 8) * np.sqrt(terms)
    return float(np.float32(spread / types.largest * np.exp(rng.uniform(-1.5, 1.5))))


def _window(rng: Rng, size: int) -> tuple[int, int, int]:
    """Filter size, stride and dilation along an axis."""
    return int(rng.integers(1, 6)), int(rng.integers(1, 4)), int(rng.choice([1, 1, 1, 2, 3]))


def _out_size(padding: int, size: int, filter_size: int, stride: int, dilation: int) -> int:
    reach = (filter_size - 1) * dilation + 1
    return -(-size // stride) if padding == 0 else (size - reach) // stride + 1 if size >= reach else 0


def activation(rng: Rng) -> int:
    return int(rng.choice([0, 0, 1, 2, 3]))


def _filter_scales(rng: Rng, channels: int) -> np.ndarray:
    count = channels if rng.random() < 0.7 else 1
    return np.array([scale(rng, 1e-3, 3e-2) for _ in range(count)], np.float32)


def conv_2d(rng: Rng, types: LayerTypes = INT8) -> bytes | None:
    """CONV_2D with any padding, stride, dilation and number of groups, per tensor or per channel, biased or not."""
    n, h, w = int(rng.integers(1, 3)), int(rng.integers(1, 12)), int(rng.integers(1, 12))
    groups = int(rng.choice([1, 1, 1, 2, 3]))
    group_channels, group_outputs = int(rng.integers(1, 20)), int(rng.integers(1, 14))
    if rng.random() < 0.4:  # the forms that fast kernels are made for
        fh = fw = int(rng.choice([1, 3]))
        dh = dw = 1
        sh = sw = int(rng.choice([1, 2]))
    else:
        fh, sh, dh = _window(rng, h)
        fw, sw, dw = _window(rng, w)
    channels, outputs = groups * group_channels, groups * group_outputs
    padding = int(rng.integers(0, 2))
    oh, ow = _out_size(padding, h, fh, sh, dh), _out_size(padding, w, fw, sw, dw)
    if oh < 1 or ow < 1:
        return None
    b = TfliteBuilder()
    si, filter_scales = scale(rng), _filter_scales(rng, outputs)
    so = _output_scale(rng, types, si, float(filter_scales.mean()), fh * fw * group_channels)
    x = b.tensor((n, h, w, channels), types.activations, scale=si, zero_point=types.zero_point(rng))
    f = types.weights(b, rng, (outputs, fh, fw, group_channels), filter_scales)
    y = b.tensor((n, oh, ow, outputs), types.activations, scale=so, zero_point=types.zero_point(rng))
    inputs = [x, f, *types.bias(b, rng, si * filter_scales, outputs)]
    b.operator(
        "CONV_2D", inputs, [y], "Conv2DOptions", version=3, Padding=padding, StrideW=sw, StrideH=sh,
        DilationWFactor=dw, DilationHFactor=dh, FusedActivationFunction=activation(rng), **types.bias_option(rng),
    )  # fmt: skip
    return b.build([x], [y])


def depthwise_conv_2d(rng: Rng, types: LayerTypes = INT8) -> bytes | None:
    """DEPTHWISE_CONV_2D with any padding, stride, dilation and depth multiplier, per tensor or per channel."""
    n, h, w = int(rng.integers(1, 3)), int(rng.integers(1, 12)), int(rng.integers(1, 12))
    channels, multiplier = int(rng.integers(1, 20)), int(rng.choice([1, 1, 1, 2, 3, 8]))
    if rng.random() < 0.5:
        fh = fw = 3
        dh = dw = 1
        sh = sw = int(rng.choice([1, 2]))
    else:
        fh, sh, dh = _window(rng, h)
        fw, sw, dw = _window(rng, w)
    outputs = channels * multiplier
    padding = int(rng.integers(0, 2))
    oh, ow = _out_size(padding, h, fh, sh, dh), _out_size(padding, w, fw, sw, dw)
    if oh < 1 or ow < 1:
        return None
    b = TfliteBuilder()
    si, filter_scales = scale(rng), _filter_scales(rng, outputs)
    so = _output_scale(rng, types, si, float(filter_scales.mean()), fh * fw)
    x = b.tensor((n, h, w, channels), types.activations, scale=si, zero_point=types.zero_point(rng))
    f = types.weights(b, rng, (1, fh, fw, outputs), filter_scales, axis=3)
    y = b.tensor((n, oh, ow, outputs), types.activations, scale=so, zero_point=types.zero_point(rng))
    inputs = [x, f, *types.bias(b, rng, si * filter_scales, outputs, may_be_minus_one=False)]  # crashes TFLM
    b.operator(
        "DEPTHWISE_CONV_2D", inputs, [y], "DepthwiseConv2DOptions", version=3, Padding=padding, StrideW=sw,
        StrideH=sh, DepthMultiplier=multiplier, DilationWFactor=dw, DilationHFactor=dh,
        FusedActivationFunction=activation(rng),
    )  # fmt: skip
    return b.build([x], [y])


def fully_connected(rng: Rng, types: LayerTypes = INT8) -> bytes:
    """FULLY_CONNECTED with any number of rows, per tensor or per output."""
    rows, depth, outputs = int(rng.integers(1, 4)), int(rng.integers(1, 70)), int(rng.integers(1, 40))
    b = TfliteBuilder()
    si, filter_scales = scale(rng), _filter_scales(rng, outputs)
    if types.weight_bits == 4:  # TFLM has no scales per output for these
        filter_scales = filter_scales[:1]
    so = _output_scale(rng, types, si, float(filter_scales.mean()), depth)
    x_shape = (rows, depth) if rng.random() < 0.7 or depth % 2 else (rows, depth // 2, 2, 1)
    x = b.tensor(x_shape, types.activations, scale=si, zero_point=types.zero_point(rng))
    w = types.weights(b, rng, (outputs, depth), filter_scales)
    y = b.tensor((rows, outputs), types.activations, scale=so, zero_point=types.zero_point(rng))
    inputs = [x, w, *types.bias(b, rng, si * filter_scales, outputs)]
    if len(inputs) == 2:
        inputs.append(-1)
    b.operator(
        "FULLY_CONNECTED", inputs, [y], "FullyConnectedOptions", version=4, FusedActivationFunction=activation(rng),
        **types.bias_option(rng),
    )  # fmt: skip
    return b.build([x], [y])


def pool(rng: Rng, name: str, types: LayerTypes = INT8) -> bytes | None:
    """A pool with windows of any size, global ones among them."""
    n, h, w, c = (int(rng.integers(1, top)) for top in (3, 14, 14, 20))
    fh, sh, _ = _window(rng, h)
    fw, sw, _ = _window(rng, w)
    if rng.random() < 0.2:
        fh, fw = h, w  # global
    padding = int(rng.integers(0, 2))
    oh, ow = _out_size(padding, h, fh, sh, 1), _out_size(padding, w, fw, sw, 1)
    if oh < 1 or ow < 1:
        return None
    b = TfliteBuilder()
    s, z = scale(rng), types.zero_point(rng)
    x = b.tensor((n, h, w, c), types.activations, scale=s, zero_point=z)
    y = b.tensor((n, oh, ow, c), types.activations, scale=s, zero_point=z)
    b.operator(
        name, [x], [y], "Pool2DOptions", version=2, Padding=padding, StrideW=sw, StrideH=sh, FilterWidth=fw,
        FilterHeight=fh, FusedActivationFunction=activation(rng),
    )  # fmt: skip
    return b.build([x], [y])


def average_pool_2d(rng: Rng) -> bytes | None:
    """AVERAGE_POOL_2D, windows of any size, global ones among them."""
    return pool(rng, "AVERAGE_POOL_2D")


def max_pool_2d(rng: Rng) -> bytes | None:
    """MAX_POOL_2D, windows of any size, global ones among them."""
    return pool(rng, "MAX_POOL_2D")


def softmax(rng: Rng) -> bytes:
    """SOFTMAX over rows of up to 300 values, for small and huge input scales and any beta."""
    shape = (int(rng.integers(1, 5)), int(rng.choice([1, 2, 3, 10, 300])))
    b = TfliteBuilder()
    x = b.tensor(shape, I8, scale=scale(rng, 1e-4, 50.0), zero_point=zero_point(rng))
    y = b.tensor(shape, I8, scale=1 / 256, zero_point=-128)
    b.operator("SOFTMAX", [x], [y], "SoftmaxOptions", version=2, Beta=float(rng.choice([1.0, 1.0, 0.37, 4.2])))
    return b.build([x], [y])


def broadcast_shapes(rng: Rng) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    rank = int(rng.integers(1, 5))
    full = [int(rng.integers(1, 6)) for _ in range(rank)]
    if rng.random() < 0.4:
        return tuple(full), tuple(full), tuple(full)
    first = [d if rng.random() < 0.6 else 1 for d in full]
    second = [d if rng.random() < 0.6 else 1 for d in full]
    out = tuple(max(a, b) for a, b in zip(first, second, strict=True))
    drop = int(rng.integers(0, rank)) if rng.random() < 0.4 else 0
    if all(d == 1 for d in second[:drop]):
        second = second[drop:]
    return tuple(first), tuple(second), out


def _binary(rng: Rng, name: str, options: str, out_scale: Callable[[float, float], float]) -> bytes:
    first, second, out = broadcast_shapes(rng)
    s1, s2 = scale(rng), scale(rng)
    b = TfliteBuilder()
    x1 = b.tensor(first, I8, scale=s1, zero_point=zero_point(rng))
    z2 = zero_point(rng)
    kind = rng.integers(0, 4)
    inputs = [x1]
    if kind == 0:  # a constant
        x2 = b.tensor(second, I8, rng.integers(-128, 128, second).astype(I8), s2, z2)
    elif kind == 1 and first == second == out:  # the same tensor twice
        x2 = x1
        s2 = s1
    else:
        x2 = b.tensor(second, I8, scale=s2, zero_point=z2)
        inputs.append(x2)
    y = b.tensor(out, I8, scale=out_scale(s1, s2), zero_point=zero_point(rng))
    operands = [x1, x2] if rng.random() < 0.5 else [x2, x1]
    b.operator(name, operands, [y], options, version=2, FusedActivationFunction=activation(rng))
    return b.build(inputs, [y])


def add(rng: Rng) -> bytes:
    """ADD of equal or broadcast shapes, of tensors, constants or one tensor with itself."""
    return _binary(rng, "ADD", "AddOptions", lambda a, b: float(np.float32((a + b) * np.exp(rng.uniform(-2, 2)))))


def mul(rng: Rng) -> bytes:
    """MUL of equal or broadcast shapes, of tensors, constants or one tensor with itself."""
    return _binary(rng, "MUL", "MulOptions", lambda a, b: float(np.float32(a * b * 100 * np.exp(rng.uniform(-3, 3)))))


def random_shape(rng: Rng, rank_top: int = 4) -> tuple[int, ...]:
    return tuple(int(rng.integers(1, 8)) for _ in range(rng.integers(1, rank_top + 1)))


def relu(rng: Rng) -> bytes:
    """RELU, with rescaling or without."""
    shape = random_shape(rng)
    b = TfliteBuilder()
    x = b.tensor(shape, I8, scale=scale(rng), zero_point=zero_point(rng))
    y = b.tensor(shape, I8, scale=scale(rng), zero_point=zero_point(rng))
    b.operator("RELU", [x], [y], version=2)
    return b.build([x], [y])


def relu6(rng: Rng) -> bytes:
    """RELU6."""
    shape, s, z = random_shape(rng), scale(rng, 1e-3, 0.5), zero_point(rng)
    b = TfliteBuilder()
    x = b.tensor(shape, I8, scale=s, zero_point=z)
    y = b.tensor(shape, I8, scale=s, zero_point=z)
    b.operator("RELU6", [x], [y], version=2)
    return b.build([x], [y])


def logistic(rng: Rng) -> bytes:
    """LOGISTIC, on both sides of the size at which a table pays, and of the scale at which one step is all."""
    shape = random_shape(rng) if rng.random() < 0.5 else (1, int(rng.integers(250, 600)))
    b = TfliteBuilder()
    x = b.tensor(shape, I8, scale=scale(rng, 1e-4, 40.0), zero_point=zero_point(rng))
    y = b.tensor(shape, I8, scale=1 / 256, zero_point=-128)
    b.operator("LOGISTIC", [x], [y], version=2)
    return b.build([x], [y])


def mean(rng: Rng) -> bytes:
    """MEAN over any axes (negative ones, repeated ones, all, none but one), keeping dimensions or not."""
    shape = random_shape(rng, 4)
    rank = len(shape)
    axes = [int(a) for a in rng.choice(rank, int(rng.integers(1, rank + 1)), replace=False)]
    reduced = set(axes)
    axes = [a - rank if rng.random() < 0.3 else a for a in axes]
    if rng.random() < 0.1:
        axes.append(axes[0])
    keep = bool(rng.random() < 0.5)
    out = tuple(1 if i in reduced else d for i, d in enumerate(shape) if keep or i not in reduced)
    s = scale(rng)
    b = TfliteBuilder()
    x = b.tensor(shape, I8, scale=s, zero_point=zero_point(rng))
    a = b.tensor((len(axes),), np.int32, np.array(axes, np.int32))
    y = b.tensor(out, I8, scale=float(np.float32(s * np.exp(rng.uniform(-2, 2)))), zero_point=zero_point(rng))
    b.operator("MEAN", [x, a], [y], "ReducerOptions", version=2, KeepDims=keep)
    return b.build([x], [y])


def any_type(rng: Rng) -> tuple[type, float | None, int]:
    dtype = [np.int8, np.int8, np.int16, np.float32][rng.integers(0, 4)]
    if dtype is np.int8:
        return dtype, scale(rng), zero_point(rng)
    return dtype, scale(rng) if dtype is np.int16 else None, 0


def pad(rng: Rng) -> bytes:
    """PAD and PADV2 (with a value of its own) of int8, int16, int32 and float32."""
    dtype, s, z = any_type(rng) if rng.random() < 0.8 else (np.int32, None, 0)
    shape = random_shape(rng, 5)
    pads = np.array([[rng.integers(0, 4) * (rng.random() < 0.6) for _ in range(2)] for _ in shape], np.int32)
    out = tuple(d + int(p.sum()) for d, p in zip(shape, pads, strict=True))
    b = TfliteBuilder()
    x = b.tensor(shape, dtype, scale=s, zero_point=z)
    p = b.tensor(pads.shape, np.int32, pads)
    y = b.tensor(out, dtype, scale=s, zero_point=z)
    inputs, name = [x, p], "PAD"
    if rng.random() < 0.4:
        name = "PADV2"
        inputs.append(b.tensor((1,), dtype, np.array([rng.integers(-100, 100)]).astype(dtype), s, z))
    b.operator(name, inputs, [y], "PadV2Options" if name == "PADV2" else "PadOptions", version=2)
    return b.build([x], [y])


def reshape(rng: Rng) -> bytes:
    """RESHAPE of int8, int16 and float32."""
    dtype, s, z = any_type(rng)
    shape = random_shape(rng)
    out = (int(np.prod(shape)),) if rng.random() < 0.5 else (1, *shape[::-1])
    b = TfliteBuilder()
    x = b.tensor(shape, dtype, scale=s, zero_point=z)
    n = b.tensor((len(out),), np.int32, np.array(out, np.int32))
    y = b.tensor(out, dtype, scale=s, zero_point=z)
    b.operator("RESHAPE", [x, n], [y], "ReshapeOptions", NewShape=list(out))
    return b.build([x], [y])


def expand_dims(rng: Rng) -> bytes:
    """EXPAND_DIMS of int8, int16 and float32, at any axis."""
    dtype, s, z = any_type(rng)
    shape = random_shape(rng)
    axis = int(rng.integers(0, len(shape) + 1))
    out = (*shape[:axis], 1, *shape[axis:])
    b = TfliteBuilder()
    x = b.tensor(shape, dtype, scale=s, zero_point=z)
    a = b.tensor((1,), np.int32, np.array([axis if rng.random() < 0.7 else axis - len(out)], np.int32))
    y = b.tensor(out, dtype, scale=s, zero_point=z)
    b.operator("EXPAND_DIMS", [x, a], [y], "ExpandDimsOptions")
    return b.build([x], [y])


def concatenation(rng: Rng) -> bytes:
    """CONCATENATION of two to ten tensors, constants among them, along any axis."""
    dtype, s, z = any_type(rng)
    shape = list(random_shape(rng))
    axis = int(rng.integers(0, len(shape)))
    b = TfliteBuilder()
    parts, inputs, total = [], [], 0
    for i in range(int(rng.integers(2, 11))):
        size = int(rng.integers(1, 6))
        part = (*shape[:axis], size, *shape[axis + 1 :])
        total += size
        data = rng.integers(-100, 100, part).astype(dtype) if i and rng.random() < 0.2 else None
        parts.append(b.tensor(part, dtype, data, s, z))
        if data is None:
            inputs.append(parts[-1])
    y = b.tensor((*shape[:axis], total, *shape[axis + 1 :]), dtype, scale=s, zero_point=z)
    if rng.random() < 0.3:
        axis -= len(shape)
    b.operator("CONCATENATION", parts, [y], "ConcatenationOptions", version=2, Axis=axis)
    return b.build(inputs, [y])


def quantize(rng: Rng) -> bytes:
    """QUANTIZE from float32 and between integers."""
    shape = random_shape(rng)
    pairs = [
        (np.float32, np.int8), (np.float32, np.int16), (np.int8, np.int8), (np.int8, np.uint8), (np.uint8, np.int8),
        (np.int16, np.int8), (np.int8, np.int16), (np.int16, np.int16),
    ]  # fmt: skip
    source, target = pairs[rng.integers(0, len(pairs))]
    b = TfliteBuilder()
    s = scale(rng, 1e-2, 1.0)

    def add_tensor(dtype: type, s: float) -> int:
        if dtype is np.float32:
            return b.tensor(shape, dtype)
        z = 0 if dtype is np.int16 else zero_point(rng) + (128 if dtype is np.uint8 else 0)
        return b.tensor(shape, dtype, scale=s, zero_point=z)

    x = add_tensor(source, s)
    y = add_tensor(target, s if rng.random() < 0.2 else scale(rng, 1e-2, 1.0))
    b.operator("QUANTIZE", [x], [y], "QuantizeOptions", version=2)
    return b.build([x], [y])


def dequantize(rng: Rng) -> bytes:
    """DEQUANTIZE from int8, uint8 and int16, for any scale."""
    shape = random_shape(rng)
    dtype = [np.int8, np.uint8, np.int16][rng.integers(0, 3)]
    z = int(rng.integers(*{np.int8: (-128, 128), np.uint8: (0, 256), np.int16: (-32768, 32768)}[dtype]))
    b = TfliteBuilder()
    x = b.tensor(shape, dtype, scale=scale(rng, 1e-6, 1e6), zero_point=z)
    y = b.tensor(shape, np.float32)
    b.operator("DEQUANTIZE", [x], [y], "DequantizeOptions", version=2)
    return b.build([x], [y])


CASES: dict[str, Callable[[Rng], bytes | None]] = {
    function.__name__: function
    for function in (
        add, average_pool_2d, concatenation, conv_2d, depthwise_conv_2d, dequantize, expand_dims, fully_connected,
        logistic, max_pool_2d, mean, mul, pad, quantize, relu, relu6, reshape, softmax,
    )
}  # fmt: skip


def random_inputs(rng: Rng, tensors: object) -> list[np.ndarray]:
    """One array for each input tensor: integers over the whole range, floats of several magnitudes with edge cases."""
    arrays = []
    for tensor in tensors:
        if tensor.dtype == np.float32:
            values = rng.normal(0, np.exp(rng.uniform(-3, 4)), tensor.shape)
            ties = rng.integers(-300, 300, tensor.shape) / 2
            array = np.where(rng.random(tensor.shape) < 0.3, ties, values).astype(np.float32)
        else:
            info = np.iinfo(tensor.dtype)
            array = rng.integers(info.min, info.max + 1, tensor.shape).astype(tensor.dtype)
            if rng.random() < 0.2:
                array[...] = rng.choice([info.min, info.max])
        arrays.append(array)
    return arrays
