"""A look into ``.tflite`` files: operators with the layers they came from, and what keeps a model from integers."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tflite

from picket_host.errors import InputError, ModelError

_UNREADABLE = (struct.error, TypeError, ValueError, IndexError, AttributeError, UnicodeDecodeError, KeyError)


def _names(enumeration: type) -> dict[int, str]:
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}


_OPERATOR_NAMES = _names(tflite.BuiltinOperator)
_ITEM_BYTES = {"int16": 2, "float16": 2, "int32": 4, "float32": 4, "int64": 8, "float64": 8}
_TYPE_NAMES = _names(tflite.TensorType)


@dataclass(frozen=True)
class Tensor:
    """A tensor of the graph. ``scale`` is 0 where it is not quantised or has one scale for each channel;
    ``constant_bytes`` are those of its values in the file, 0 for one that is computed."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int
    constant_bytes: int = 0

    @property
    def bytes(self) -> int:
        """What its values take in memory."""
        return math.prod(self.shape) * _ITEM_BYTES.get(self.dtype, 1)


@dataclass(frozen=True)
class Operator:
    """An operator of the graph.

    Attributes:
        index: position in the order of execution.
        name: as in ``CONV_2D``.
        layer: the layer of the original model that it came from, as far as its tensors' names say.
        inputs, outputs: indices of tensors; -1 for an optional input that is not there.
    """

    index: int
    name: str
    layer: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Graph:
    """The first subgraph of a model file."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read(model: bytes, where: object = None) -> Graph:
    """The graph of a ``.tflite`` file.

    Args:
        where: its name, for the error.

    Raises:
        ModelError: it is none, or a part of it leads outside.
    """
    try:
        return _read(model)
    except _UNREADABLE as error:
        raise ModelError("not a readable .tflite file", where, "give the file that the converter wrote") from error


def read_file(file: Path) -> tuple[bytes, Graph]:
    """A ``.tflite`` file: its bytes, and ``read`` of them.

    Raises:
        InputError: it can't be read. ModelError: as for ``read``, with its name.
    """
    try:
        model = file.read_bytes()
    except FileNotFoundError as error:
        raise InputError("no such file", file, "give a .tflite file") from error
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file, "give a .tflite file") from error
    return model, read(model, file)


def operator_kinds(model: bytes, where: object = None) -> tuple[str, ...]:
    """The operators that any subgraph of a ``.tflite`` file may use, each once.

    Args:
        where: its name, for the error.

    Raises:
        ModelError: as for ``read``.
    """
    read(model, where)
    root = tflite.Model.GetRootAs(model, 0)
    return tuple(sorted({_code_name(root.OperatorCodes(i)) for i in range(root.OperatorCodesLength())}))


def check_int8(graph: Graph) -> None:
    """``check_quantised`` for int8 activations."""
    check_quantised(graph, ("int8",))


def check_quantised(
    graph: Graph, activations: Sequence[str] = ("int8", "int16"), where: object = None
) -> None:
    """Refuse a model that is not quantised through and through.

    Args:
        activations: the types that inputs and outputs may have.
        where: the file's name, for the error.

    Raises:
        ModelError: an input or output has another type, or an operator works on floats; it names the layer.
    """
    for kind, indices in (("input", graph.inputs), ("output", graph.outputs)):
        for index in indices:
            tensor = graph.tensors[index]
            if tensor.dtype not in activations:
                wanted = " or ".join(activations)
                what = f"the {kind} {tensor.name} is {tensor.dtype}, not {wanted}"
                raise ModelError(what, where, "picket model quantize")
    for operator in graph.operators:
        used = [graph.tensors[i] for i in (*operator.inputs, *operator.outputs) if i >= 0]
        if operator.name not in ("QUANTIZE", "DEQUANTIZE") and any(tensor.dtype.startswith("float") for tensor in used):
            raise ModelError(
                f"operator {operator.index} {operator.name} still works on floats: it has no quantised form",
                f"layer {operator.layer}",
                "replace the layer by one that quantises",
            )


def layer_of(name: str) -> str:
    """The layer that a tensor or graph operator came from: ``dense`` for ``model_1/dense_1/MatMul;...``.

    The converter's graph is the second call of each layer, hence ``_1``. What stands outside of any layer gives its own
    name.
    """
    path = [part for part in name.split(";")[0].split("/") if not part.startswith("StatefulPartitionedCall")] or [name]
    return "/".join(part.removesuffix("_1") for part in path[1:-1]) or path[-1]


def with_output(model: bytes, tensor: int) -> bytes:
    """A copy of the model whose first output is another tensor of its graph."""
    changed = bytearray(model)
    outputs = tflite.Model.GetRootAs(changed, 0).Subgraphs(0).OutputsAsNumpy()
    outputs[0] = tensor  # a view into the bytes
    return bytes(changed)


def _read(model: bytes) -> Graph:
    if model[4:8] != b"TFL3":
        raise ValueError("no identifier")
    root = tflite.Model.GetRootAs(model, 0)
    graph = root.Subgraphs(0)
    tensors = tuple(_tensor(root, graph.Tensors(i)) for i in range(graph.TensorsLength()))
    operators = tuple(_operator(root, graph, tensors, i) for i in range(graph.OperatorsLength()))
    return Graph(tensors, operators, _indices(graph.InputsAsNumpy()), _indices(graph.OutputsAsNumpy()))


def _tensor(root: Any, tensor: Any) -> Tensor:
    quantisation = tensor.Quantization()
    per_tensor = quantisation is not None and quantisation.ScaleLength() == 1
    return Tensor(
        name=(tensor.Name() or b"").decode(),
        dtype=_TYPE_NAMES[tensor.Type()].lower(),
        shape=_indices(tensor.ShapeAsNumpy()),
        scale=float(quantisation.Scale(0)) if per_tensor else 0.0,
        zero_point=int(quantisation.ZeroPoint(0)) if per_tensor and quantisation.ZeroPointLength() else 0,
        constant_bytes=root.Buffers(tensor.Buffer()).DataLength(),
    )


def _operator(root: Any, graph: Any, tensors: tuple[Tensor, ...], index: int) -> Operator:
    operator = graph.Operators(index)
    name = _code_name(root.OperatorCodes(operator.OpcodeIndex()))
    inputs, outputs = _indices(operator.InputsAsNumpy()), _indices(operator.OutputsAsNumpy())
    candidates = [tensors[i].name for i in (*outputs, *inputs) if i >= 0 and "/" in tensors[i].name]
    named = tensors[outputs[0]].name if outputs else ""
    layer = layer_of(candidates[0]) if candidates else named
    return Operator(index, name, layer, inputs, outputs)


def _code_name(code: Any) -> str:
    name = _OPERATOR_NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
    return (code.CustomCode() or b"CUSTOM").decode() if name == "CUSTOM" else name


def _indices(array: Any) -> tuple[int, ...]:
    return tuple(int(value) for value in np.atleast_1d(array)) if isinstance(array, np.ndarray) else ()
