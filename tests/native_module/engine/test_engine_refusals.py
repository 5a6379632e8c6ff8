"""Models that contradict themselves or ask for what the engine lacks: one clear text that names operator and tensor."""

import numpy as np
import pytest
import tflite
from small_models import convolutional
from tflite_builder import TfliteBuilder

from picket_host.errors import InputError, ModelError
from picket_host.native.engine import Engine

I8 = np.int8
F32 = np.float32


def refusal(model: bytes) -> str:
    with pytest.raises(ModelError) as caught:
        Engine(model)
    return str(caught.value)


def unary(name="RELU", shape=(1, 4), out_shape=None, in_scale=0.05, in_zero=0, out_scale=0.05, dtype=I8, **op):
    """A model of one operator from a tensor to another."""
    b = TfliteBuilder()
    x = b.tensor(shape, dtype, scale=in_scale, zero_point=in_zero)
    y = b.tensor(out_shape or shape, dtype, scale=out_scale)
    b.operator(name, [x], [y], **op)
    return b.build([x], [y])


def conv(
    input_shape=(1, 4, 4, 2), filter_shape=(3, 1, 1, 2), output_shape=(1, 4, 4, 3), filter_scale=0.01, filter_zero=0,
    filter_axis=0, bias=None, filter_type=I8, filter_bytes=None, **options,
):  # fmt: skip
    """A model of one CONV_2D."""
    b = TfliteBuilder()
    x = b.tensor(input_shape, I8, scale=0.05)
    data = bytes(int(np.prod(filter_shape)) * np.dtype(filter_type).itemsize) if filter_bytes is None else filter_bytes
    f = b.tensor(filter_shape, filter_type, data, filter_scale, filter_zero, filter_axis)
    y = b.tensor(output_shape, I8, scale=0.05)
    inputs = [x, f] if bias is None else [x, f, b.tensor(bias.shape, bias.dtype, bias, 5e-4)]
    fields = {"Padding": 1, "StrideW": 1, "StrideH": 1, "DilationWFactor": 1, "DilationHFactor": 1, **options}
    b.operator("CONV_2D", inputs, [y], "Conv2DOptions", version=3, **fields)
    return b.build([x], [y])


@pytest.mark.parametrize(
    "data,text",
    [
        (b"", "too short"),
        (b"abc", "too short"),
        (bytes(100), "identifier TFL3"),
        (b"\x00\x00\x00\x40TFL3" + bytes(100), "out of the file"),
        (convolutional()[:-700], "file"),
    ],
)
def test_what_is_no_model(data, text):
    assert text in refusal(data)


@pytest.mark.parametrize(
    "model,text",
    [
        (unary("COS"), "operator 0 (COS): the engine does not have this operator"),
        (unary("CUSTOM", custom="Mine"), "operator 0 (CUSTOM): the engine does not have this operator"),
        (unary(version=99), "operator 0 (RELU): the operator's version: 99, not 3"),
        (unary(dtype=F32), "operator 0 (RELU): tensor 0: the tensor's type: 0, not 9"),
        (unary(dtype=tflite.TensorType.STRING), "tensor 0: the tensor's type is not supported"),
        (unary(shape=(1, 0)), "tensor 0: a dimension is not positive"),
        (unary(shape=(-1, 4)), "tensor 0: a dimension is not positive"),
        (unary(shape=(1,) * 7), "number of dimensions: 7, not 6"),
        (unary(shape=(65536, 65536)), "tensor 0: a tensor is too large"),
        (unary(shape=(2**31 - 1,) * 3), "tensor 0: a tensor is too large"),
        (unary(out_shape=(1, 5)), "tensor 1: the tensor's shape does not fit: a dimension: 5, not 4"),
        (unary(in_scale=None), "tensor 0: the tensor needs one scale and one zero point"),
        (unary(in_scale=[0.1, 0.2]), "tensor 0: the tensor needs one scale and one zero point"),
        (unary(in_scale=0.0), "tensor 0: a scale is not a finite number above 0"),
        (unary(in_scale=float("nan")), "tensor 0: a scale is not a finite number above 0"),
        (unary(out_scale=float("inf")), "tensor 1: a scale is not a finite number above 0"),
        (unary(out_scale=-0.1), "tensor 1: a scale is not a finite number above 0"),
        (unary(in_zero=128), "tensor 0: the zero point is out of the type's range"),
        (unary(in_zero=2**40), "tensor 0: a 64-bit number is out of range"),
        (unary(in_scale=1e30, out_scale=1e-30), "the scales are too far apart"),
        (unary("SOFTMAX", options="SoftmaxOptions", Beta=1.0), "output of scale 1/256 and zero point -128"),
        (unary("LOGISTIC"), "LOGISTIC needs an output of zero point -128"),
        (unary("RELU", options="SoftmaxOptions", Beta=1.0), None),
        (unary("SOFTMAX", options="AddOptions"), "the options belong to another operator"),
    ],
)
def test_unsound_single_operators(model, text):
    if text is None:  # options of an operator that has none are ignored
        Engine(model)
    else:
        assert text in refusal(model)


