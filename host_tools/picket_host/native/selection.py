"""What goes into a build of the native module: the engine's operators and kernels, and the parts beside the engine."""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tflite

from picket_host.errors import BuildError, InputError
from picket_host.models import tflite_file
from picket_host.native.build import compiler
from picket_host.paths import NATIVE
from picket_host.tflm_build.operators import model_files

_ENGINE = NATIVE / "engine"
# Files of the binding that belong to a part which can be left out.
_SIGNAL_BINDING = ("fusion.c", "pixels.c", "signal.c", "vibration.c")
_SIGNATURE_BINDING = ("signature.c",)


@dataclass(frozen=True)
class Selection:
    """The contents of ``picket_native``.

    Attributes:
        operators: names as in ``CONV_2D``, sorted; all that the engine has, when None.
        signal: with signal processing (``window_stats``, ``Vibration``, the attitude filters ...).
        signature: with ``verify``.
        short_errors: what is wrong with a model is a number, see ``faults``. That saves 3 KB.
    """

    operators: tuple[str, ...] | None = None
    signal: bool = True
    signature: bool = True
    short_errors: bool = False

    @property
    def flags(self) -> tuple[str, ...]:
        """Compiler flags for all files."""
        chosen = () if self.operators is None else ("SELECT_OPERATORS", *(f"OP_{name}" for name in self.operators))
        left_out = [name for name, kept in (("SIGNAL", self.signal), ("SIGNATURE", self.signature)) if not kept]
        names = (*chosen, *(f"WITHOUT_{name}" for name in left_out), *(["SHORT_ERRORS"] if self.short_errors else []))
        return tuple(f"-DPICKET_{name}=1" for name in names)

    @property
    def libraries(self) -> tuple[Path, ...]:
        """Archives to link."""
        return ()

    @property
    def content(self) -> tuple[str, ...]:
        """What a build depends on beside flags and files."""
        return ()

    def cxx(self, c_compiler: str) -> tuple[str, ...]:
        """The command for C++ files that goes with a C compiler; there are none in the portable engine."""
        return (c_compiler,)

    def files(self) -> list[Path]:
        """The C files, in a fixed order, without third-party ones (Monocypher goes along with ``signature``).

        Raises:
            BuildError: the engine's tables can't be read.
        """
        left_out = (*(() if self.signal else _SIGNAL_BINDING), *(() if self.signature else _SIGNATURE_BINDING))
        files = [path for path in _c_files("binding") if path.name not in left_out]
        files += _c_files("crypto") if self.signature else []
        files += _c_files("dsp") if self.signal else []
        return files + self.engine_files()

    def engine_files(self) -> list[Path]:
        """Those of the engine."""
        if self.operators is None:
            return [*_c_files("engine"), *_c_files("engine/kernels"), *_c_files("engine/operators")]
        prepared = set(self._listed("operators.def", "OPERATOR(code, name, version, options, prepare)=prepare"))
        kernels = self._listed("kernels.def", "KERNEL(name)=name")
        operators = {path for path in _c_files("engine/operators") if _prepares(path) & prepared}
        kernel_files = [_ENGINE / "kernels" / f"{name}.c" for name in kernels]
        return [*_c_files("engine"), *kernel_files, *sorted(_with_helpers(operators))]

    def _listed(self, table: str, macro: str) -> list[str]:
        """What the macro makes of the lines of one of the engine's tables that the flags leave in it."""
        command = [*compiler(), "-E", "-P", "-x", "c", *self.flags, f"-D{macro}", str(_ENGINE / table)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise BuildError(done.stderr.strip() or "the preprocessor failed", _ENGINE / table)
        return done.stdout.split()


EVERYTHING = Selection()


def select(
    models: Sequence[Path] = (), ops: str | None = None, *, engine_only: bool = False, short_errors: bool = False
) -> Selection:
    """The selection for some models.

    Args:
        models: ``.tflite`` files, or folders that are searched for them.
        ops: names of operators with commas between them, in addition to those that the models use. With neither models
            nor names: all.
        engine_only: without signal processing and signatures.
        short_errors: as in ``Selection``.

    Raises:
        InputError: a model that isn't there, or an operator that the engine does not have. ModelError: a file that
        isn't a model.
    """
    wanted: dict[str, object] = {name.strip().upper(): "--ops" for name in (ops or "").split(",") if name.strip()}
    for path in model_files(models):
        for name in _operators(path.read_bytes()):
            wanted.setdefault(name, path)
    for name, where in wanted.items():
        if name not in known_operators():
            raise InputError(f"the engine does not have the operator {name}", where)
    operators = tuple(sorted(wanted)) if wanted else None
    return Selection(operators, signal=not engine_only, signature=not engine_only, short_errors=short_errors)


@functools.cache
def known_operators() -> frozenset[str]:
    """All operators of the engine."""
    table = (_ENGINE / "operators.def").read_text(encoding="utf-8")
    return frozenset(re.findall(r"^OPERATOR\(\d+, (\w+),", table, flags=re.MULTILINE))


def _operators(model: bytes) -> set[str]:
    """The operators that a model names, in whichever of its subgraphs."""
    names = {operator.name for operator in tflite_file.read(model).operators}
    root = tflite.Model.GetRootAs(model, 0)
    codes = [root.OperatorCodes(i) for i in range(root.OperatorCodesLength())]
    numbers = {max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) for code in codes}
    known = {name: number for name, number in vars(tflite.BuiltinOperator).items() if name.isupper()}
    return names | {name for name, number in known.items() if number in numbers and name != "CUSTOM"}


def _c_files(folder: str) -> list[Path]:
    return sorted((NATIVE / folder).glob("*.c"))


def _prepares(path: Path) -> set[str]:
    """The names of the prepare functions that a file of ``operators/`` has."""
    return set(re.findall(r"^void picket_prepare_(\w+)\(picket_prepare_t", path.read_text(encoding="utf-8"), re.M))


def _with_helpers(files: set[Path]) -> set[Path]:
    """The files, and those beside them whose headers they include, directly or through other headers."""
    found, left = set(files), list(files)
    while left:
        path = left.pop()
        for name in re.findall(r'^#include "(\w+)\.h"', path.read_text(encoding="utf-8"), re.M):
            for beside in (path.with_name(f"{name}.c"), path.with_name(f"{name}.h")):
                if beside.is_file() and beside not in found:
                    found.add(beside)
                    left.append(beside)
    return {path for path in found if path.suffix == ".c"}
