"""The part of a ``.tflite`` file that a device needs: what lies in its flash, its heap and on its air.

The converter writes for tools: names of tensors, the history of the conversion, the signature, and each vector of
zeros for the zero points of a layer's channels anew. None of it changes a result; together it is 3,456 of the 10,992
bytes of the vibration model's ``baseline``, and 3,920 of the 19,360 of ``better``.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import flatbuffers
import numpy as np

_IDENTIFIER = b"TFL3"
_DATA_ALIGNMENT = 16  # as the schema asks it of a tensor's values


def schema() -> ModuleType:
    """The schema with objects that can be changed, which the ``tflite`` package lacks."""
    from tflite_micro.tensorflow.lite.micro.python import schema_py_generated

    return schema_py_generated


def pack(model: bytes) -> bytes:
    """The same graph, operator for operator and tensor for tensor, without names; equal vectors stand there once.

    Args:
        model: a ``.tflite`` file that ``tflite_file.read`` takes.
    """
    return write(schema().ModelT.InitFromPackedBuf(bytearray(model), 0))


def write(model: Any) -> bytes:
    """``pack`` for a ``ModelT``, which is changed."""
    model.description = model.metadata = model.metadataBuffer = model.signatureDefs = None
    buffers = [model.buffers[0]]  # the empty one
    places: dict[int, int] = {}
    for subgraph in model.subgraphs:
        subgraph.name = None
        for tensor in subgraph.tensors:
            tensor.name = None
            data = model.buffers[tensor.buffer].data
            if data is None or not len(data):
                tensor.buffer = 0
                continue
            if tensor.buffer not in places:
                places[tensor.buffer] = len(buffers)
                buffers.append(model.buffers[tensor.buffer])
            tensor.buffer = places[tensor.buffer]
    model.buffers = buffers
    builder = _SharingBuilder(1024)
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


class _SharingBuilder(flatbuffers.Builder):
    """Writes a vector of numbers once, however often it occurs; bytes, which are tensors' values, at 16-byte bounds."""

    def __init__(self, size: int):
        super().__init__(size)
        self._written: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: np.ndarray) -> int:
        key = (x.dtype.str, x.tobytes())
        if key not in self._written:
            self._written[key] = self._values(key[1]) if x.dtype == np.uint8 else super().CreateNumpyVector(x)
        return self._written[key]

    def _values(self, values: bytes) -> int:
        self.StartVector(1, len(values), _DATA_ALIGNMENT)
        self.head -= len(values)
        self.Bytes[self.head : self.head + len(values)] = values
        return self.EndVector()
