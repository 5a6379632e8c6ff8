"""The smallest classifier there is as a .tflite file: one fully connected layer and a softmax, int8."""

from __future__ import annotations

import flatbuffers
import numpy as np
import tflite

INPUT_SCALE = 0.05
WEIGHT_SCALE = 0.1


def small_model(weights: np.ndarray, bias: np.ndarray) -> bytes:
    """The bytes of a model.

    Args:
        weights: int8 (classes, inputs), in steps of ``WEIGHT_SCALE``.
        bias: int32 (classes,), in steps of ``INPUT_SCALE * WEIGHT_SCALE``.
    """
    classes, inputs = weights.shape
    b = flatbuffers.Builder(1024)
    buffers = [b"", weights.astype("<i1").tobytes(), bias.astype("<i4").tobytes()]
    tensors = [
        _tensor(b, "input", (1, inputs), tflite.TensorType.INT8, 0, INPUT_SCALE, 0),
        _tensor(b, "weights", (classes, inputs), tflite.TensorType.INT8, 1, WEIGHT_SCALE, 0),
        _tensor(b, "bias", (classes,), tflite.TensorType.INT32, 2, INPUT_SCALE * WEIGHT_SCALE, 0),
        _tensor(b, "logits", (1, classes), tflite.TensorType.INT8, 0, 0.1, 0),
        _tensor(b, "scores", (1, classes), tflite.TensorType.INT8, 0, 1 / 256, -128),
    ]
    tflite.FullyConnectedOptionsStart(b)
    dense = _operator(
        b, 0, [0, 1, 2], [3], tflite.BuiltinOptions.FullyConnectedOptions, tflite.FullyConnectedOptionsEnd(b)
    )
    tflite.SoftmaxOptionsStart(b)
    tflite.SoftmaxOptionsAddBeta(b, 1.0)
    softmax = _operator(b, 1, [3], [4], tflite.BuiltinOptions.SoftmaxOptions, tflite.SoftmaxOptionsEnd(b))
    graph = _subgraph(b, tensors, [dense, softmax])
    operators = ((tflite.BuiltinOperator.FULLY_CONNECTED, 4), (tflite.BuiltinOperator.SOFTMAX, 2))
    codes = [_code(b, operator, version) for operator, version in operators]
    stored = [_buffer(b, content) for content in buffers]
    codes_at, graphs_at, buffers_at = _offsets(b, codes), _offsets(b, [graph]), _offsets(b, stored)
    tflite.ModelStart(b)
    tflite.ModelAddVersion(b, 3)
    tflite.ModelAddOperatorCodes(b, codes_at)
    tflite.ModelAddSubgraphs(b, graphs_at)
    tflite.ModelAddBuffers(b, buffers_at)
    b.Finish(tflite.ModelEnd(b), b"TFL3")
    return bytes(b.Output())


def _offsets(b: flatbuffers.Builder, offsets: list[int]) -> int:
    b.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    return b.EndVector()


def _tensor(b, name: str, shape: tuple[int, ...], kind: int, buffer: int, scale: float, zero_point: int) -> int:
    name_at = b.CreateString(name)
    shape_at = b.CreateNumpyVector(np.array(shape, np.int32))
    scale_at = b.CreateNumpyVector(np.array([scale], np.float32))
    zero_at = b.CreateNumpyVector(np.array([zero_point], np.int64))
    tflite.QuantizationParametersStart(b)
    tflite.QuantizationParametersAddScale(b, scale_at)
    tflite.QuantizationParametersAddZeroPoint(b, zero_at)
    quantization = tflite.QuantizationParametersEnd(b)
    tflite.TensorStart(b)
    tflite.TensorAddName(b, name_at)
    tflite.TensorAddShape(b, shape_at)
    tflite.TensorAddType(b, kind)
    tflite.TensorAddBuffer(b, buffer)
    tflite.TensorAddQuantization(b, quantization)
    return tflite.TensorEnd(b)


def _operator(b, code: int, inputs: list[int], outputs: list[int], kind: int, options: int) -> int:
    inputs_at = b.CreateNumpyVector(np.array(inputs, np.int32))
    outputs_at = b.CreateNumpyVector(np.array(outputs, np.int32))
    tflite.OperatorStart(b)
    tflite.OperatorAddOpcodeIndex(b, code)
    tflite.OperatorAddInputs(b, inputs_at)
    tflite.OperatorAddOutputs(b, outputs_at)
    tflite.OperatorAddBuiltinOptionsType(b, kind)
    tflite.OperatorAddBuiltinOptions(b, options)
    return tflite.OperatorEnd(b)


def _subgraph(b, tensors: list[int], operators: list[int]) -> int:
    tensors_at, operators_at = _offsets(b, tensors), _offsets(b, operators)
    inputs_at = b.CreateNumpyVector(np.array([0], np.int32))
    outputs_at = b.CreateNumpyVector(np.array([4], np.int32))
    tflite.SubGraphStart(b)
    tflite.SubGraphAddTensors(b, tensors_at)
    tflite.SubGraphAddInputs(b, inputs_at)
    tflite.SubGraphAddOutputs(b, outputs_at)
    tflite.SubGraphAddOperators(b, operators_at)
    return tflite.SubGraphEnd(b)


def _code(b, operator: int, version: int) -> int:
    tflite.OperatorCodeStart(b)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(b, operator)
    tflite.OperatorCodeAddBuiltinCode(b, operator)
    tflite.OperatorCodeAddVersion(b, version)
    return tflite.OperatorCodeEnd(b)


def _buffer(b, content: bytes) -> int:
    data = 0
    if content:
        b.StartVector(1, len(content), 16)
        b.head -= len(content)
        b.Bytes[b.head : b.head + len(content)] = content
        data = b.EndVector()
    tflite.BufferStart(b)
    if content:
        tflite.BufferAddData(b, data)
    return tflite.BufferEnd(b)
