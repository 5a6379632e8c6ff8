"""The names that the device's code uses, for the read-only string table of a firmware image that we build.

MicroPython keeps each name once ("qstr"). Those that its image knows cost no heap; those of an ``.mpy`` file do:
some 16 KB of the simulator's heap for the whole application. Stock firmware knows only its own.
"""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

# MicroPython interns string constants up to this length (MICROPY_ALLOC_PARSE_INTERN_STRING_LEN).
_LONGEST_INTERNED = 10
FILE_NAME = "device_qstrs.h"


def names(application: Path) -> list[str]:
    """Identifiers, modules' names, and strings that MicroPython interns, in all ``.py`` files of a folder."""
    files = sorted(application.rglob("*.py"))
    found = {name for file in files for name in _names_of(file)}
    found.update(_module(file.relative_to(application)) for file in files)
    return sorted(name for name in found if _can_be_listed(name))


def write_header(application: Path, root: Path) -> Path:
    """Write the names as MicroPython's build takes them (``QSTR_DEFS``), below ``root`` in a folder named after their
    content.

    The path has to change with the content: MicroPython's makefiles don't freeze modules anew when only names have
    changed.
    """
    text = "".join(f"Q({name})\n" for name in names(application))
    header = root / f"names-{hashlib.sha256(text.encode()).hexdigest()[:16]}" / FILE_NAME
    if not header.is_file():
        header.parent.mkdir(parents=True, exist_ok=True)
        fresh = header.with_suffix(f".{os.getpid()}")
        fresh.write_text(text)
        fresh.replace(header)
    return header


def _module(path: Path) -> str:
    """As the interpreter knows the module of a file: below ``lib/``, or beside it."""
    parts = path.with_suffix("").parts
    return ".".join(part for part in parts[parts[0] == "lib" :] if part != "__init__")


def _can_be_listed(name: str) -> bool:
    # The list goes through a C preprocessor as string literals.
    return name.strip() != "" and name.isascii() and name.isprintable() and not set(name) & set('"\\')


def _names_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file))):
        for field in ("id", "name", "attr", "arg", "asname", "module"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield from value.split(".")
                yield value
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) <= _LONGEST_INTERNED:
            yield node.value
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            yield from node.names
    yield from file.with_suffix("").parts[-3:]
