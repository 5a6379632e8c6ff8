"""Random models of operators on images, for conformance tests; see ``operator_cases``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from operator_cases import I8, INT8, LayerTypes, Rng, activation, any_type, random_shape, scale, zero_point
from tflite_builder import TfliteBuilder


def _resize(rng: Rng, name: str, options: str, dtype: type, s: float | None, z: int) -> bytes:
    n, h, w, c = (int(rng.integers(1, top)) for top in (3, 12, 12, 5))
    oh, ow = (int(d * rng.integers(1, 4)) if rng.random() < 0.4 else int(rng.integers(1, 40)) for d in (h, w))
    corners = bool(rng.random() < 0.3)
    centres = bool(not corners and rng.random() < 0.5)
    b = TfliteBuilder()
    x = b.tensor((n, h, w, c), dtype, scale=s, zero_point=z)
    size = b.tensor((2,), np.int32, np.array([oh, ow], np.int32))
    y = b.tensor((n, oh, ow, c), dtype, scale=s, zero_point=z)
    b.operator(name, [x, size], [y], options, AlignCorners=corners, HalfPixelCenters=centres)
    return b.build([x], [y])


def resize_bilinear(rng: Rng) -> bytes:
    """RESIZE_BILINEAR, int8, up and down, with aligned corners or centres at half pixels."""
    return _resize(rng, "RESIZE_BILINEAR", "ResizeBilinearOptions", I8, scale(rng), zero_point(rng))


def resize_nearest_neighbor(rng: Rng) -> bytes:
    """RESIZE_NEAREST_NEIGHBOR of int8, int16 and float32, up and down."""
    return _resize(rng, "RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions", *any_type(rng))


def _space_and_batch(rng: Rng, name: str, options: str, to_batch: bool) -> bytes:
    dtype, s, z = (np.float32, None, 0) if rng.random() < 0.3 else (I8, scale(rng), zero_point(rng))
    spatial = int(rng.integers(1, 3))
    n, c = int(rng.integers(1, 3)), int(rng.integers(1, 5))
    blocks = [int(rng.integers(1, 4)) for _ in range(spatial)]
    inner = [int(rng.integers(2, 6)) for _ in range(spatial)]
    margins, outer = [], []
    for block, size in zip(blocks, inner, strict=True):
        # TFLM's paddings are of memory that it has not set.
        before, after = (0 if to_batch else int(rng.integers(0, block)) for _ in range(2))
        margins.append([before, after])
        outer.append(size * block - before - after)
    space, batch = (n, *outer, c), (n * int(np.prod(blocks)), *inner, c)
    b = TfliteBuilder()
    x = b.tensor(space if to_batch else batch, dtype, scale=s, zero_point=z)
    y = b.tensor(batch if to_batch else space, dtype, scale=s, zero_point=z)
    block_shape = b.tensor((spatial,), np.int32, np.array(blocks, np.int32))
    amounts = b.tensor((spatial, 2), np.int32, np.array(margins, np.int32))
    b.operator(name, [x, block_shape, amounts], [y], options)
    return b.build([x], [y])


def space_to_batch_nd(rng: Rng) -> bytes:
    """SPACE_TO_BATCH_ND of int8 and float32, with one or two spatial axes."""
    return _space_and_batch(rng, "SPACE_TO_BATCH_ND", "SpaceToBatchNDOptions", to_batch=True)


def batch_to_space_nd(rng: Rng) -> bytes:
    """BATCH_TO_SPACE_ND of int8 and float32, with one or two spatial axes and crops."""
    return _space_and_batch(rng, "BATCH_TO_SPACE_ND", "BatchToSpaceNDOptions", to_batch=False)


def l2_normalization(rng: Rng) -> bytes:
    """L2_NORMALIZATION, int8."""
    shape = random_shape(rng) if rng.random() < 0.7 else (2, int(rng.integers(100, 2000)))
    b = TfliteBuilder()
    x = b.tensor(shape, I8, scale=scale(rng), zero_point=zero_point(rng))
    y = b.tensor(shape, I8, scale=1 / 128, zero_point=0)
    b.operator("L2_NORMALIZATION", [x], [y], "L2NormOptions")
    return b.build([x], [y])


def transpose_conv(rng: Rng, types: LayerTypes = INT8) -> bytes | None:
    """TRANSPOSE_CONV, any padding and stride, per tensor or per channel."""
    n, oh, ow, c, outputs = (int(rng.integers(1, top)) for top in (3, 14, 14, 10, 10))
    fh, fw = (int(rng.integers(1, 6)) for _ in range(2))
    sh, sw = (int(rng.integers(1, 4)) for _ in range(2))
    padding = int(rng.integers(0, 2))
    h, w = (
        -(-size // stride) if padding == 0 else (size - filter_size) // stride + 1 if size >= filter_size else 0
        for size, filter_size, stride in ((oh, fh, sh), (ow, fw, sw))
    )
    if h < 1 or w < 1:
        return None
    b = TfliteBuilder()
    si = scale(rng)
    filter_scales = np.array([scale(rng, 1e-3, 3e-2) for _ in range(outputs if rng.random() < 0.7 else 1)], np.float32)
    spread = si * filter_scales.mean() * 70 * types.typical / types.largest * np.sqrt(fh * fw * c)
    so = float(np.float32(spread * np.exp(rng.uniform(-1.5, 1.5))))
    shape = b.tensor((4,), np.int32, np.array([n, oh, ow, outputs], np.int32))
    f = types.weights(b, rng, (outputs, fh, fw, c), filter_scales)
    x = b.tensor((n, h, w, c), types.activations, scale=si, zero_point=types.zero_point(rng))
    y = b.tensor((n, oh, ow, outputs), types.activations, scale=so, zero_point=types.zero_point(rng))
    b.operator(
        "TRANSPOSE_CONV", [shape, f, x, *types.bias(b, rng, si * filter_scales, outputs, may_be_minus_one=False)], [y],
        "TransposeConvOptions", version=3, Padding=padding, StrideW=sw, StrideH=sh,
        FusedActivationFunction=activation(rng),
    )  # fmt: skip
    return b.build([x], [y])


CASES: dict[str, Callable[[Rng], bytes | None]] = {
    function.__name__: function
    for function in (
        batch_to_space_nd, l2_normalization, resize_bilinear, resize_nearest_neighbor, space_to_batch_nd,
        transpose_conv,
    )
}  # fmt: skip
