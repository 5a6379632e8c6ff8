"""Random models of operators that move elements, for conformance tests; see ``operator_cases``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from operator_cases import Rng, any_type, random_shape
from tflite_builder import TfliteBuilder


def _constant(b: TfliteBuilder, values: list[int]) -> int:
    return b.tensor((len(values),), np.int32, np.array(values, np.int32))


def _maybe_negative(rng: Rng, axis: int, rank: int) -> int:
    """The same axis, sometimes counted from the end."""
    return axis - rank if rng.random() < 0.3 else axis


def transpose(rng: Rng) -> bytes:
    """TRANSPOSE with any permutation of up to five axes."""
    dtype, s, z = any_type(rng)
    shape = random_shape(rng, 5)
    order = [int(i) for i in rng.permutation(len(shape))]
    b = TfliteBuilder()
    x = b.tensor(shape, dtype, scale=s, zero_point=z)
    y = b.tensor([shape[i] for i in order], dtype, scale=s, zero_point=z)
    b.operator("TRANSPOSE", [x, _constant(b, order)], [y], "TransposeOptions")
    return b.build([x], [y])


def slice_(rng: Rng) -> bytes:
    """SLICE of up to five axes, with explicit sizes and with "all that is left"."""
    dtype, s, z = any_type(rng)
    shape = random_shape(rng, 5)
    begins = [int(rng.integers(0, d)) for d in shape]
    sizes = [int(rng.integers(1, d - at + 1)) for d, at in zip(shape, begins, strict=True)]
    b = TfliteBuilder()
    x = b.tensor(shape, dtype, scale=s, zero_point=z)
    y = b.tensor(sizes, dtype, scale=s, zero_point=z)
    # -1 where it says the same: TFLM takes it for the rest of the axis
    given = [-1 if at + n == d and rng.random() < 0.4 else n for d, at, n in zip(shape, begins, sizes, strict=True)]
    b.operator("SLICE", [x, _constant(b, begins), _constant(b, given)], [y], "SliceOptions")
    return b.build([x], [y])


def strided_slice(rng: Rng) -> bytes | None:
    """STRIDED_SLICE of up to four axes with strides of either sign, masks and axes that are dropped."""
    dtype, s, z = any_type(rng)
    shape = random_shape(rng, 4)
    begins, ends, strides, out = [], [], [], []
    masks = {"BeginMask": 0, "EndMask": 0, "ShrinkAxisMask": 0}
    for axis, d in enumerate(shape):
        begin, end = (int(rng.integers(-d - 2, d + 3)) for _ in range(2))
        stride = int(rng.choice([1, 1, 2, 3, -1, -2]))
        index = slice(begin, end, stride)
        if rng.random() < 0.3:
            masks["BeginMask"] |= 1 << axis
            index = slice(None, index.stop, stride)
        if rng.random() < 0.3:
            masks["EndMask"] |= 1 << axis
            index = slice(index.start, None, stride)
        if rng.random() < 0.2:
            masks["ShrinkAxisMask"] |= 1 << axis
            masks["BeginMask"] &= ~(1 << axis)
            begin, stride = int(rng.integers(-d, d)), 1
        else:
            out.append(len(range(*index.indices(d))))
        begins.append(begin)
        ends.append(end)
        strides.append(stride)
    if 0 in out or not out:
        return None
    b = TfliteBuilder()
    x = b.tensor(shape, dtype, scale=s, zero_point=z)
    y = b.tensor(out, dtype, scale=s, zero_point=z)
    lists = [_constant(b, values) for values in (begins, ends, strides)]
    b.operator("STRIDED_SLICE", [x, *lists], [y], "StridedSliceOptions", **masks)
    return b.build([x], [y])


def _blocks(rng: Rng, name: str, to_depth: bool) -> bytes:
    dtype, s, z = any_type(rng)
    dtype, s, z = (np.float32, None, 0) if dtype is np.float32 else (np.int8, s, 0)
    block = int(rng.integers(1, 5))
    n, h, w, c = (int(rng.integers(1, top)) for top in (3, 5, 5, 6))
    flat, deep = (n, h * block, w * block, c), (n, h, w, c * block * block)
    b = TfliteBuilder()
    x = b.tensor(flat if to_depth else deep, dtype, scale=s, zero_point=z)
    y = b.tensor(deep if to_depth else flat, dtype, scale=s, zero_point=z)
    b.operator(name, [x], [y], "SpaceToDepthOptions" if to_depth else "DepthToSpaceOptions", BlockSize=block)
    return b.build([x], [y])


def depth_to_space(rng: Rng) -> bytes:
    """DEPTH_TO_SPACE of int8 and float32."""
    return _blocks(rng, "DEPTH_TO_SPACE", to_depth=False)


def space_to_depth(rng: Rng) -> bytes:
    """SPACE_TO_DEPTH of int8 and float32."""
    return _blocks(rng, "SPACE_TO_DEPTH", to_depth=True)


def squeeze(rng: Rng) -> bytes:
    """SQUEEZE of named axes, or of all that have size 1."""
    dtype, s, z = any_type(rng)
    shape = [d if rng.random() < 0.5 else 1 for d in random_shape(rng, 5)]
    ones = [i for i, d in enumerate(shape) if d == 1]
    axes = [] if rng.random() < 0.4 else [i for i in ones if rng.random() < 0.6]
    gone = set(axes or ones)
    out = [d for i, d in enumerate(shape) if i not in gone]
    b = TfliteBuilder()
    x = b.tensor(shape, dtype, scale=s, zero_point=z)
    y = b.tensor(out, dtype, scale=s, zero_point=z)
    given = [_maybe_negative(rng, axis, len(shape)) for axis in axes]
    b.operator("SQUEEZE", [x], [y], "SqueezeOptions", SqueezeDims=given)
    return b.build([x], [y])


def pack(rng: Rng) -> bytes:
    """PACK of one to ten tensors, constants among them, along any new axis."""
    dtype, s, z = any_type(rng)
    shape = random_shape(rng, 3)
    count, axis = int(rng.integers(1, 11)), int(rng.integers(0, len(shape) + 1))
    b = TfliteBuilder()
    parts, inputs = [], []
    for i in range(count):
        data = rng.integers(-100, 100, shape).astype(dtype) if i and rng.random() < 0.2 else None
        parts.append(b.tensor(shape, dtype, data, s, z))
        if data is None:
            inputs.append(parts[-1])
    y = b.tensor((*shape[:axis], count, *shape[axis:]), dtype, scale=s, zero_point=z)
    given = _maybe_negative(rng, axis, len(shape) + 1)
    b.operator("PACK", parts, [y], "PackOptions", ValuesCount=count, Axis=given)
    return b.build(inputs, [y])


def unpack(rng: Rng) -> bytes:
    """UNPACK along any axis."""
    dtype, s, z = any_type(rng)
    shape = random_shape(rng, 4)
    axis = int(rng.integers(0, len(shape)))
    b = TfliteBuilder()
    x = b.tensor(shape, dtype, scale=s, zero_point=z)
    part = (*shape[:axis], *shape[axis + 1 :])
    outputs = [b.tensor(part, dtype, scale=s, zero_point=z) for _ in range(shape[axis])]
    given = _maybe_negative(rng, axis, len(shape))
    b.operator("UNPACK", [x], outputs, "UnpackOptions", Num=len(outputs), Axis=given)
    return b.build([x], outputs)


def split(rng: Rng) -> bytes:
    """SPLIT into equal parts along any axis."""
    dtype, s, z = any_type(rng)
    shape = list(random_shape(rng, 4))
    axis, count, size = int(rng.integers(0, len(shape))), int(rng.integers(1, 6)), int(rng.integers(1, 5))
    shape[axis] = count * size
    b = TfliteBuilder()
    given = _constant(b, [_maybe_negative(rng, axis, len(shape))])
    x = b.tensor(shape, dtype, scale=s, zero_point=z)
    part = (*shape[:axis], size, *shape[axis + 1 :])
    outputs = [b.tensor(part, dtype, scale=s, zero_point=z) for _ in range(count)]
    b.operator("SPLIT", [given, x], outputs, "SplitOptions", NumSplits=count)
    return b.build([x], outputs)


def split_v(rng: Rng) -> bytes:
    """SPLIT_V into parts of different sizes along any axis."""
    dtype, s, z = any_type(rng)
    shape = list(random_shape(rng, 4))
    axis = int(rng.integers(0, len(shape)))
    sizes = [int(rng.integers(1, 5)) for _ in range(rng.integers(1, 6))]
    shape[axis] = sum(sizes)
    b = TfliteBuilder()
    x = b.tensor(shape, dtype, scale=s, zero_point=z)
    given = _constant(b, [_maybe_negative(rng, axis, len(shape))])
    outputs = [b.tensor((*shape[:axis], n, *shape[axis + 1 :]), dtype, scale=s, zero_point=z) for n in sizes]
    b.operator("SPLIT_V", [x, _constant(b, sizes), given], outputs, "SplitVOptions", NumSplits=len(sizes))
    return b.build([x], outputs)


CASES: dict[str, Callable[[Rng], bytes | None]] = {
    function.__name__.rstrip("_"): function
    for function in (
        depth_to_space, pack, slice_, space_to_depth, split, split_v, squeeze, strided_slice, transpose, unpack,
    )
}  # fmt: skip
