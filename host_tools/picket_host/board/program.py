"""Programs that run on a board: put together from ``on_board/``, made small for the way there."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).resolve().parent / "on_board"


def call(name: str, function: str, *arguments: Any) -> str:
    """The source of ``on_board/<name>.py`` with what it imports from there, and a call of one of its functions.

    The arguments must be such that ``repr`` gives their source.
    """
    return f"{_small(name)}\n{function}({', '.join(map(repr, arguments))})\n"


@functools.cache
def _small(name: str) -> str:
    """Without comments and docstrings, indented by single spaces."""
    tree = ast.parse((_FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    parts = [node for node in imports if (_FOLDER / f"{node.module}.py").is_file()]
    tree.body = [node for node in tree.body if node not in parts]
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and len(body) > 1 and isinstance(body[0], ast.Expr):
            first = body[0].value
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                del body[0]
    small = re.sub(r"^(?:    )+", lambda found: " " * (len(found[0]) // 4), ast.unparse(tree), flags=re.MULTILINE)
    return "\n".join([*(_small(str(part.module)) for part in parts), small])
