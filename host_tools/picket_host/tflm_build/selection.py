"""What goes into a build of the native module with TensorFlow Lite Micro as its engine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from picket_host.errors import ModelError
from picket_host.native.engine import Engine
from picket_host.native.selection import Selection
from picket_host.paths import CACHE, NATIVE
from picket_host.tflm_build import operators
from picket_host.tflm_build.cxx import cxx_of
from picket_host.tflm_build.library import Library

FOLDER = NATIVE / "engine_tflm"
CXX_FLAGS = ("-std=c++17", "-fno-rtti", "-fno-exceptions", "-fno-threadsafe-statics")
_REPLACED = NATIVE / "engine" / "engine.c"  # what this engine has in another form, as the kernels


@dataclass(frozen=True)
class TflmSelection(Selection):
    """The contents of ``picket_native`` with this engine: its own files, and the portable engine's checks of a model.

    Attributes:
        listed: the operators, sorted.
        unchecked: why some models can't be checked whole before TFLM runs them; empty when all can. Then the build
            refuses every model that the portable engine's checks don't cover.
        library: the installed library that the engine is compiled for; None for the ESP-IDF component.
    """

    listed: tuple[str, ...] = ()
    unchecked: str = ""
    library: Library | None = None

    @property
    def flags(self) -> tuple[str, ...]:
        """Compiler flags for all files."""
        own = (f"-DPICKET_TFLM_TRUST_UNCHECKED={int(bool(self.unchecked))}", f"-I{self.list_folder()}")
        return (*super().flags, *own, *(self.library.flags if self.library else ()))

    def cxx(self, c_compiler: str) -> tuple[str, ...]:
        """The command for C++ files that goes with a C compiler.

        Raises:
            EnvironmentError_: there is none, or it has no headers of the standard library.
        """
        return (*cxx_of(c_compiler), *CXX_FLAGS)

    @property
    def libraries(self) -> tuple[Path, ...]:
        """What to link."""
        return (self.library.archive,) if self.library else ()

    @property
    def content(self) -> tuple[str, ...]:
        """Changes when the library or the list does."""
        return (self.library.digest if self.library else "", operators.list_text(self.listed))

    def engine_files(self) -> list[Path]:
        """Those of the engine; C++ files have the suffix ``.cpp``."""
        shared = [path for path in super().engine_files() if path.parent.name != "kernels" and path != _REPLACED]
        return [*shared, *sorted(FOLDER.glob("*.c")), *sorted(FOLDER.glob("*.cpp"))]

    def list_folder(self) -> Path:
        """The folder of the list of operators, which the engine includes."""
        text = operators.list_text(self.listed)
        folder = CACHE / "tflm" / f"operators-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        if not (folder / operators.LIST_NAME).is_file():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / operators.LIST_NAME).write_text(text, encoding="utf-8")
        return folder


def select(
    models: Sequence[Path] = (),
    ops: str | None = None,
    *,
    library: Library | None = None,
    engine_only: bool = False,
) -> TflmSelection:
    """The selection for some models.

    Args:
        models: ``.tflite`` files, or folders that are searched for them.
        ops: ``all``, or names of operators with commas between them, in addition to those that the models use. With
            neither models nor names: all.
        library: the one that the build is made with; None for the pinned ESP-IDF component.
        engine_only: without signal processing and signatures.

    Raises:
        InputError: a model that isn't there, or an operator that TFLM does not have. ModelError: a file that isn't a
        model.
    """
    listed = operators.select(models, ops, operators.ALL if library is None else library.operators)
    everything = ops == "all" or (ops is None and not models)
    return TflmSelection(
        operators=None if everything else listed,
        signal=not engine_only,
        signature=not engine_only,
        listed=listed,
        unchecked="all operators are in it, and some only TFLM can check" if everything else _unchecked(models),
        library=library,
    )


def _unchecked(models: Sequence[Path]) -> str:
    """Why one of the models can't be checked by the portable engine; empty when all can."""
    for path in operators.model_files(models):
        try:
            Engine(path.read_bytes())
        except ModelError as error:
            return f"{path.name} has what only TFLM can check: {error.what}"
    return ""
