"""Writes a small model as TFLite's own converter makes it, with int16 activations and int8 weights.

python convert_int16.py model.tflite
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

SHAPE = (1, 8, 8, 3)


def graph(seed: int = 0) -> tf.types.experimental.ConcreteFunction:
    """Convolutions of all three kinds, pools, arithmetic and activations, with constants for weights."""
    rng = np.random.default_rng(seed)

    def constant(*shape: int) -> tf.Tensor:
        return tf.constant(rng.normal(0, 0.4, shape), tf.float32)

    @tf.function(input_signature=[tf.TensorSpec(SHAPE)])
    def run(x: tf.Tensor) -> tf.Tensor:
        x = tf.nn.relu(tf.nn.conv2d(x, constant(3, 3, 3, 5), 1, "SAME") + constant(5))
        y = tf.nn.depthwise_conv2d(x, constant(3, 3, 5, 1), [1, 1, 1, 1], "SAME") + constant(5)
        x = tf.nn.leaky_relu(tf.nn.relu6(y) + x)
        x = tf.nn.max_pool2d(x, 2, 2, "VALID")
        x = tf.nn.conv2d_transpose(x, constant(2, 2, 4, 5), (1, 8, 8, 4), 2, "SAME") + constant(4)
        x = tf.nn.avg_pool2d(x, 4, 4, "VALID")
        x = tf.matmul(tf.reshape(x, (1, 16)), constant(16, 7)) + constant(7)
        x = tf.concat([tf.tanh(x) * tf.sigmoid(x), x - constant(7)], 1)
        return tf.nn.softmax(tf.matmul(x, constant(14, 3)))

    return run.get_concrete_function()


def main() -> None:
    rng = np.random.default_rng(1)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([graph()])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([rng.normal(0, 1, SHAPE).astype(np.float32)] for _ in range(20))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int16
    Path(sys.argv[1]).write_bytes(converter.convert())


if __name__ == "__main__":
    main()
