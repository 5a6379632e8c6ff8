"""More small models for tests that damage models: the operators that ``small_models`` does not have."""

from __future__ import annotations

import numpy as np
import tflite
from tflite_builder import TfliteBuilder

I8 = np.int8


def _constant(b: TfliteBuilder, *values: int) -> int:
    return b.tensor((len(values),), np.int32, np.array(values, np.int32))


def elementwise(seed: int = 0) -> bytes:
    """SUB, MAXIMUM, MINIMUM, LEAKY_RELU, PRELU, HARD_SWISH, TANH, ABS, SUM, REDUCE_MAX, ARG_MAX, L2_NORMALIZATION."""
    rng = np.random.default_rng(seed)
    b = TfliteBuilder()

    def step(name: str, inputs: list[int], options: str | None = None, s: float = 0.05, **fields: float) -> int:
        out = b.tensor((2, 3), I8, scale=s, zero_point=-3)
        b.operator(name, inputs, [out], options, **fields)
        return out

    x = b.tensor((2, 3), I8, scale=0.05, zero_point=-3)
    row = b.tensor((3,), I8, rng.integers(-128, 128, 3).astype(I8), scale=0.05, zero_point=-3)
    swish = step("HARD_SWISH", [x])
    relu = step("LEAKY_RELU", [swish], "LeakyReluOptions", Alpha=-0.2)
    prelu = step("PRELU", [relu, row])
    difference = step("SUB", [prelu, row], "SubOptions", s=0.07, FusedActivationFunction=3)
    tanh = step("TANH", [difference])
    magnitude = step("ABS", [tanh], "AbsOptions", s=0.04)
    norm = step("L2_NORMALIZATION", [magnitude], "L2NormOptions")
    high = step("MAXIMUM", [norm, row], "MaximumMinimumOptions")
    low = step("MINIMUM", [high, x], "MaximumMinimumOptions")
    total = b.tensor((2, 1), I8, scale=0.2, zero_point=0)
    b.operator("SUM", [low, _constant(b, 1)], [total], "ReducerOptions", KeepDims=True)
    largest = b.tensor((3,), I8, scale=0.05, zero_point=-3)
    b.operator("REDUCE_MAX", [low, _constant(b, 0)], [largest], "ReducerOptions", KeepDims=False)
    index = b.tensor((2,), np.int32)
    b.operator("ARG_MAX", [low, _constant(b, -1)], [index], "ArgMaxOptions", OutputType=2)
    return b.build([x], [total, largest, index])


def moving(seed: int = 0) -> bytes:
    """TRANSPOSE, SLICE, STRIDED_SLICE, SPLIT, SPLIT_V, PACK, UNPACK, SQUEEZE, DEPTH_TO_SPACE, SPACE_TO_DEPTH."""
    b = TfliteBuilder()

    def tensor(*shape: int) -> int:
        return b.tensor(shape, I8, scale=0.05, zero_point=-3)

    x = tensor(1, 2, 4, 4)
    flat = tensor(1, 4, 8, 1)
    b.operator("DEPTH_TO_SPACE", [x], [flat], "DepthToSpaceOptions", BlockSize=2)
    turned = tensor(1, 8, 4, 1)
    b.operator("TRANSPOSE", [flat, _constant(b, 0, 2, 1, 3)], [turned], "TransposeOptions")
    deep = tensor(1, 4, 2, 4)
    b.operator("SPACE_TO_DEPTH", [turned], [deep], "SpaceToDepthOptions", BlockSize=2)
    matrix = tensor(4, 2, 4)
    b.operator("SQUEEZE", [deep], [matrix], "SqueezeOptions", SqueezeDims=[0])
    part = tensor(3, 2, 3)
    b.operator("SLICE", [matrix, _constant(b, 1, 0, 1), _constant(b, 3, -1, 3)], [part], "SliceOptions")
    fields = {"BeginMask": 1, "EndMask": 2, "ShrinkAxisMask": 4}
    picked = tensor(2, 2)
    lists = [_constant(b, 0, 1, 1), _constant(b, -1, 0, 0), _constant(b, 1, -1, 1)]
    b.operator("STRIDED_SLICE", [part, *lists], [picked], "StridedSliceOptions", **fields)
    halves = [tensor(2, 1), tensor(2, 1)]
    b.operator("SPLIT", [_constant(b, 1), picked], halves, "SplitOptions", NumSplits=2)
    packed = tensor(2, 2, 1)
    b.operator("PACK", halves, [packed], "PackOptions", ValuesCount=2, Axis=1)
    rows = [tensor(2, 1), tensor(2, 1)]
    b.operator("UNPACK", [packed], rows, "UnpackOptions", Num=2, Axis=0)
    parts = [tensor(1, 2, 3), tensor(2, 2, 3)]
    b.operator("SPLIT_V", [part, _constant(b, 1, -1), _constant(b, 0)], parts, "SplitVOptions", NumSplits=2)
    return b.build([x], [*rows, *parts])


