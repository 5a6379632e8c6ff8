"""The portable engine on the host: the very C code of the device, reached through cffi."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from picket_host.errors import InputError, ModelError
from picket_host.native.build import Native, build, declarations
from picket_host.paths import NATIVE

_DTYPES = {0: np.float32, 2: np.int32, 3: np.uint8, 4: np.int64, 6: np.bool_, 7: np.int16, 9: np.int8}


def sources(folder: Path = NATIVE / "engine") -> list[Path]:
    """The C files of the engine, in a fixed order."""
    return sorted([*folder.glob("*.c"), *folder.glob("operators/*.c"), *folder.glob("kernels/*.c")])


@functools.cache
def native(flags: tuple[str, ...] = ()) -> Native:
    """The engine as a library, with everything that ``engine.h`` declares; compiled with additional flags."""
    folder = NATIVE / "engine"
    return build("engine", declarations(folder / "engine.h"), sources(folder), [folder], flags)


@dataclass(frozen=True)
class Tensor:
    """An input or output of a model: ``real = scale * (quantised - zero_point)``; scale 0 where it is not quantised."""

    shape: tuple[int, ...]
    dtype: np.dtype
    scale: float
    zero_point: int


class Engine:
    """A model, open for inference.

    Args:
        model: the bytes of a ``.tflite`` file.
        flags: compiler flags for a build of the engine of its own, for example with the plain kernels.

    Attributes:
        arena_bytes: all memory that the open model needs: activations, scratch, tables and state, on this machine.
        ops: names of the operators in the order of execution.
        inputs, outputs: what goes in and comes out.

    Raises:
        ModelError: the engine refuses the model; the error says what and where.
    """

    def __init__(self, model: bytes, flags: tuple[str, ...] = ()):
        library = native(flags)
        ffi, lib = library.ffi, library.lib
        self._ffi, self._lib = ffi, lib
        self._file = _aligned(len(model))
        self._file[:] = np.frombuffer(model, np.uint8)
        file = ffi.from_buffer(self._file) if len(model) else ffi.new("char[1]")
        error = ffi.new("picket_error_t *")
        size = ffi.new("size_t *")

        self._check(lib.picket_engine_work_bytes(file, len(model), size, error), error)
        work_bytes = size[0]
        self._work = _aligned(work_bytes + 1)
        work = ffi.from_buffer(self._work)
        self._check(lib.picket_engine_measure(file, len(model), work, work_bytes, size, error), error)
        self.arena_bytes: int = size[0]
        self._arena = _aligned(self.arena_bytes)
        self._open_arguments = (file, len(model), work, work_bytes, ffi.from_buffer(self._arena), self.arena_bytes)
        self._engine = self._open()
        self.ops: tuple[str, ...] = tuple(
            ffi.string(lib.picket_engine_operator_name(self._engine, i)).decode()
            for i in range(lib.picket_engine_operator_count(self._engine))
        )
        count_inputs = lib.picket_engine_input_count(self._engine)
        count_outputs = lib.picket_engine_output_count(self._engine)
        self.inputs, self._input_views = self._tensors(lib.picket_engine_input, count_inputs)
        self.outputs, self._output_views = self._tensors(lib.picket_engine_output, count_outputs)

    def invoke(self, inputs: list[np.ndarray]) -> list[np.ndarray]:
        """Run the model once.

        Args:
            inputs: one array for each input, with the input's dtype and number of elements.

        Returns:
            a copy of each output, with the output's shape.

        Raises:
            InputError: an array has the wrong dtype or size, or there are too many or too few.
        """
        if len(inputs) != len(self.inputs):
            raise InputError(f"the model has {len(self.inputs)} inputs, {len(inputs)} arrays were given")
        for i, (array, tensor, view) in enumerate(zip(inputs, self.inputs, self._input_views, strict=True)):
            array = np.asarray(array)
            if array.dtype != tensor.dtype or array.size != view.size:
                given = f"{array.dtype}{list(array.shape)}"
                raise InputError(f"the array is {given}, not {tensor.dtype}{list(tensor.shape)}", f"input {i}")
            view[...] = array.reshape(tensor.shape)
        self._lib.picket_engine_invoke(self._engine)
        return [view.copy() for view in self._output_views]

    def reset(self) -> None:
        """Back to the state of a model that was just opened: its variables have their initial values."""
        self._lib.picket_engine_close(self._engine)
        self._engine = self._open()

    def quantize(self, index: int, values: np.ndarray) -> np.ndarray:
        """What the engine makes of real values for an input (any shape of the right size): a copy in its dtype."""
        values = np.ascontiguousarray(values, np.float32)
        data = self._ffi.cast("float *", self._ffi.from_buffer(values))
        if self._lib.picket_engine_quantize(self._engine, index, data, values.size):
            raise InputError(f"{values.size} values do not fit, or the tensor is not quantised", f"input {index}")
        return self._input_views[index].copy()

    def dequantize(self, index: int) -> np.ndarray:
        """The real values of an output after ``invoke``, float32, with the output's shape."""
        values = np.empty(self.outputs[index].shape, np.float32)
        data = self._ffi.cast("float *", self._ffi.from_buffer(values))
        if self._lib.picket_engine_dequantize(self._engine, index, data, values.size):
            raise InputError("the tensor is not quantised", f"output {index}")
        return values

    def _open(self) -> Any:
        error = self._ffi.new("picket_error_t *")
        handle = self._ffi.new("picket_engine_t **")
        self._check(self._lib.picket_engine_open(*self._open_arguments, handle, error), error)
        return handle[0]

    def _tensors(self, describe: Any, count: int) -> tuple[tuple[Tensor, ...], list[np.ndarray]]:
        tensors, views = [], []
        for i in range(count):
            c = self._ffi.new("picket_tensor_t *")
            describe(self._engine, i, c)
            shape = tuple(c.dims[axis] for axis in range(c.rank))
            dtype = np.dtype(_DTYPES[c.type])
            tensors.append(Tensor(shape, dtype, float(c.scale), int(c.zero_point)))
            start = int(self._ffi.cast("uintptr_t", c.data)) - self._arena.ctypes.data
            views.append(self._arena[start : start + c.bytes].view(dtype).reshape(shape))
        return tuple(tensors), views

    def _check(self, status: int, error: Any) -> None:
        if status:
            text = self._ffi.new("char[]", self._lib.PICKET_ERROR_BYTES)
            self._lib.picket_error_text(error, text, self._lib.PICKET_ERROR_BYTES)
            raise ModelError(_with_name(self._ffi.string(text).decode(), error.operator_code))


def _with_name(text: str, code: int) -> str:
    """The text with the name of an operator that the engine lacks, and so knows by its code alone."""
    unnamed = f"(code {code})"
    if unnamed in text:
        import tflite  # only here: it takes a while to import

        names = {number: name for name, number in vars(tflite.BuiltinOperator).items() if isinstance(number, int)}
        text = text.replace(unnamed, f"({names.get(code, unnamed)})")
    return text


def _aligned(size: int) -> np.ndarray:
    """Zeroed bytes that begin at a multiple of 16, as a flatbuffer's alignment wants."""
    block = np.zeros(size + 16, np.uint8)
    start = -block.ctypes.data % 16
    return block[start : start + size]
