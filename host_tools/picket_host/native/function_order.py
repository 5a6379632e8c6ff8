"""An order of functions in which as many calls as possible are short."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

_ROUNDS = 10_000  # more find next to nothing, in programs of 100 functions and of 500
_TYPE = re.compile(r"\t\.type\t([\w.]+), @function")
_BEFORE_TYPE = re.compile(r"\t\.(align|globl|hidden|local)\b")


@dataclass(frozen=True)
class Call:
    """A call: by which function, how many bytes behind its start, and of which. Functions go by number."""

    caller: int
    offset: int
    callee: int


def split(assembly: str) -> tuple[str, dict[str, str]]:
    """GCC's assembly of one program: everything that isn't code, and the functions by name, in their order."""
    others: list[str] = []
    functions: dict[str, str] = {}
    name, lines = "", others
    for line in assembly.splitlines():
        begins = _TYPE.match(line)
        if begins and not name:
            name, lines = begins[1], []
            while _BEFORE_TYPE.match(others[-1]):
                lines.insert(0, others.pop())
        lines.append(line)
        if name and line.startswith(f"\t.size\t{name},"):
            functions[name] = "\n".join(["\t.text", *lines, ""])
            name, lines = "", others
    return "\n".join(others) + "\n", functions


def arrange(sizes: Sequence[int], calls: Sequence[Call], reach: int) -> list[int]:
    """An order of the functions, by trial: random moves stay unless fewer calls are short then. The same every time.

    Args:
        sizes: of the functions, in bytes.
        reach: how far a short call goes, in bytes.
    """
    draw = random.Random(0)
    order = list(range(len(sizes)))
    short = _short_calls(order, sizes, calls, reach)
    for _ in range(_ROUNDS):
        tried = order.copy()
        begin, count = draw.randrange(len(tried)), draw.choice((1, 1, 1, 2, 3))
        moved = tried[begin : begin + count]
        del tried[begin : begin + count]
        to = draw.randrange(len(tried) + 1)
        tried[to:to] = moved
        found = _short_calls(tried, sizes, calls, reach)
        if found >= short:
            order, short = tried, found
    return order


def _short_calls(order: Sequence[int], sizes: Sequence[int], calls: Sequence[Call], reach: int) -> int:
    starts = [0] * len(sizes)
    at = 0
    for function in order:
        starts[function] = at
        at += sizes[function]
    return sum(abs(starts[call.callee] - starts[call.caller] - call.offset) < reach for call in calls)
