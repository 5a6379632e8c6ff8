"""Builds ``.tflite`` files operator by operator, as flatbuffers: for tests that need exact shapes and quantisations.

builder = TfliteBuilder()
x = builder.tensor((1, 4), np.int8, scale=0.5, zero_point=-3)
y = builder.tensor((1, 4), np.int8, scale=0.5, zero_point=-3)
builder.operator("RELU", [x], [y])
model = builder.build([x], [y])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np
import tflite

_TYPES = {
    np.dtype(np.float32): tflite.TensorType.FLOAT32,
    np.dtype(np.int32): tflite.TensorType.INT32,
    np.dtype(np.uint8): tflite.TensorType.UINT8,
    np.dtype(np.int64): tflite.TensorType.INT64,
    np.dtype(np.bool_): tflite.TensorType.BOOL,
    np.dtype(np.int16): tflite.TensorType.INT16,
    np.dtype(np.int8): tflite.TensorType.INT8,
}


@dataclass
class _Tensor:
    shape: tuple[int, ...]
    type: int
    data: bytes | None
    scales: list[float]
    zero_points: list[int]
    axis: int
    variable: bool


@dataclass
class _Operator:
    name: str
    inputs: list[int]
    outputs: list[int]
    options: str | None
    fields: dict[str, Any]
    version: int
    custom: str | None = None


@dataclass
class TfliteBuilder:
    """Collects tensors and operators; ``build`` makes the file. Nothing is checked: unsound models can be made too.

    Attributes:
        alignment: of constants, in bytes. TFLite's schema asks for 16; its converter makes files with 4, too.
    """

    alignment: int = 16
    _tensors: list[_Tensor] = field(default_factory=list)
    _operators: list[_Operator] = field(default_factory=list)
    _called: list[TfliteBuilder] = field(default_factory=list)

    def tensor(
        self,
        shape: Sequence[int],
        dtype: Any,
        data: np.ndarray | bytes | None = None,
        scale: float | Sequence[float] | None = None,
        zero_point: int | Sequence[int] = 0,
        axis: int = 0,
        variable: bool = False,
    ) -> int:
        """Add a tensor and return its index.

        Args:
            dtype: a NumPy dtype, or a number of ``tflite.TensorType``.
            data: contents of a constant; ``None`` for a tensor that is computed.
            scale, zero_point: quantisation; a sequence of scales is per channel along ``axis`` (zero points repeat).
        """
        number = dtype if isinstance(dtype, int) else _TYPES[np.dtype(dtype)]
        scales = [] if scale is None else list(np.atleast_1d(scale))
        zero_points = list(np.atleast_1d(zero_point)) if scales else []
        if len(zero_points) == 1:
            zero_points *= len(scales)
        contents = data.tobytes() if isinstance(data, np.ndarray) else data
        self._tensors.append(_Tensor(tuple(shape), number, contents, scales, zero_points, axis, variable))
        return len(self._tensors) - 1

    def operator(
        self,
        name: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        options: str | None = None,
        version: int = 1,
        custom: str | None = None,
        **fields: Any,
    ) -> None:
        """Append an operator.

        Args:
            name: as in ``tflite.BuiltinOperator``, for example ``"CONV_2D"``.
            inputs, outputs: tensor indexes; -1 is an optional input that is absent.
            options: the table of its options, for example ``"Conv2DOptions"``.
            custom: the name of a custom operator (``name`` is then ``"CUSTOM"``).
            fields: the options' fields as the generated code names them, for example ``StrideW=2``.
        """
        self._operators.append(_Operator(name, list(inputs), list(outputs), options, fields, version, custom))

    def subgraph(self) -> tuple[int, TfliteBuilder]:
        """Add a subgraph without inputs and outputs, for CALL_ONCE; returns its index and its builder."""
        self._called.append(TfliteBuilder())
        return len(self._called), self._called[-1]

    def build(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """The file, with these tensors as the model's inputs and outputs."""
        b = flatbuffers.Builder(1024)
        graphs = [(self, inputs, outputs), *((graph, (), ()) for graph in self._called)]
        buffers = [_buffer(b, None)]
        codes = list(dict.fromkeys((op.name, op.version, op.custom) for g, _, _ in graphs for op in g._operators))
        subgraphs = _offsets(b, [_subgraph(b, *graph, buffers, codes) for graph in graphs])
        code_tables = [_code(b, *code) for code in codes]
        code_vector = _offsets(b, code_tables)
        buffer_vector = _offsets(b, buffers)
        tflite.ModelStart(b)
        tflite.ModelAddVersion(b, 3)
        tflite.ModelAddOperatorCodes(b, code_vector)
        tflite.ModelAddSubgraphs(b, subgraphs)
        tflite.ModelAddBuffers(b, buffer_vector)
        b.Finish(tflite.ModelEnd(b), b"TFL3")
        return bytes(b.Output())


