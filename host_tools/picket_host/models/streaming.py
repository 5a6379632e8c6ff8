"""From a model of a whole window to one that streams: each run takes only the new steps in time and keeps the rest.

A quantised model whose axis 1 is time, without padding along it, computes most of a window again and again as it slides
along. Here each operator that looks at several steps gets a variable (VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE) with
the steps that it will need again, in front of the new ones. Weights, scales and kernels stay as they are: so once a
window's worth of steps has gone by, the streaming model gives the bits of the windowed one.

Rybakov et al. 2020, "Streaming keyword spotting on mobile devices", do this to float models before quantisation.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from picket_host.errors import ModelError
from picket_host.models import packing, tflite_file

_TIME = 1  # the axis, of tensors [batch, time, ..., ...]


@dataclass(frozen=True)
class Streamed:
    """A streaming model.

    Attributes:
        model: the ``.tflite`` file, packed (see ``packing``).
        step: steps of the input's time that a run takes.
        window: steps of the windowed model: after as many, both give the same bits.
        state_bytes: size of all variables.
    """

    model: bytes
    step: int
    window: int
    state_bytes: int

    @property
    def runs_until_full(self) -> int:
        """Runs after which the whole window has been seen."""
        return -(-self.window // self.step)


def to_streaming(model: bytes, step: int) -> Streamed:
    """Make a windowed int8 model stream.

    Args:
        model: the ``.tflite`` file, with one input [1, window, ...] and batch 1.
        step: steps of the input's time that a run shall take; the strides over time must divide it.

    Raises:
        ModelError: not a model of this kind; it names the layer that can't stream.
    """
    graph = tflite_file.read(model)
    tflite_file.check_int8(graph)
    return _Surgeon(model, graph, step).operate()


class _Surgeon:
    """Goes over the operators in their order and writes them anew; tensors keep their indices, new ones come behind."""

    def __init__(self, model: bytes, graph: tflite_file.Graph, step: int):
        self._schema = packing.schema()
        self._graph = graph
        self._step = step
        self._model = self._schema.ModelT.InitFromPackedBuf(bytearray(model), 0)
        self._subgraph = self._model.subgraphs[0]
        self._operators: list[Any] = []
        self._arrives = {graph.inputs[0]: step}  # tensors that stream: new steps in a run
        self._state_bytes = 0

    def operate(self) -> Streamed:
        source = self._graph.inputs[0]
        shape = self._graph.tensors[source].shape
        if len(self._graph.inputs) != 1 or len(shape) < 3 or shape[0] != 1:
            raise ModelError(f"an input of the shape {list(shape)} has no time to stream", hint="[1, time, ...]")
        if not 0 < self._step < shape[_TIME]:
            raise ModelError(f"a step of {self._step} is not between 0 and the window of {shape[_TIME]}")
        self._resize(source, self._step)
        for view, operator in zip(self._graph.operators, self._subgraph.operators, strict=True):
            if any(tensor in self._arrives for tensor in view.inputs):
                self._stream(view, operator)
            self._operators.append(operator)
        if any(tensor in self._arrives for tensor in self._graph.outputs):
            raise ModelError("the output still has an axis of time", hint="pool over all of it before the last layers")
        self._subgraph.operators = self._operators
        return Streamed(packing.write(self._model), self._step, shape[_TIME], self._state_bytes)

    def _stream(self, view: tflite_file.Operator, operator: Any) -> None:
        """Put the state of one operator in front of its new steps."""
        source, target = view.inputs[0], view.outputs[0]
        new = self._arrives[source]
        if view.name in ("RELU", "RELU6", "QUANTIZE"):
            kernel, stride = 1, 1
        elif view.name in ("CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D"):
            kernel, stride = self._reach(view, operator)
        else:
            raise self._refused(view, f"{view.name} can't stream")
        whole = self._graph.tensors[source].shape[_TIME]
        last = self._graph.tensors[target].shape[_TIME] == 1 and kernel == whole
        if last:
            stride = new  # the operator that sees all of time says something in every run
        if new % stride or kernel < stride:
            raise self._refused(view, f"a stride of {stride} over time does not divide the {new} steps of a run")
        kept = kernel - stride
        if kept:
            operator.inputs[0] = self._remember(f"state{view.index}", source, kept, new)
        self._resize(target, new // stride)
        if not last:
            self._arrives[target] = new // stride

    def _reach(self, view: tflite_file.Operator, operator: Any) -> tuple[int, int]:
        """Steps that the operator sees, and its stride."""
        options = operator.builtinOptions
        if options.padding != self._schema.Padding.VALID and not self._is_pointwise(view, options):
            raise self._refused(view, "padding along time can't stream")
        if getattr(options, "dilationHFactor", 1) != 1:
            raise self._refused(view, "dilation over time can't stream")
        pooling = view.name.endswith("POOL_2D")
        kernel = options.filterHeight if pooling else self._graph.tensors[view.inputs[1]].shape[_TIME]
        return kernel, options.strideH

    def _is_pointwise(self, view: tflite_file.Operator, options: Any) -> bool:
        """Whether SAME padding pads nothing."""
        if view.name.endswith("POOL_2D"):
            return (options.filterHeight, options.filterWidth) == (1, 1)
        return self._graph.tensors[view.inputs[1]].shape[1:3] == (1, 1)

    def _remember(self, name: str, source: int, kept: int, new: int) -> int:
        """Operators that keep the last ``kept`` steps of a tensor; the tensor of these and the ``new`` ones."""
        schema = self._schema
        handle = self._handle(name)
        before = self._like(source, kept)
        joined = self._like(source, kept + new)
        after = self._like(source, kept)
        self._append("READ_VARIABLE", [handle], [before])
        kinds = schema.BuiltinOptions
        options = schema.ConcatenationOptionsT()
        options.axis = _TIME
        self._append("CONCATENATION", [before, source], [joined], options, kinds.ConcatenationOptions, 2)
        rank = len(self._subgraph.tensors[source].shape)
        begin, size = np.zeros(rank, np.int32), np.array(self._subgraph.tensors[after].shape, np.int32)
        begin[_TIME] = new
        places = [self._constant(values) for values in (begin, size)]
        self._append("SLICE", [joined, *places], [after], schema.SliceOptionsT(), kinds.SliceOptions, 2)
        self._append("ASSIGN_VARIABLE", [handle, after], [])
        self._state_bytes += int(size.prod())
        return joined

    def _handle(self, name: str) -> int:
        schema = self._schema
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.buffer = [], schema.TensorType.RESOURCE, 0
        options = schema.VarHandleOptionsT()
        options.container, options.sharedName = b"", name.encode()
        index = self._add(tensor)
        self._append("VAR_HANDLE", [], [index], options, schema.BuiltinOptions.VarHandleOptions)
        return index

    def _like(self, source: int, steps: int) -> int:
        """A tensor like another one, quantisation and all, with so many steps."""
        tensor = copy.deepcopy(self._subgraph.tensors[source])
        index = self._add(tensor)
        self._resize(index, steps)
        return index

    def _constant(self, values: np.ndarray) -> int:
        schema = self._schema
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(values.astype("<i4").tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        tensor = schema.TensorT()
        tensor.shape, tensor.type = [len(values)], schema.TensorType.INT32
        tensor.buffer = len(self._model.buffers) - 1
        return self._add(tensor)

    def _add(self, tensor: Any) -> int:
        self._subgraph.tensors.append(tensor)
        return len(self._subgraph.tensors) - 1

    def _resize(self, tensor: int, steps: int) -> None:
        shape = list(self._subgraph.tensors[tensor].shape)
        shape[_TIME] = steps
        self._subgraph.tensors[tensor].shape = np.array(shape, np.int32)
        self._subgraph.tensors[tensor].shapeSignature = None

    def _append(
        self, name: str, inputs: list[int], outputs: list[int], options: Any = None, kind: int = 0, version: int = 1
    ) -> None:
        operator = self._schema.OperatorT()
        operator.opcodeIndex = self._code(name, version)
        operator.inputs, operator.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
        operator.builtinOptions, operator.builtinOptionsType = options, kind
        self._operators.append(operator)

    def _code(self, name: str, version: int) -> int:
        number = getattr(self._schema.BuiltinOperator, name)
        for index, code in enumerate(self._model.operatorCodes):
            if code.builtinCode == number:
                return index
        code = self._schema.OperatorCodeT()
        code.builtinCode, code.version = number, version
        code.deprecatedBuiltinCode = min(number, 127)  # a signed byte, which is what old readers look at
        self._model.operatorCodes.append(code)
        return len(self._model.operatorCodes) - 1

    def _refused(self, view: tflite_file.Operator, why: str) -> ModelError:
        return ModelError(f"operator {view.index} {view.name}: {why}", f"layer {view.layer}")
