"""Model files are read without trust, and what keeps one from being int8 is named with its layer."""

from pathlib import Path

import numpy as np
import pytest
from small_models import convolutional
from tflite_builder import TfliteBuilder
from tflite_micro.python.tflite_micro import runtime

from picket_host.errors import ModelError
from picket_host.models import tflite_file
from picket_host.native.engine import Engine

FLOAT_MODEL = Path(runtime.__file__).with_name("sine_float.tflite").read_bytes()


def test_operators_and_tensors_are_read():
    graph = tflite_file.read(convolutional())
    assert [operator.name for operator in graph.operators][:3] == ["PAD", "CONV_2D", "DEPTHWISE_CONV_2D"]
    source = graph.tensors[graph.inputs[0]]
    assert (source.dtype, source.shape, source.zero_point) == ("int8", (1, 5, 5, 2), -3)
    assert source.scale == pytest.approx(0.05)
    tflite_file.check_int8(graph)


def test_float_model_is_refused():
    with pytest.raises(ModelError, match="is float32, not int8"):
        tflite_file.check_int8(tflite_file.read(FLOAT_MODEL))


def test_float_operator_between_int8_ends_is_refused():
    b = TfliteBuilder()
    x = b.tensor((1, 4), np.int8, scale=0.1)
    real, curved = b.tensor((1, 4), np.float32), b.tensor((1, 4), np.float32)
    y = b.tensor((1, 4), np.int8, scale=0.1)
    b.operator("DEQUANTIZE", [x], [real])
    b.operator("SIN", [real], [curved])
    b.operator("QUANTIZE", [curved], [y])
    with pytest.raises(ModelError, match="operator 1 SIN still works on floats"):
        tflite_file.check_int8(tflite_file.read(b.build([x], [y])))


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("model_1/dense_1/MatMul;model_1/dense_1/Relu", "dense"),
        ("model_1/block_1/conv_1/Conv2D", "block/conv"),
        ("model_1/Sin", "Sin"),
        ("StatefulPartitionedCall/model/dense_1/MatMul", "dense"),
        ("StatefulPartitionedCall:0", "StatefulPartitionedCall:0"),
        ("serving_default_x:0", "serving_default_x:0"),
    ],
)
def test_layer_is_taken_from_a_tensors_name(name, layer):
    assert tflite_file.layer_of(name) == layer


def test_every_truncation_is_an_error_or_readable():
    model = convolutional()
    for length in range(0, len(model), 3):
        try:
            tflite_file.read(model[:length])
        except ModelError:
            continue


def test_output_can_be_moved_to_another_tensor():
    model = convolutional()
    graph = tflite_file.read(model)
    conv = graph.operators[1].outputs[0]
    cut = tflite_file.with_output(model, conv)
    assert Engine(cut).outputs[0].shape == graph.tensors[conv].shape
    assert tflite_file.read(model).outputs == graph.outputs
