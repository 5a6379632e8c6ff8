"""Paddings of SPACE_TO_BATCH_ND, which TFLM fills with whatever lies in its memory: here they are real zeros."""

import numpy as np
from tflite_builder import TfliteBuilder

from picket_host.native.engine import Engine


def test_paddings_are_the_zero_point():
    margins = [[1, 2], [0, 1]]
    b = TfliteBuilder()
    x = b.tensor((1, 3, 5, 2), np.int8, scale=0.1, zero_point=-7)
    blocks = b.tensor((2,), np.int32, np.array([3, 2], np.int32))
    paddings = b.tensor((2, 2), np.int32, np.array(margins, np.int32))
    y = b.tensor((6, 2, 3, 2), np.int8, scale=0.1, zero_point=-7)
    b.operator("SPACE_TO_BATCH_ND", [x, blocks, paddings], [y], "SpaceToBatchNDOptions")
    image = np.random.default_rng(0).integers(-128, 128, (1, 3, 5, 2)).astype(np.int8)
    padded = np.pad(image, [(0, 0), *margins, (0, 0)], constant_values=-7)
    expected = padded.reshape(1, 2, 3, 3, 2, 2).transpose(2, 4, 0, 1, 3, 5).reshape(6, 2, 3, 2)
    np.testing.assert_array_equal(Engine(b.build([x], [y])).invoke([image])[0], expected)
