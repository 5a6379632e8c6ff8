"""What int16 activations and int4 weights are made of: sums of 64 bits, packed weights, tables of functions."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from operator_cases import pack_int4
from tflite_builder import TfliteBuilder

from picket_host.native.build import build
from picket_host.native.engine import Engine
from picket_host.paths import NATIVE

FOLDER = NATIVE / "engine"
PARTS = build(
    "engine-types",
    """
    typedef struct { uint8_t bias_bytes, of_32_bits; } picket_wide_sums_t;
    typedef struct { int32_t multiplier, shift; } picket_sigmoid_scale_t;
    int64_t picket_wide_product(const int8_t *weights, const int16_t *input, uint32_t count);
    int32_t picket_wide_scale(int64_t sum, int32_t multiplier, int32_t shift, picket_wide_sums_t sums);
    void picket_unpack_int4(int8_t *to, const uint8_t *packed, uint32_t first, uint32_t count);
    int32_t picket_lookup_exp_point(uint32_t point);
    int32_t picket_lookup_reciprocal_point(uint32_t point);
    int32_t picket_tanh_q15(int32_t x, picket_sigmoid_scale_t scale);
    """,
    [FOLDER / f"{name}.c" for name in ("wide", "int4", "lookup", "exponential", "sigmoid")],
    [FOLDER],
)
LIB, FFI = PARTS.lib, PARTS.ffi
OF_64_BITS = FFI.new("picket_wide_sums_t *")[0]


def pointer(array, kind):
    return FFI.cast(f"{kind} *", FFI.from_buffer(array))


@settings(max_examples=1000)
@given(st.integers(-(2**46), 2**46), st.integers(2**14, 2**15 - 1), st.integers(-31, 7))
@example(-(2**46), 2**15 - 1, -31)
@example(2**33 + 2**16, 2**14, -17)  # 32 bits exactly
def test_sums_of_64_bits_are_scaled_with_one_rounding(total, multiplier, shift):
    bits = 15 - shift
    exact = (total * multiplier + (1 << (bits - 1))) >> bits
    wrapped = (exact + 2**31) % 2**32 - 2**31
    assert LIB.picket_wide_scale(total, multiplier, shift, OF_64_BITS) == wrapped


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 5000])
def test_products_never_overflow(count):
    rng = np.random.default_rng(count)
    for weights, inputs in (
        (rng.integers(-128, 128, count), rng.integers(-32768, 32768, count)),
        (np.full(count, -128), np.full(count, -32768)),
        (np.full(count, 127), np.full(count, -32768)),
    ):
        exact = int(np.dot(weights.astype(object), inputs.astype(object))) if count else 0
        w, x = np.append(weights, 0).astype(np.int8), np.append(inputs, 0).astype(np.int16)
        assert LIB.picket_wide_product(pointer(w, "int8_t"), pointer(x, "int16_t"), count) == exact


@pytest.mark.parametrize("first", [0, 1, 6, 7])
@pytest.mark.parametrize("count", [0, 1, 2, 5, 16])
def test_packed_weights_are_unpacked_from_anywhere(first, count):
    weights = np.random.default_rng(first).integers(-8, 8, 24)
    packed = np.frombuffer(pack_int4(weights), np.uint8)
    unpacked = np.full(count + 1, 99, np.int8)
    LIB.picket_unpack_int4(pointer(unpacked, "int8_t"), pointer(packed, "uint8_t"), first, count)
    assert unpacked.tolist() == [*weights[first : first + count].tolist(), 99]


def points_of(function, start, stop):
    """A table as TFLite fills it: float32 throughout, each value less half of the interpolation's error behind it."""
    f32 = np.float32
    step = (f32(stop) - f32(start)) / f32(512)
    x = f32(start) + np.arange(513, dtype=f32) * step
    half_away = lambda v: np.copysign(np.floor(np.abs(v) + f32(0.5)), v)  # noqa: E731
    value, middle = function(x) * f32(32768), function(x + step / f32(2)) * f32(32768)
    interpolated = half_away((value[1:] + half_away(value[:-1])) / f32(2))
    points = half_away(value)
    points[:-1] -= half_away((interpolated - half_away(middle[:-1])) / f32(2))
    return np.minimum(points, 32767).astype(int).tolist()


def test_points_of_the_exponential_are_those_of_float32():
    points = [LIB.picket_lookup_exp_point(i) for i in range(513)]
    assert points == points_of(np.exp, -10, 0)


def test_points_of_the_reciprocal_are_those_of_float32():
    points = [LIB.picket_lookup_reciprocal_point(i) for i in range(513)]
    assert points == points_of(lambda x: np.float32(1) / (np.float32(1) + x), 0, 1)


def test_the_table_of_the_sigmoid_is_its_formula():
    """Each is the value and half of what interpolation lacks in the middle to the next; the last is the bound."""

    def sigmoid_q16(i):
        return 65536 / (1 + np.exp(-np.asarray(i, np.longdouble) / 24))

    i = np.arange(256)
    lacking = sigmoid_q16(i + 0.5) - (sigmoid_q16(i) + sigmoid_q16(i + 1)) / 2
    entries = np.floor(sigmoid_q16(i) + lacking / 2 + 0.5).astype(int)
    entries[255] = 65535
    # tanh(x) = 2 sigmoid(2 x) - 1, so that at an entry's place it is the entry less 2^15.
    scale = FFI.new("picket_sigmoid_scale_t *", {"multiplier": 2, "shift": 0})[0]
    assert [LIB.picket_tanh_q15(128 * int(k), scale) for k in i] == (entries - 32768).tolist()


def test_biases_of_int64_may_lie_at_odd_multiples_of_4(judge):
    """As in files of TFLite's converter."""
    rng = np.random.default_rng(1)
    places = set()
    for outputs in range(1, 9):
        b = TfliteBuilder(alignment=4)
        x, y = b.tensor((1, 3), np.int16, scale=1e-3), b.tensor((1, outputs), np.int16, scale=1e-3)
        w = b.tensor((outputs, 3), np.int8, rng.integers(-127, 128, (outputs, 3)).astype(np.int8), 0.01)
        data = rng.integers(-(2**40), 2**40, outputs)
        bias = b.tensor((outputs,), np.int64, data, 1e-5)
        b.operator("FULLY_CONNECTED", [x, w, bias], [y], "FullyConnectedOptions", version=4)
        model = b.build([x], [y])
        places.add(model.index(data.tobytes()) % 8)
        inputs = [rng.integers(-32768, 32768, (1, 3)).astype(np.int16)]
        np.testing.assert_array_equal(Engine(model).invoke(inputs)[0], judge.run(model, [inputs])[0][0])
    assert 4 in places
