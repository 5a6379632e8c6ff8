"""The loader's integer arithmetic against the machine's own double and float32: the same bits."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from picket_host.native.build import build, declarations
from picket_host.paths import NATIVE

FOLDER = NATIVE / "engine"
# cffi passes no bit-fields by value: to it, a number is the eight bytes that they lie in.
FIELDS = "uint64_t mantissa : 53;\n    int64_t exponent : 11;"
DECLARATIONS = declarations(FOLDER / "real.h")
assert FIELDS in DECLARATIONS
REAL = build("engine-real", DECLARATIONS.replace(FIELDS, "uint64_t bits;"), [FOLDER / "real.c"], [FOLDER])
LIB, FFI = REAL.lib, REAL.ffi

positive = st.floats(2.0**-149, 2.0**127, width=32, allow_subnormal=True)


def real(value: float):
    out = FFI.new("picket_real_t *")
    assert LIB.picket_real_from_f32(int(np.float32(value).view(np.uint32)), out)
    return out[0]


def number(value) -> float:
    exponent = value.bits >> 53
    return math.ldexp(value.bits % 2**53, exponent - 2**11 if exponent >= 2**10 else exponent)


@settings(max_examples=500)
@given(positive, positive, positive)
def test_product_and_quotient_are_those_of_double(a, b, c):
    product = LIB.picket_real_mul(real(a), real(b))
    assert number(product) == a * b
    quotient = LIB.picket_real_div(product, real(c))
    assert number(quotient) == a * b / c
    square = (a * b / c) * (a * b / c)  # not ** 2: pow() of the C library need not round as a product does
    assert number(LIB.picket_real_mul(quotient, quotient)) == square or square in (0.0, math.inf)


@settings(max_examples=500)
@given(positive, positive)
def test_rounding_to_float32(a, b):
    with np.errstate(over="ignore", under="ignore"):
        expected = float(np.float32(a) * np.float32(b))
    if expected != math.inf:
        assert number(LIB.picket_real_to_f32(LIB.picket_real_mul(real(a), real(b)))) == expected


@settings(max_examples=500)
@given(st.floats(2.0**-40, 2.0**35))
def test_multiplier_is_that_of_frexp(value):
    mantissa, exponent = math.frexp(value)
    multiplier, shift = FFI.new("int32_t *"), FFI.new("int32_t *")
    argument = {"bits": int(mantissa * 2**53) + (exponent - 53) % 2**11 * 2**53}
    ok = LIB.picket_real_to_multiplier(argument, multiplier, shift)
    expected = math.floor(mantissa * 2**31 + 0.5)
    if expected == 2**31:
        expected, exponent = expected // 2, exponent + 1
    assert ok == (exponent <= 31)
    if ok:
        assert (multiplier[0], shift[0]) == ((expected, exponent) if exponent >= -31 else (0, 0))


@settings(max_examples=300)
@given(positive, positive)
def test_comparison(a, b):
    assert LIB.picket_real_compare(real(a), real(b)) == (a > b) - (a < b)


@settings(max_examples=300)
@given(st.floats(0, 2.0**33, width=32))
def test_rounding_to_an_integer(value):
    out = FFI.new("int32_t *")
    expected = math.floor(value + 0.5) if value < 2**23 else int(value)
    assert LIB.picket_real_round(real(value), out) == (expected < 2**31)
    if expected < 2**31:
        assert out[0] == expected


def test_what_is_not_positive_is_refused():
    out = FFI.new("picket_real_t *")
    for value in (-1.0, math.nan, math.inf, -math.inf, -0.0):
        assert not LIB.picket_real_from_f32(int(np.float32(value).view(np.uint32)), out)
