"""The module ``picket_native`` for device tests under CPython: the same C code, reached through the host library."""

from __future__ import annotations

import struct
import sys
from collections import namedtuple
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from picket_host.errors import PicketError
from picket_host.native import dsp, engine

Tensor = namedtuple("Tensor", "shape dtype scale zero_point nbytes")


def install() -> None:
    """Make ``import picket_native`` give this module."""
    sys.modules.setdefault("picket_native", _module())


def _module() -> ModuleType:
    module = ModuleType("picket_native")
    types = (Model, Vibration, Mel, Motion, Heart, Complementary, Kalman, Madgwick)
    signal = (centroid_distance, gather_i16, narrow_i32, window_stats)
    for item in (*types, *signal, fit_pixels, pixel_stats, center_pixels):
        setattr(module, item.__name__, item)
    return module


def _call(function: Callable, *args: Any) -> Any:
    try:
        return function(*args)
    except PicketError as error:
        raise ValueError(error.what) from error


def _describe(tensor: engine.Tensor) -> Tensor:
    dtype = np.dtype(tensor.dtype)
    nbytes = int(np.prod(tensor.shape)) * dtype.itemsize
    return Tensor(tuple(tensor.shape), dtype.name, tensor.scale, tensor.zero_point, nbytes)


class Model:
    engine = "portable"

    def __init__(self, buffer: bytes) -> None:
        self._engine = _call(engine.Engine, bytes(buffer))
        self.arena_bytes = self._engine.arena_bytes
        self.ops = tuple(self._engine.ops)
        self.inputs = tuple(_describe(t) for t in self._engine.inputs)
        self.outputs = tuple(_describe(t) for t in self._engine.outputs)
        self._in = [np.zeros(t.nbytes, np.dtype(t.dtype)) for t in self.inputs]
        self._out = [np.zeros(t.nbytes, np.dtype(t.dtype)) for t in self.outputs]

    def input(self, i: int = 0) -> memoryview:
        return memoryview(self._in[i])

    def output(self, i: int = 0) -> memoryview:
        return memoryview(self._out[i])

    def reset(self) -> None:
        self._engine.reset()

    def quantize(self, i: int, floats: Any) -> None:
        self._in[i][:] = self._engine.quantize(i, np.array(floats, np.float32)).ravel()

    def invoke(self) -> None:
        shaped = [x.reshape(t.shape) for x, t in zip(self._in, self.inputs, strict=True)]
        for target, result in zip(self._out, self._engine.invoke(shaped), strict=True):
            target[:] = result.ravel()


class Vibration:
    def __init__(self, params: bytes) -> None:
        self._features = _call(dsp.Vibration, bytes(params))
        self.features, self.window, self.hop_ms = self._features.features, self._features.window, self._features.hop_ms
        self.rate_hz = round(self._features.rate_hz)
        self.samples = memoryview(bytearray(2 * self.window)).cast("h")

    def compute(self, x: Any, out: Any) -> None:
        np.frombuffer(out, np.float32)[:] = self._features.compute(np.frombuffer(x, np.int16))
        np.frombuffer(self.samples, np.int16)[:] = -1  # used up


class Mel:
    def __init__(self, params: bytes) -> None:
        self._mel = _call(dsp.Mel, bytes(params))
        self.bands, self.hop, self.step = self._mel.bands, self._mel.hop, self._mel.step
        self.rate_hz = round(self._mel.rate_hz)
        self.reset = self._mel.reset

    def feed(self, x: Any, out: Any) -> int:
        frames = self._mel.feed(np.frombuffer(x, np.int16))
        np.frombuffer(out, np.float32)[: frames.size] = frames.ravel()
        return len(frames)


class Motion:
    def __init__(self, params: bytes) -> None:
        self._motion = _call(dsp.Motion, bytes(params))
        self.features, self.hop = self._motion.features, self._motion.hop
        self.rate_hz = round(self._motion.rate_hz)
        self.reset = self._motion.reset

    def feed(self, frames: Any, out: Any) -> None:
        counts = np.frombuffer(frames, np.int16).reshape(-1, dsp.MOTION_CHANNELS)
        np.frombuffer(out, np.float32)[:] = self._motion.feed(counts)


class Heart:
    def __init__(self, params: bytes) -> None:
        self._heart = _call(dsp.Heart, bytes(params))
        self.features, self.hop = self._heart.features, self._heart.hop
        self.rate_hz = round(self._heart.rate_hz)
        self.span_s = self._heart.span_s
        self.reset = self._heart.reset

    def feed(self, x: Any) -> None:
        self._heart.feed(np.frombuffer(x, np.int16))

    def compute(self, out: Any) -> int:
        np.frombuffer(out, np.float32)[:], beats = self._heart.compute()
        return beats


class _Filter:
    _make: Callable

    def __init__(self, *numbers: float) -> None:
        self._filter = _call(self._make, *numbers)

    def update(self, frame: Any, out: Any) -> None:
        counts = np.frombuffer(frame, np.int16)
        np.frombuffer(out, np.int16)[:] = self._filter.update(counts[:3].copy(), counts[-3:].copy())


class Complementary(_Filter):
    _make = dsp.Complementary


class Kalman(_Filter):
    _make = dsp.Kalman


class Madgwick(_Filter):
    _make = dsp.Madgwick


def centroid_distance(features: Any, table: bytes) -> int:
    return _call(dsp.centroid_distance, np.array(features, np.float32), bytes(table))


def gather_i16(src: Any, out: Any, count: int, stride: int, offset: int, at: int = 0) -> None:
    for k in range(count):
        out[at + k] = struct.unpack_from("<h", src, k * stride + offset)[0]


def narrow_i32(src: Any, out: Any, count: int, shift: int, start: int = 0, at: int = 0) -> None:
    for k in range(count):
        value = struct.unpack_from("<i", src, 4 * (start + k))[0] >> shift
        out[at + k] = min(max(value, -32768), 32767)


def window_stats(x: Any, scale: float, out: Any) -> None:
    np.frombuffer(out, np.float32)[:6] = dsp.window_stats(np.frombuffer(x, np.int16).copy(), scale)


def fit_pixels(src: Any, src_width: int, src_height: int, out: Any, width: int, height: int) -> None:
    picture = np.frombuffer(src, np.uint8)[: src_width * src_height].reshape(src_height, src_width)
    memoryview(out)[:] = dsp.fit_pixels(picture, width, height).tobytes()


def pixel_stats(pixels: Any, out: Any) -> None:
    out[:5] = type(out)("h", dsp.pixel_stats(np.frombuffer(pixels, np.uint8)))


def center_pixels(pixels: Any, out: Any) -> None:
    np.frombuffer(out, np.int8)[:] = np.frombuffer(pixels, np.uint8).astype(np.int16) - 128
