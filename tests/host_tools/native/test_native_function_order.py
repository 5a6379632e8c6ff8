"""Functions of a program in an order in which most calls are short."""

import random

from picket_host.native.function_order import Call, arrange, split
from picket_host.native.whole_program import with_one_instruction_calls

ASSEMBLY = """\
	.file	"a.c"
	.text
	.section	.rodata.str1.1,"aMS",@progbits,1
.LC0:
	.string	"text"
	.text
	.align	1
	.type	first, @function
first:
	call	second
	ret
	.size	first, .-first
	.align	1
	.globl	second
	.type	second, @function
second:
	tail	third@plt
	.size	second, .-second
	.section	.rodata
	.align	2
table:
	.word	1
	.ident	"compiler"
"""


def short(order, sizes, calls, reach):
    starts, at = {}, 0
    for function in order:
        starts[function] = at
        at += sizes[function]
    return sum(abs(starts[call.callee] - starts[call.caller] - call.offset) < reach for call in calls)


def test_assembly_is_split_into_functions_and_the_rest():
    others, functions = split(ASSEMBLY)
    assert list(functions) == ["first", "second"]
    assert functions["second"] == (
        "\t.text\n\t.align\t1\n\t.globl\tsecond\n\t.type\tsecond, @function\nsecond:\n\ttail\tthird@plt\n"
        "\t.size\tsecond, .-second\n"
    )
    lines = others.splitlines()
    assert ".LC0:" in lines and "table:" in lines and '\t.ident\t"compiler"' in lines
    assert not any("first" in line or "second" in line for line in lines)


def test_calls_are_one_instruction():
    assert "\tjal\tsecond\n" in with_one_instruction_calls(ASSEMBLY)
    assert "\tj\tthird\n" in with_one_instruction_calls(ASSEMBLY)
    assert "\tjal\tt0,__riscv_save_2\n" in with_one_instruction_calls("\tcall\tt0,__riscv_save_2\n")


def test_functions_that_call_each_other_come_together():
    # Ten groups of functions that call each other, dealt out one by one.
    sizes = [200] * 60
    calls = [Call(i, 10, other) for i in range(60) for other in range(60) if i % 10 == other % 10 and i != other]
    order = arrange(sizes, calls, 1000)
    assert sorted(order) == list(range(60))
    assert short(order, sizes, calls, 1000) > 0.8 * len(calls) > 2 * short(range(60), sizes, calls, 1000)


def test_an_order_is_never_worse_and_always_the_same():
    draw = random.Random(3)
    for functions in (1, 2, 30):
        sizes = [draw.randrange(2, 900, 2) for _ in range(functions)]
        calls = [Call(draw.randrange(functions), 0, draw.randrange(functions)) for _ in range(3 * functions)]
        order = arrange(sizes, calls, 2000)
        assert short(order, sizes, calls, 2000) >= short(range(functions), sizes, calls, 2000)
        assert order == arrange(sizes, calls, 2000)