@pytest.mark.parametrize(
    "arguments,text",
    [
        ({"StrideW": 0}, "stride, dilation or filter size is not positive"),
        ({"StrideH": -3}, "stride, dilation or filter size is not positive"),
        ({"StrideW": 2**30}, "too large"),
        ({"DilationHFactor": 2**30}, "too large"),
        ({"DilationWFactor": 0}, "stride, dilation or filter size is not positive"),
        ({"Padding": 5}, "the padding is neither SAME nor VALID"),
        ({"StrideW": 3}, "the output's height or width: 4, not 2"),
        ({"FusedActivationFunction": 4}, "the fused activation is not supported"),
        ({"output_shape": (1, 4, 5, 3)}, "the output's height or width: 5, not 4"),
        ({"output_shape": (2, 4, 4, 3)}, "tensor 2: the tensor's shape does not fit: a dimension: 2, not 1"),
        ({"output_shape": (1, 4, 4, 4)}, "tensor 1: the tensor's shape does not fit: a dimension: 3, not 4"),
        ({"input_shape": (1, 4, 4)}, "tensor 0: the tensor's number of dimensions: 3, not 4"),
        ({"filter_shape": (3, 1, 1, 4)}, "the filter's channels do not divide the input's"),
        ({"filter_type": F32}, "tensor 1: the tensor's type: 0, not 9"),
        ({"filter_bytes": bytes(5)}, "tensor 1: the tensor's data has another size than"),
        ({"filter_scale": None}, "the weights need one scale, or one for each"),
        ({"filter_scale": [0.1, 0.2]}, "the weights need one scale, or one for each"),
        ({"filter_scale": [0.1, 0.2, 0.3], "filter_axis": 3}, "the weights need one scale, or one for each"),
        ({"filter_scale": [0.1, 0.0, 0.3]}, "tensor 1: a scale is not a finite number above 0"),
        ({"filter_zero": 1}, "the weights' zero points must be 0"),
        ({"bias": np.zeros(2, np.int32)}, "tensor 3: the tensor's number of elements: 2, not 3"),
        ({"bias": np.zeros(3, np.float32)}, "tensor 3: the tensor's type: 0, not 2"),
    ],
)
def test_unsound_convolutions(arguments, text):
    message = refusal(conv(**arguments))
    assert message.startswith("operator 0 (CONV_2D)") and text in message


def test_a_sound_convolution_is_taken():
    Engine(conv(bias=np.zeros(3, np.int32)))


def two_relus():
    """A builder with three tensors in a row, not yet connected."""
    b = TfliteBuilder()
    return b, [b.tensor((1, 4), I8, scale=0.05) for _ in range(3)]


def test_an_operator_that_reads_what_a_later_one_writes():
    b, (x, middle, y) = two_relus()
    b.operator("RELU", [middle], [y])
    b.operator("RELU", [x], [middle])
    text = refusal(b.build([x], [y]))
    assert text.startswith("operator 0 (RELU): tensor 1: the tensor is used before anything computes it")


def test_an_operator_that_reads_its_own_output():
    b, (x, _, y) = two_relus()
    b.operator("ADD", [x, y], [y], "AddOptions")
    assert "operator 0 (ADD): tensor 2: the tensor is used before anything computes it" in refusal(b.build([x], [y]))


@pytest.mark.parametrize("target", ["twice", "input", "constant"])
def test_an_operator_that_writes_what_is_there_already(target):
    b, (x, middle, y) = two_relus()
    constant = b.tensor((1, 4), I8, bytes(4), 0.05)
    b.operator("RELU", [x], [middle])
    b.operator("RELU", [x], [{"twice": middle, "input": x, "constant": constant}[target]])
    b.operator("RELU", [middle], [y])
    assert "operator 1 (RELU)" in (text := refusal(b.build([x], [y]))) and "was written before" in text


def test_tensors_and_outputs_that_do_not_exist():
    b, (x, _, y) = two_relus()
    b.operator("RELU", [x], [y])
    assert "an output of the model is constant" in refusal(b.build([x], [b.tensor((4,), I8, bytes(4), 0.1)]))
    assert "tensor index is out of range" in refusal(b.build([x], [99]))
    assert "tensor index is out of range" in refusal(b.build([x], [-1]))
    assert "used before anything computes it" in refusal(b.build([x], [1]))
    assert "no input or no output" in refusal(b.build([], [y]))
    assert "constant or given twice" in refusal(b.build([x, x], [y]))
    b.operator("RELU", [55], [1])
    assert "operator 1 (RELU): tensor 55" in refusal(b.build([x], [y]))


def test_a_variable_tensor():
    b = TfliteBuilder()
    x = b.tensor((1, 4), I8, scale=0.05)
    state = b.tensor((1, 4), I8, scale=0.05, variable=True)
    y = b.tensor((1, 4), I8, scale=0.05)
    b.operator("ADD", [x, state], [y], "AddOptions")
    assert "tensor 1: variable tensors are not supported" in refusal(b.build([x], [y]))


def test_a_bias_of_another_scale():
    b = TfliteBuilder()
    x = b.tensor((1, 4), I8, scale=0.05)
    w = b.tensor((2, 4), I8, bytes(8), 0.01)
    bias = b.tensor((2,), np.int32, bytes(8), 0.01)
    y = b.tensor((1, 2), I8, scale=0.05)
    b.operator("FULLY_CONNECTED", [x, w, bias], [y], "FullyConnectedOptions", version=4)
    assert "tensor 2: the bias has another scale than input times weights" in refusal(b.build([x], [y]))


@pytest.mark.parametrize("axis,text", [(5, "an axis is out of range"), (-5, "an axis is out of range")])
def test_a_mean_over_an_axis_that_is_not_there(axis, text):
    b = TfliteBuilder()
    x = b.tensor((1, 4), I8, scale=0.05)
    a = b.tensor((1,), np.int32, np.array([axis], np.int32))
    y = b.tensor((1,), I8, scale=0.05)
    b.operator("MEAN", [x, a], [y], "ReducerOptions", version=2)
    assert text in refusal(b.build([x], [y]))


def test_inputs_of_the_wrong_kind():
    engine = Engine(unary())
    for inputs in ([], [np.zeros((1, 4), np.int16)], [np.zeros((1, 5), I8)], [np.zeros((1, 4), I8)] * 2):
        with pytest.raises(InputError):
            engine.invoke(inputs)
