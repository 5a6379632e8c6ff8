"""What a build with TensorFlow Lite Micro is made of: the library, the operators, and how far models are checked."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from picket_host.errors import ModelError
from picket_host.native.engine import Engine
from picket_host.paths import CACHE
from picket_host.tflm_build import operators
from picket_host.tflm_build.library import Library


@dataclass(frozen=True)
class Selection:
    """The operators of a build.

    Attributes:
        operators: their names, sorted.
        unchecked: why models can't be checked whole before TFLM runs them; empty when they can. Then the build refuses
            every model that the portable engine's checks don't cover.
    """

    operators: tuple[str, ...]
    unchecked: str

    @property
    def flags(self) -> tuple[str, ...]:
        """Definitions and the folder of the list, for compiling the engine."""
        return (f"-DPICKET_TFLM_TRUST_UNCHECKED={int(bool(self.unchecked))}", f"-I{self._list_folder()}")

    def _list_folder(self) -> Path:
        text = operators.list_text(self.operators)
        folder = CACHE / "tflm" / f"operators-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / operators.LIST_NAME).is_file():
            (folder / operators.LIST_NAME).write_text(text, encoding="utf-8")
        return folder


def select(models: Sequence[Path], ops: str | None, library: Library | None = None) -> Selection:
    """Choose the operators of a build.

    Args:
        models: ``.tflite`` files, or folders that are searched for them.
        ops: ``all``, or further operators with commas between them.
        library: the one that the build is made with; None for the pinned ESP-IDF component.

    Raises:
        InputError: a model that isn't there, or an operator that there is none of. ModelError: a damaged model.
    """
    chosen = operators.select(models, ops, operators.ALL if library is None else library.operators)
    if ops == "all" or not models:
        return Selection(chosen, "all operators are in it, and some of them only TFLM can check")
    for path in operators.model_files(models):
        try:
            Engine(path.read_bytes())
        except ModelError as error:
            return Selection(chosen, f"{path.name} has what only TFLM can check: {error.what}")
    return Selection(chosen, "")