def _subgraph(
    b: flatbuffers.Builder,
    graph: TfliteBuilder,
    inputs: Sequence[int],
    outputs: Sequence[int],
    buffers: list[int],
    codes: list[tuple[str, int, str | None]],
) -> int:
    tensors = []
    for tensor in graph._tensors:
        index = 0
        if tensor.data is not None:
            index = len(buffers)
            buffers.append(_buffer(b, tensor.data, graph.alignment))
        tensors.append(_tensor(b, tensor, index))
    operators = [_operator(b, op, codes.index((op.name, op.version, op.custom))) for op in graph._operators]
    tensor_vector = _offsets(b, tensors)
    operator_vector = _offsets(b, operators)
    input_vector = b.CreateNumpyVector(np.array(inputs, np.int32))
    output_vector = b.CreateNumpyVector(np.array(outputs, np.int32))
    tflite.SubGraphStart(b)
    tflite.SubGraphAddTensors(b, tensor_vector)
    tflite.SubGraphAddInputs(b, input_vector)
    tflite.SubGraphAddOutputs(b, output_vector)
    tflite.SubGraphAddOperators(b, operator_vector)
    return tflite.SubGraphEnd(b)


def _offsets(b: flatbuffers.Builder, tables: Sequence[int]) -> int:
    b.StartVector(4, len(tables), 4)
    for table in reversed(tables):
        b.PrependUOffsetTRelative(table)
    return b.EndVector()


def _buffer(b: flatbuffers.Builder, data: bytes | None, alignment: int = 16) -> int:
    vector = None
    if data is not None:
        b.StartVector(1, len(data), alignment)
        b.head -= len(data)
        b.Bytes[b.head : b.head + len(data)] = data
        vector = b.EndVector()
    tflite.BufferStart(b)
    if vector is not None:
        tflite.BufferAddData(b, vector)
    return tflite.BufferEnd(b)


def _tensor(b: flatbuffers.Builder, tensor: _Tensor, buffer: int) -> int:
    quantization = None
    if tensor.scales:
        scales = b.CreateNumpyVector(np.array(tensor.scales, np.float32))
        zero_points = b.CreateNumpyVector(np.array(tensor.zero_points, np.int64))
        tflite.QuantizationParametersStart(b)
        tflite.QuantizationParametersAddScale(b, scales)
        tflite.QuantizationParametersAddZeroPoint(b, zero_points)
        tflite.QuantizationParametersAddQuantizedDimension(b, tensor.axis)
        quantization = tflite.QuantizationParametersEnd(b)
    name = b.CreateString("t")
    shape = b.CreateNumpyVector(np.array(tensor.shape, np.int32))
    tflite.TensorStart(b)
    tflite.TensorAddShape(b, shape)
    tflite.TensorAddType(b, tensor.type)
    tflite.TensorAddBuffer(b, buffer)
    tflite.TensorAddName(b, name)
    tflite.TensorAddIsVariable(b, tensor.variable)
    if quantization is not None:
        tflite.TensorAddQuantization(b, quantization)
    return tflite.TensorEnd(b)


def _code(b: flatbuffers.Builder, name: str, version: int, custom: str | None) -> int:
    number = getattr(tflite.BuiltinOperator, name)
    custom_code = None if custom is None else b.CreateString(custom)
    tflite.OperatorCodeStart(b)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(b, min(number, 127))
    if custom_code is not None:
        tflite.OperatorCodeAddCustomCode(b, custom_code)
    tflite.OperatorCodeAddVersion(b, version)
    tflite.OperatorCodeAddBuiltinCode(b, number)
    return tflite.OperatorCodeEnd(b)


def _operator(b: flatbuffers.Builder, op: _Operator, code: int) -> int:
    options = None
    if op.options is not None:
        vectors = {
            name: b.CreateString(value) if isinstance(value, str) else b.CreateNumpyVector(np.array(value, np.int32))
            for name, value in op.fields.items()
            if isinstance(value, (str, list, tuple))
        }
        getattr(tflite, f"{op.options}Start")(b)
        for name, value in op.fields.items():
            getattr(tflite, f"{op.options}Add{name}")(b, vectors.get(name, value))
        options = getattr(tflite, f"{op.options}End")(b)
    inputs = b.CreateNumpyVector(np.array(op.inputs, np.int32))
    outputs = b.CreateNumpyVector(np.array(op.outputs, np.int32))
    tflite.OperatorStart(b)
    tflite.OperatorAddOpcodeIndex(b, code)
    tflite.OperatorAddInputs(b, inputs)
    tflite.OperatorAddOutputs(b, outputs)
    if op.options is not None:
        tflite.OperatorAddBuiltinOptionsType(b, getattr(tflite.BuiltinOptions, op.options))
        tflite.OperatorAddBuiltinOptions(b, options)
    return tflite.OperatorEnd(b)
