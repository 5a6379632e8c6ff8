"""The process in which the official TensorFlow Lite Micro runtime runs models for ``tflm.Judge``.

TFLM writes the detail of its errors to the C stderr, from where the judge takes it; hence nothing here prints.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from tflite_micro.python.tflite_micro import runtime

from picket_host.models.worker import Blobs, Reply, serve
from picket_host.progress import Progress

# Memory that is never touched costs nothing; models for microcontrollers stay far below.
_ARENA_BYTES = 16 << 20

# What the wheel's own flatbuffer reader raises on a file that is cut or is none.
_UNREADABLE = (struct.error, TypeError, AttributeError)


def handle(header: dict[str, Any], blobs: Blobs, progress: Progress) -> Reply:
    """Run a model or measure its arena; ``refused`` in the reply is the runtime's verdict."""
    try:
        return _COMMANDS[header["command"]](header, blobs[0], blobs[1:])
    except _UNREADABLE as error:
        return {"refused": f"not a readable .tflite file ({error})"}, []
    except Exception as error:  # whatever else the wheel raises
        return {"refused": str(error) or type(error).__name__}, []


def _run(header: dict[str, Any], model: bytes, arrays: list[np.ndarray]) -> Reply:
    interpreter = _interpreter(model)
    inputs, outputs = _tensor_counts(model)
    invocations = header["invocations"]
    if len(arrays) != invocations * inputs:
        raise ValueError(f"the model has {inputs} inputs, {len(arrays) / max(1, invocations):g} given")
    results = []
    for first in range(0, len(arrays), inputs):
        for index in range(inputs):
            interpreter.set_input(arrays[first + index], index)
        interpreter.invoke()
        results += [np.array(interpreter.get_output(index)) for index in range(outputs)]
    return {"outputs": outputs}, results


def _arena(header: dict[str, Any], model: bytes, arrays: list[np.ndarray]) -> Reply:
    interpreter = _interpreter(model)
    for index in range(_tensor_counts(model)[0]):
        details = interpreter.get_input_details(index)
        interpreter.set_input(np.zeros(details["shape"], details["dtype"]), index)
    interpreter.invoke()
    interpreter.print_allocations()
    return {}, []


def _interpreter(model: bytes) -> Any:
    return runtime.Interpreter.from_bytes(model, arena_size=max(_ARENA_BYTES, 10 * len(model)))


def _tensor_counts(model: bytes) -> tuple[int, int]:
    graph = runtime.schema_fb.Model.GetRootAsModel(model, 0).Subgraphs(0)
    return graph.InputsLength(), graph.OutputsLength()


_COMMANDS = {"run": _run, "arena": _arena}

if __name__ == "__main__":
    serve(handle)
