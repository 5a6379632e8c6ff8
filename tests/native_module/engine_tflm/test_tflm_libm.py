"""The functions of libm for dynamic native modules: the exact value, rounded."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import pytest

from picket_host.native.build import build
from picket_host.paths import NATIVE

FLOATS = ("expf", "logf", "tanhf", "sqrtf", "floorf", "ceilf", "roundf")
# Of the transcendental ones: how many of a million results may be the second nearest float.
WORST_OF_A_MILLION = 5


@functools.cache
def libm() -> Any:
    cdef = "".join(f"float {name}(float);" for name in FLOATS)
    cdef += "float fmaxf(float, float); float fminf(float, float); double floor(double); double round(double);"
    cdef += "double frexp(double, int *);"
    sources = [NATIVE / "engine_tflm" / "libm.c", NATIVE / "dsp" / "fmath.c"]
    return build("module-libm", cdef, sources, [NATIVE / "dsp"], ("-DMICROPY_ENABLE_DYNRUNTIME=1", "-fno-builtin"))


def sample(low: float, high: float, count: int = 60000) -> np.ndarray:
    return np.random.default_rng(7).uniform(low, high, count).astype(np.float32)


def every_magnitude(count: int = 60000) -> np.ndarray:
    """Floats of all exponents and both signs, finite."""
    bits = np.random.default_rng(8).integers(0, 1 << 32, count, dtype=np.uint64).astype(np.uint32)
    values = bits.view(np.float32)
    return values[np.isfinite(values)]


def differing(name: str, values: np.ndarray, exact: np.ndarray) -> int:
    """How many results are not the nearest float, none of which may be further off than its neighbour."""
    function = getattr(libm().lib, name)
    actual = np.array([function(float(x)) for x in values], np.float32)
    with np.errstate(over="ignore"):
        expected = exact.astype(np.float32)
    wrong = ~((actual == expected) | (np.isnan(actual) & np.isnan(expected)))
    neighbours = np.nextafter(expected, actual)
    assert (actual[wrong] == neighbours[wrong]).all(), f"{name}({values[wrong][:1]}) = {actual[wrong][:1]}"
    return int(wrong.sum())


@pytest.mark.parametrize(
    ("name", "function", "values"),
    [
        ("expf", np.exp, sample(-104, 89)),
        ("expf", np.exp, sample(-1, 1)),
        ("logf", np.log, abs(every_magnitude())),
        ("logf", np.log, sample(0.5, 2)),
        ("tanhf", np.tanh, sample(-11, 11)),
        ("tanhf", np.tanh, sample(-0.01, 0.01)),
    ],
)
def test_transcendental_functions_give_the_nearest_float(name, function, values):
    with np.errstate(over="ignore"):
        exact = function(values.astype(np.float64))
    assert differing(name, values, exact) <= max(1, WORST_OF_A_MILLION * values.size // 1_000_000)


@pytest.mark.parametrize(
    ("name", "function"), [("floorf", np.floor), ("ceilf", np.ceil), ("sqrtf", np.sqrt), ("roundf", None)]
)
def test_exact_functions_are_exact(name, function):
    values = np.concatenate([every_magnitude(20000), sample(-100, 100, 20000), np.arange(-9, 9, 0.5, np.float32)])
    half_away = function is None
    wide = values.astype(np.float64)
    with np.errstate(invalid="ignore"):
        exact = np.copysign(np.floor(abs(wide) + 0.5), wide) if half_away else function(wide)
    assert differing(name, values, exact) == 0


def test_special_values():
    lib = libm().lib
    inf, nan = math.inf, math.nan
    assert (lib.expf(inf), lib.expf(-inf), lib.expf(0.0)) == (inf, 0.0, 1.0)
    assert (lib.logf(0.0), lib.logf(inf), lib.logf(1.0)) == (-inf, inf, 0.0)
    assert (lib.tanhf(inf), lib.tanhf(-inf)) == (1.0, -1.0)
    assert all(math.isnan(f(nan)) for f in (lib.expf, lib.logf, lib.tanhf, lib.sqrtf, lib.floorf, lib.roundf))
    assert math.isnan(lib.logf(-1.0)) and math.isnan(lib.sqrtf(-1.0))
    assert math.copysign(1, lib.floorf(-0.0)) == math.copysign(1, lib.roundf(-0.3)) == -1
    assert (lib.floorf(inf), lib.ceilf(-inf), lib.roundf(3e30)) == (inf, -inf, np.float32(3e30))
    assert (lib.fmaxf(nan, 1.0), lib.fmaxf(1.0, nan), lib.fminf(nan, 1.0), lib.fminf(2.0, 1.0)) == (1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize("value", [0.0, -0.0, 1.0, -3.75, 5e-324, 2.2e-308, 1.7e308, math.inf, 0.1, 4503599627370497.5])
def test_double_functions_agree_with_the_hosts(value):
    lib, ffi = libm().lib, libm().ffi
    exponent = ffi.new("int *")
    mantissa, expected = lib.frexp(value, exponent), math.frexp(value)
    assert (mantissa, exponent[0]) == expected
    assert lib.floor(value) == (math.floor(value) if math.isfinite(value) else value)
    assert lib.round(value) == (math.copysign(math.floor(abs(value) + 0.5), value) if abs(value) < 2**52 else value)
