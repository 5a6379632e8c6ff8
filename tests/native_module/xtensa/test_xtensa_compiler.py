"""The compiler as it is used here: what its backend gets wrong comes out right, and its helpers compute right."""

from pathlib import Path

import numpy as np
import pytest

from picket_host.errors import BuildError, PicketError
from picket_host.xtensa import faults, program
from picket_host.xtensa.llvm import Llvm

SPECIAL = np.array(
    [0, 1, 2, 0x00400000, 0x007FFFFF, 0x00800000, 0x00800001, 0x33800000, 0x3F800000, 0x3F800001, 0x40400000,
     0x7F7FFFFF, 0x7F800000, 0x7FC00000],
    np.uint32,
)  # fmt: skip

NUMBERS = """
#include "user.h"

int picket_main(void) {
    struct { int32_t a, b; float x, y; } in;
    while (picket_read(&in, sizeof in)) {
        int64_t product = (int64_t)in.a * in.b;
        uint64_t positive = (uint64_t)(uint32_t)in.a * (uint32_t)in.b;
        float quotient = in.x / in.y;
        picket_write(&product, sizeof product);
        picket_write(&positive, sizeof positive);
        picket_write(&quotient, sizeof quotient);
    }
    return 0;
}
"""

FAULTS = """
#include <stdarg.h>
#include "user.h"

static __attribute__((noinline)) float half(int negative) {
    return negative ? -0.5f : 0.5f;
}

static __attribute__((noinline)) float bit(unsigned x) {
    return (float)(x > 5);
}

static int list(int count, va_list arguments) {
    int number = 0;
    for (int i = 0; i < count; i++) {
        number = number * 10 + va_arg(arguments, int);
    }
    return number;
}

static __attribute__((noinline)) int digits(const void *unused, int count, ...) {
    va_list arguments;
    va_start(arguments, count);
    int number = list(count, arguments);
    va_end(arguments);
    return number;
}

int picket_main(void) {
    float floats[] = {half(1), half(0), bit(9), bit(2)};
    int32_t numbers[] = {digits(0, 1, 7), digits(0, 4, 1, 2, 3, 4), digits(0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9)};
    picket_write(floats, sizeof floats);
    picket_write(numbers, sizeof numbers);
    return 0;
}
"""


@pytest.fixture
def run(llvm: Llvm, qemu: None, tmp_path: Path):
    def compile_and_run(source: str, stdin: bytes = b"") -> bytes:
        path = tmp_path / "program.c"
        path.write_text(source)
        return program.run(program.build(path.stem, [(path, ())], []), stdin)

    return compile_and_run


def test_products_and_quotients_are_those_of_ieee_and_integers(run) -> None:
    rng = np.random.default_rng(8)
    count = 5000
    integers = rng.integers(-(2**31), 2**31, (count, 2)).astype(np.int32)
    integers[:3] = [[-(2**31), -(2**31)], [-(2**31), 2**31 - 1], [-1, 1]]
    floats = rng.integers(0, 2**32, (count, 2), dtype=np.uint32)
    pairs = np.array(np.meshgrid(SPECIAL, np.concatenate([SPECIAL, SPECIAL | 0x80000000]))).reshape(2, -1).T
    floats[: len(pairs)] = pairs
    floats[len(pairs) : 2000] &= 0x81FFFFFF  # small and subnormal ones
    answer = run(NUMBERS, np.concatenate([integers.view(np.uint32), floats], axis=1).tobytes())
    found = np.frombuffer(answer, np.dtype([("product", "<i8"), ("positive", "<u8"), ("quotient", "<f4")]))
    np.testing.assert_array_equal(found["product"], integers[:, 0].astype(np.int64) * integers[:, 1])
    positive = integers.view(np.uint32).astype(np.uint64)
    np.testing.assert_array_equal(found["positive"], positive[:, 0] * positive[:, 1])
    with np.errstate(all="ignore"):
        expected = floats.view(np.float32)[:, 0] / floats.view(np.float32)[:, 1]
    numbers = ~np.isnan(expected)
    np.testing.assert_array_equal(found["quotient"].view(np.uint32)[numbers], expected.view(np.uint32)[numbers])
    assert np.isnan(found["quotient"][~numbers]).all()


def test_known_faults_of_the_backend_are_worked_around(run) -> None:
    answer = run(FAULTS)
    assert np.frombuffer(answer[:16], "<f4").tolist() == [-0.5, 0.5, 1.0, 0.0]
    assert np.frombuffer(answer[16:], "<i4").tolist() == [7, 1234, 123456789]


def test_only_choices_of_two_float_constants_are_rewritten() -> None:
    others = "  %3 = select i1 %2, float %0, float 1.000000e+00\n  %4 = select i1 %2, i32 1, i32 2\n"
    assert faults.work_around(others) == others
    rewritten = faults.work_around("  %6 = select i1 %5, float -5.000000e-01, float 0x3FB99999A0000000\n")
    assert rewritten == (
        "  %bits.of.6 = select i1 %5, i32 -1090519040, i32 1036831949\n  %6 = bitcast i32 %bits.of.6 to float\n"
    )


def test_a_missing_function_is_named(run) -> None:
    with pytest.raises(BuildError, match="undefined symbol: elsewhere"):
        run('#include "user.h"\nint elsewhere(void);\nint picket_main(void) { return elsewhere(); }\n')


def test_a_fault_in_the_source_is_quoted(run) -> None:
    with pytest.raises(BuildError, match=r"program\.c:1:.*error:"):
        run("int picket_main(void) { return wrong; }\n")


def test_a_crash_is_an_error(run) -> None:
    with pytest.raises(PicketError):
        run('#include "user.h"\nint picket_main(void) { *(volatile int *)4 = 1; return 0; }\n')
