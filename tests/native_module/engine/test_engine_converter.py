"""A model of int16 from TFLite's own converter: the official runtime's bits."""

import os
import subprocess
import sys

import numpy as np

from picket_host.native.engine import Engine
from picket_host.paths import TESTS


def test_a_converted_model_of_int16_gives_the_bits_of_tflm(tmp_path, judge):
    path = tmp_path / "model.tflite"
    script = TESTS / "support" / "convert_int16.py"
    environment = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3")
    done = subprocess.run([sys.executable, script, path], capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    model = path.read_bytes()
    engine = Engine(model)
    assert {"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED", "MUL", "SOFTMAX"} <= set(engine.ops)
    assert {tensor.dtype for tensor in (*engine.inputs, *engine.outputs)} == {np.dtype(np.int16)}
    rng = np.random.default_rng(2)
    shape = engine.inputs[0].shape
    invocations = [[rng.integers(-32768, 32768, shape).astype(np.int16)] for _ in range(20)]
    outputs = set()
    for inputs, expected in zip(invocations, judge.run(model, invocations), strict=True):
        np.testing.assert_array_equal(engine.invoke(inputs)[0], expected[0])
        outputs.add(expected[0].tobytes())
    assert len(outputs) == len(invocations)
