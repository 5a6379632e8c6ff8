"""What the numbers mean that a native module with short errors gives in place of a text ("fault 12345 0 3 1 ...").

They are, in the order of ``native_module/engine/error.c``: the clause that says what is wrong, the operator's index and
code, the tensor's index, 1 if the next two mean something, the value found and the one expected, how much memory it
takes, and the place in the file. A clause's number is made of its text alone (``native_module/engine/fault.h``):
the table of clauses is made of the engine's sources.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from picket_host.errors import InputError
from picket_host.paths import NATIVE

_COUNT = 9
_LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')


def number(text: str) -> int:
    """The number of a text of less than 96 characters."""
    weighted = sum(byte * ((40503 * i + 977 * i * i + 1) & 0xFFFFFFFF) for i, byte in enumerate(text.encode()))
    return (weighted & 0xFFFFFFFF) >> 6 & 0x3FFFF


@functools.cache
def texts() -> dict[int, tuple[str, ...]]:
    """The texts in the engine's sources by their numbers."""
    found: dict[int, set[str]] = {}
    for path in sorted((NATIVE / "engine").rglob("*.c")):
        for line in path.read_text(encoding="utf-8").splitlines():
            for text in _LITERAL.findall(line) if not line.startswith("#") else ():
                if " " in text and len(text) >= 8:  # others are names, or pieces that texts are put together from
                    found.setdefault(number(text), set()).add(text)
    return {key: tuple(sorted(value)) for key, value in found.items()}


def clause(fault: int) -> str:
    """The clause of a number.

    Raises:
        InputError: there is none of this number.
    """
    if fault not in texts():
        raise InputError(f"this engine has no fault {fault}", hint="the module was built from other sources")
    return " / ".join(texts()[fault])


def explain(numbers: Sequence[int]) -> str:
    """The text of an error, as a build with texts gives it.

    Args:
        numbers: all nine; or the first one, for the clause alone.

    Raises:
        InputError: another count of numbers, or no such fault.
    """
    if len(numbers) == 1:
        return clause(numbers[0])
    if len(numbers) != _COUNT:
        raise InputError(f"a fault has {_COUNT} numbers, these are {len(numbers)}")
    fault, operator, code, tensor, has_values, found, expected, needed_bytes, offset_bytes = numbers
    text = ""
    if operator >= 0:
        text += f"operator {operator} ({_operator_names().get(code, f'code {code}')}): "
    if tensor >= 0:
        text += f"tensor {tensor}: "
    text += clause(fault)
    if has_values:
        text += f": {found}, not {expected}"
    if needed_bytes:
        text += f": it takes {needed_bytes} bytes"
    return text + (f" (at byte {offset_bytes})" if offset_bytes else "")


@functools.cache
def _operator_names() -> dict[int, str]:
    table = (NATIVE / "engine" / "operators.def").read_text(encoding="utf-8")
    return {int(code): name for code, name in re.findall(r"^OPERATOR\((\d+), (\w+),", table, flags=re.MULTILINE)}
