"""The smallest classifier there is as a .tflite file: one fully connected layer and a softmax, int8."""

from __future__ import annotations

import sys

import numpy as np

from picket_host.paths import TESTS

sys.path.insert(0, str(TESTS / "support"))

from tflite_builder import TfliteBuilder  # noqa: E402

INPUT_SCALE = 0.05
WEIGHT_SCALE = 0.1


def small_model(weights: np.ndarray, bias: np.ndarray) -> bytes:
    """The bytes of a model.

    Args:
        weights: int8 (classes, inputs), in steps of ``WEIGHT_SCALE``.
        bias: int32 (classes,), in steps of ``INPUT_SCALE * WEIGHT_SCALE``.
    """
    classes, inputs = weights.shape
    b = TfliteBuilder()
    x = b.tensor((1, inputs), np.int8, scale=INPUT_SCALE)
    w = b.tensor((classes, inputs), np.int8, weights.astype("<i1"), WEIGHT_SCALE)
    w_bias = b.tensor((classes,), np.int32, bias.astype("<i4"), INPUT_SCALE * WEIGHT_SCALE)
    logits = b.tensor((1, classes), np.int8, scale=0.1)
    scores = b.tensor((1, classes), np.int8, scale=1 / 256, zero_point=-128)
    b.operator("FULLY_CONNECTED", [x, w, w_bias], [logits], "FullyConnectedOptions", version=4)
    b.operator("SOFTMAX", [logits], [scores], "SoftmaxOptions", version=2, Beta=1.0)
    return b.build([x], [scores])
