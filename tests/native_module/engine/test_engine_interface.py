"""The C interface: memory, steps, closing, conversions between real and quantised numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_models import branching, convolutional
from tflite_builder import TfliteBuilder

from picket_host.native.engine import Engine, native

OK, MEMORY, ARGUMENT = 0, 4, 5


class Opening:
    """The steps of opening a model, one by one, in memory of its own."""

    def __init__(self, model: bytes):
        self.ffi, self.lib = native().ffi, native().lib
        self.error = self.ffi.new("picket_error_t *")
        self.number = self.ffi.new("size_t *")
        self.handle = self.ffi.new("picket_engine_t **")
        self._kept = []
        self.size = len(model)
        self.model = self.block(self.size)
        self.ffi.memmove(self.model, model, self.size)
        assert self.lib.picket_engine_work_bytes(self.model, self.size, self.number, self.error) == OK
        self.work_bytes = self.number[0]
        self.work = self.block(self.work_bytes)
        assert self.measure(self.work, self.work_bytes) == OK
        self.arena_bytes = self.number[0]
        self.arena = self.block(self.arena_bytes)

    def block(self, size):
        self._kept.append(self.ffi.new("uint64_t[]", size // 8 + 2))
        return self.ffi.cast("char *", self._kept[-1])

    def measure(self, work, work_bytes):
        return self.lib.picket_engine_measure(self.model, self.size, work, work_bytes, self.number, self.error)

    def open(self, work_bytes=None, arena_bytes=None, arena_shift=0):
        return self.lib.picket_engine_open(
            self.model, self.size, self.work, self.work_bytes if work_bytes is None else work_bytes,
            self.arena + arena_shift, self.arena_bytes if arena_bytes is None else arena_bytes, self.handle, self.error,
        )  # fmt: skip


def test_too_little_memory_says_how_much_it_takes():
    opening = Opening(convolutional())
    assert opening.measure(opening.work, opening.work_bytes - 1) == MEMORY
    assert opening.error.needed_bytes == opening.work_bytes
    assert opening.open(arena_bytes=opening.arena_bytes - 1) == MEMORY
    assert opening.error.needed_bytes == opening.arena_bytes
    text = opening.ffi.new("char[]", opening.lib.PICKET_ERROR_BYTES)
    opening.lib.picket_error_text(opening.error, text, opening.lib.PICKET_ERROR_BYTES)
    assert opening.ffi.string(text).decode() == (
        f"the arena is too small or misaligned: it takes {opening.arena_bytes} bytes"
    )
    assert opening.open(arena_shift=1, arena_bytes=opening.arena_bytes) == MEMORY
    assert opening.open() == OK


def test_steps_do_what_invoke_does():
    opening = Opening(convolutional())
    assert opening.open() == OK
    engine, lib, ffi = opening.handle[0], opening.lib, opening.ffi
    tensor = ffi.new("picket_tensor_t *")
    results = []
    for by_steps in (False, True):
        assert lib.picket_engine_input(engine, 0, tensor) == OK
        ffi.memmove(tensor.data, bytes(range(tensor.bytes)), tensor.bytes)
        if by_steps:
            for i in range(lib.picket_engine_operator_count(engine)):
                assert lib.picket_engine_step(engine, i) == OK
        else:
            assert lib.picket_engine_invoke(engine) == OK
        assert lib.picket_engine_output(engine, 0, tensor) == OK
        results.append(bytes(ffi.buffer(tensor.data, tensor.bytes)))
    assert results[0] == results[1]
    assert lib.picket_engine_step(engine, 99) == ARGUMENT
    assert lib.picket_engine_input(engine, 1, tensor) == ARGUMENT
    assert lib.picket_engine_output(engine, 1, tensor) == ARGUMENT


def test_a_closed_engine_refuses_to_run():
    opening = Opening(branching())
    assert opening.open() == OK
    engine, lib = opening.handle[0], opening.lib
    tensor = opening.ffi.new("picket_tensor_t *")
    lib.picket_engine_close(engine)
    assert lib.picket_engine_invoke(engine) == ARGUMENT
    assert lib.picket_engine_input(engine, 0, tensor) == ARGUMENT
    assert lib.picket_engine_operator_count(engine) == 0


def test_what_an_open_model_says_of_itself():
    engine = Engine(convolutional())
    assert engine.ops == (
        "PAD", "CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "AVERAGE_POOL_2D", "RESHAPE", "FULLY_CONNECTED",
        "SOFTMAX",
    )  # fmt: skip
    (tensor,) = engine.inputs
    assert (tensor.shape, tensor.dtype, tensor.zero_point) == ((1, 5, 5, 2), np.int8, -3)
    assert tensor.scale == np.float32(0.05)


def identity(dtype, scale, zero_point, count, flags=()):
    """A model that hands its input on."""
    b = TfliteBuilder()
    x = b.tensor((count,), dtype, scale=scale, zero_point=zero_point)
    shape = b.tensor((2,), np.int32, np.array([1, count], np.int32))
    y = b.tensor((1, count), dtype, scale=scale, zero_point=zero_point)
    b.operator("RESHAPE", [x, shape], [y], "ReshapeOptions")
    return Engine(b.build([x], [y]), flags)


# Both ways to compute with float32 numbers.
both_builds = pytest.mark.parametrize("flags", [(), ("-DPICKET_COMPACT=1",)], ids=["fast", "compact"])
scales = st.floats(2.0**-100, 2.0**100, width=32)


@both_builds
@settings(max_examples=200)
@given(scales, st.integers(-128, 127), st.lists(st.floats(-400, 400, width=32), min_size=1, max_size=20), st.booleans())
def test_quantize_is_float32_arithmetic(flags, scale, zero_point, steps, wide):
    info = np.iinfo(np.int16 if wide else np.int8)
    engine = identity(info.dtype, scale, zero_point, len(steps), flags)
    with np.errstate(over="ignore", under="ignore"):
        values = np.array(steps, np.float32) * np.float32(scale)
        quotient = (values / np.float32(scale)).astype(np.float64)
    rounded = np.sign(quotient) * np.floor(np.abs(quotient) + 0.5)
    expected = np.clip(rounded + zero_point, info.min, info.max)
    np.testing.assert_array_equal(engine.quantize(0, values), expected)


@both_builds
def test_quantize_takes_what_is_no_number(flags):
    engine = identity(np.int8, 0.5, 7, 6, flags)
    values = np.array([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45], np.float32)
    np.testing.assert_array_equal(engine.quantize(0, values), [7, 127, -128, 127, -128, 7])


@both_builds
@settings(max_examples=200)
@given(st.floats(2.0**-149, 2.0**127, width=32, allow_subnormal=True), st.integers(-128, 127))
def test_dequantize_is_the_nearest_float32(flags, scale, zero_point):
    engine = identity(np.int8, scale, zero_point, 256, flags)
    values = np.arange(-128, 128).astype(np.int8)
    engine.invoke([values])
    with np.errstate(over="ignore", under="ignore"):
        expected = (np.float64(np.float32(scale)) * (values.astype(np.float64) - zero_point)).astype(np.float32)
    np.testing.assert_array_equal(engine.dequantize(0).ravel().view(np.uint32), expected.view(np.uint32))
