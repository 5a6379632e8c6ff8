"""The library of ``native_module/dsp`` on the host, and what all its wrappers need."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from picket_host.errors import InputError
from picket_host.native.build import Native, build, declarations
from picket_host.paths import NATIVE

_FOLDER = NATIVE / "dsp"


@functools.cache
def native() -> Native:
    """The library with every function of ``native_module/dsp``, compiled when a source has changed."""
    # The status first: the others use its type.
    headers = sorted(_FOLDER.glob("*.h"), key=lambda path: (path.name != "dsp_status.h", path.name))
    return build("dsp", declarations(*headers), sorted(_FOLDER.glob("*.c")), [_FOLDER])


def check(status: int, where: str) -> None:
    if status != native().lib.PICKET_DSP_OK:
        raise InputError(native().ffi.string(native().lib.picket_dsp_status_text(status)).decode(), where)


def vector(x: NDArray[Any], dtype: type, name: str) -> NDArray[Any]:
    if not isinstance(x, np.ndarray) or x.dtype != dtype:
        raise InputError(f"{name} are {kind(x)}, {np.dtype(dtype).name} is expected")
    if x.ndim != 1:
        raise InputError(f"{name} have the shape {x.shape}, one dimension is expected")
    return np.ascontiguousarray(x)


def kind(x: object) -> str:
    return x.dtype.name if isinstance(x, np.ndarray) else type(x).__name__


def pointer(array: NDArray[Any]) -> Any:
    """The array's data for C; the array must outlive the call and be contiguous."""
    names = {"uint8": "uint8_t *", "int16": "int16_t *", "float32": "float *"}
    return native().ffi.cast(names[array.dtype.name], array.ctypes.data)


def measure(name: str, params: bytes) -> int:
    """How many float32 of memory ``picket_<name>_init`` wants. InputError: parameters that the device would refuse."""
    floats = native().ffi.new("size_t *")
    check(getattr(native().lib, f"picket_{name}_measure")(params, len(params), floats), f"{name} parameters")
    return int(floats[0])


class InMemory:
    """A state that works in memory of its owner's, as those of vibration, mel and motion do; subclasses say which.

    Attributes:
        params: the bytes of ``pipeline.bin``.
        rate_hz: samples or frames a second, float.
        memory_bytes: what the device needs beside the samples.
    """

    _name: str  # as in picket_<name>_init

    def __init__(self, params: bytes):
        """Raises InputError for parameters that the device would refuse."""
        self._memory = np.empty(measure(self._name, params), np.float32)
        self._state = native().ffi.new(f"picket_{self._name}_t *")
        init = getattr(native().lib, f"picket_{self._name}_init")
        status = init(self._state, params, len(params), pointer(self._memory), self._memory.size)
        check(status, f"{self._name} parameters")
        self.params = bytes(params)
        self.rate_hz: float = self._state.rate_mhz / 1000
        self.memory_bytes: int = self._memory.nbytes + native().ffi.sizeof(f"picket_{self._name}_t")