def images(seed: int = 0) -> bytes:
    """SPACE_TO_BATCH_ND, BATCH_TO_SPACE_ND, RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR and TRANSPOSE_CONV."""
    rng = np.random.default_rng(seed)
    b = TfliteBuilder()

    def tensor(*shape: int) -> int:
        return b.tensor(shape, I8, scale=0.05, zero_point=-3)

    x = tensor(1, 3, 4, 2)
    blocks = _constant(b, 2, 2)
    margins = b.tensor((2, 2), np.int32, np.array([[1, 0], [0, 0]], np.int32))
    batch = tensor(4, 2, 2, 2)
    b.operator("SPACE_TO_BATCH_ND", [x, blocks, margins], [batch], "SpaceToBatchNDOptions")
    space = tensor(1, 3, 4, 2)
    b.operator("BATCH_TO_SPACE_ND", [batch, blocks, margins], [space], "BatchToSpaceNDOptions")
    large = tensor(1, 5, 5, 2)
    b.operator("RESIZE_BILINEAR", [space, _constant(b, 5, 5)], [large], "ResizeBilinearOptions", HalfPixelCenters=True)
    small = tensor(1, 2, 3, 2)
    size = _constant(b, 2, 3)
    b.operator("RESIZE_NEAREST_NEIGHBOR", [large, size], [small], "ResizeNearestNeighborOptions", AlignCorners=True)
    weights = rng.integers(-127, 128, (3, 3, 2, 2)).astype(I8)
    f = b.tensor(weights.shape, I8, weights, [0.01, 0.02, 0.03])
    bias = b.tensor((3,), np.int32, rng.integers(-500, 500, 3).astype(np.int32), [5e-4, 1e-3, 1.5e-3])
    y = b.tensor((1, 4, 6, 3), I8, scale=0.1, zero_point=4)
    b.operator(
        "TRANSPOSE_CONV", [_constant(b, 1, 4, 6, 3), f, small, bias], [y], "TransposeConvOptions", version=3, Padding=0,
        StrideW=2, StrideH=2, FusedActivationFunction=1,
    )  # fmt: skip
    return b.build([x], [y])


def _handle(b: TfliteBuilder, name: str) -> int:
    tensor = b.tensor((), tflite.TensorType.RESOURCE)
    b.operator("VAR_HANDLE", [], [tensor], "VarHandleOptions", Container="", SharedName=name)
    return tensor


def streaming(seed: int = 0) -> bytes:
    """CALL_ONCE, VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE, and LOGISTIC and TANH of int16."""
    rng = np.random.default_rng(seed)
    b = TfliteBuilder()
    index, init = b.subgraph()
    for name in ("a", "b"):
        data = rng.integers(-128, 128, (1, 3)).astype(I8)
        start = init.tensor((1, 3), I8, data, scale=0.05, zero_point=-3)
        init.operator("ASSIGN_VARIABLE", [_handle(init, name), start], [])
    x = b.tensor((1, 3), I8, scale=0.05, zero_point=-3)
    b.operator("CALL_ONCE", [], [], "CallOnceOptions", InitSubgraphIndex=index)
    value = x
    for name in ("a", "b", "c"):
        read = b.tensor((1, 3), I8, scale=0.05, zero_point=-3)
        b.operator("READ_VARIABLE", [_handle(b, name)], [read])
        b.operator("ASSIGN_VARIABLE", [_handle(b, name), value], [])
        value = read
    wide = b.tensor((1, 3), np.int16, scale=2.0**-12)
    b.operator("QUANTIZE", [value], [wide], "QuantizeOptions")
    gate = b.tensor((1, 3), np.int16, scale=2.0**-15)
    b.operator("LOGISTIC", [wide], [gate])
    y = b.tensor((1, 3), np.int16, scale=2.0**-15)
    b.operator("TANH", [gate], [y])
    return b.build([x], [y])


def recurrent(seed: int = 0) -> bytes:
    """SVDF, then UNIDIRECTIONAL_SEQUENCE_LSTM."""
    rng = np.random.default_rng(seed)
    b = TfliteBuilder()

    def constant(dtype: type, *shape: int, s: float = 0.01) -> int:
        return b.tensor(shape, dtype, rng.integers(-127, 128, shape).astype(dtype), s)

    x = b.tensor((1, 3), I8, scale=0.05, zero_point=-3)
    features = b.tensor((1, 2), I8, scale=0.05, zero_point=4)
    state = b.tensor((1, 12), np.int16, scale=1e-4, variable=True)
    tensors = [x, constant(I8, 4, 3), constant(np.int16, 4, 3, s=1e-3), constant(np.int32, 2, s=1e-7), state]
    b.operator("SVDF", tensors, [features], "SVDFOptions", Rank=2, FusedActivationFunction=1)
    sequence = b.tensor((1, 1, 2), I8, scale=0.05, zero_point=4)
    b.operator("RESHAPE", [features, _constant(b, 1, 1, 2)], [sequence], "ReshapeOptions", NewShape=[1, 1, 2])
    y = b.tensor((1, 1, 2), I8, scale=0.008, zero_point=1)
    hidden = b.tensor((1, 2), I8, scale=0.008, zero_point=1, variable=True)
    cell = b.tensor((1, 2), np.int16, scale=2.0**-11, variable=True)
    tensors = [sequence, *(constant(I8, 2, 2) for _ in range(8)), -1, -1, -1]
    tensors += [*(constant(np.int32, 2, s=1e-4) for _ in range(4)), -1, -1, hidden, cell, -1, -1, -1, -1]
    b.operator(
        "UNIDIRECTIONAL_SEQUENCE_LSTM", tensors, [y], "UnidirectionalSequenceLSTMOptions", FusedActivationFunction=4,
        CellClip=3.0,
    )  # fmt: skip
    return b.build([x], [y])


SMALL_MODELS = {
    "elementwise": elementwise,
    "moving": moving,
    "images": images,
    "streaming": streaming,
    "recurrent": recurrent,
}
