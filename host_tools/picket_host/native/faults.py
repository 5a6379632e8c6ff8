"""What the numbers mean that a native module with short errors gives in place of texts ("fault 12345").

A number is made of its text alone (``native_module/engine/short_text.h``), so the table is made of the engine's
sources.
"""

from __future__ import annotations

import functools
import re

from picket_host.errors import InputError
from picket_host.paths import NATIVE

_LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')


def number(text: str) -> int:
    """The number of a text of less than 96 characters."""
    weighted = sum(byte * ((40503 * i + 977 * i * i + 1) & 0xFFFFFFFF) for i, byte in enumerate(text.encode()))
    return (weighted & 0xFFFFFFFF) >> 6 & 0xFFFFF


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


def explain(fault: int) -> str:
    """The text of a fault.

    Raises:
        InputError: there is none of this number.
    """
    if fault not in texts():
        raise InputError(f"this engine has no fault {fault}", hint="the module was built from other sources")
    return " / ".join(texts()[fault])
