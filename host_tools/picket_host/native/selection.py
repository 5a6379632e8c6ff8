"""What goes into a build of the native module: the engine's operators and kernels, and the parts beside the engine."""

from __future__ import annotations

import functools
import json
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

# Types that operators may be built for beside int8 (and what each has of float32 and others): activations of int16, and
# weights of int4.
TYPES = ("int16", "int4")
_ENGINE = NATIVE / "engine"
# Files of the binding that belong to a part which can be left out.
_SIGNAL_BINDING = ("fusion.c", "signal.c")
# By the kind of pipeline in a model package.
_PIPELINE_BINDING = {
    "heart": "heart.c",
    "image": "pixels.c",
    "mel": "mel.c",
    "motion": "motion.c",
    "vibration": "vibration.c",
}
_SIGNATURE_BINDING = ("signature.c",)


@dataclass(frozen=True)
class Selection:
    """The contents of ``picket_native``.

    Attributes:
        operators: names as in ``CONV_2D``, sorted; all that the engine has, when None.
        signal: with signal processing (``window_stats``, ``Vibration``, the attitude filters ...).
        pipelines: the kinds of pipeline whose signal processing goes in, sorted; all when None.
        signature: with ``verify``.
        short_errors: what is wrong with a model is a few numbers, see ``faults``. That saves 3 KB.
        types: of ``TYPES``, those that the chosen operators are built for.
        compact: layers with weights have one small kernel each instead of several
            (``native_module/engine/compact.h``): less code, about twice the instructions.
    """

    operators: tuple[str, ...] | None = None
    signal: bool = True
    signature: bool = True
    short_errors: bool = False
    pipelines: tuple[str, ...] | None = None
    types: tuple[str, ...] = TYPES
    compact: bool = False

    @property
    def flags(self) -> tuple[str, ...]:
        """Compiler flags for all files."""
        chosen = () if self.operators is None else ("SELECT_OPERATORS", *(f"OP_{name}" for name in self.operators))
        chosen += () if self.operators is None else tuple(f"TYPE_{name.upper()}" for name in self.types)
        left_out = [name for name, kept in (("SIGNAL", self.signal), ("SIGNATURE", self.signature)) if not kept]
        left_out += [kind.upper() for kind in self._left_out_pipelines()] if self.signal else []
        forms = [name for name, kept in (("SHORT_ERRORS", self.short_errors), ("COMPACT", self.compact)) if kept]
        names = (*chosen, *(f"WITHOUT_{name}" for name in left_out), *forms)
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
        left_out = [*(() if self.signal else _SIGNAL_BINDING), *(() if self.signature else _SIGNATURE_BINDING)]
        left_out += [_PIPELINE_BINDING[kind] for kind in self._left_out_pipelines()]
        files = [path for path in _c_files("binding") if path.name not in left_out]
        files += _c_files("crypto") if self.signature else []
        files += _c_files("dsp") if self.signal else []
        return files + self.engine_files()

    def _left_out_pipelines(self) -> list[str]:
        if not self.signal:
            return list(_PIPELINE_BINDING)
        return [kind for kind in _PIPELINE_BINDING if self.pipelines is not None and kind not in self.pipelines]

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
    models: Sequence[Path] = (),
    ops: str | None = None,
    *,
    types: str | None = None,
    engine_only: bool = False,
    short_errors: bool = False,
    compact: bool = False,
) -> Selection:
    """The selection for some models.

    Args:
        models: ``.tflite`` files, or folders that are searched for them. When each lies in a model package, the signal
            processing is that of their pipelines; else that of all.
        ops: names of operators with commas between them, in addition to those that the models use. With neither models
            nor names: all.
        types: names of ``TYPES`` with commas between them, in addition to those that the models use.
        engine_only: without signal processing and signatures.
        short_errors, compact: as in ``Selection``.

    Raises:
        InputError: a model that isn't there, or an operator or type that the engine does not have. ModelError: a file
        that isn't a model.
    """
    wanted_types = {name.strip().lower() for name in (types or "").split(",") if name.strip()}
    for name in sorted(wanted_types - set(TYPES)):
        raise InputError(f"there is no type {name} to choose", "--types", f"one of {', '.join(TYPES)}")
    wanted: dict[str, object] = {name.strip().upper(): "--ops" for name in (ops or "").split(",") if name.strip()}
    for path in model_files(models):
        model = path.read_bytes()
        for name in _operators(model, path):
            wanted.setdefault(name, path)
        wanted_types |= _types(model)
    for name, where in wanted.items():
        if name not in known_operators():
            raise InputError(f"the engine does not have the operator {name}", where)
    operators = tuple(sorted(wanted)) if wanted else None
    beside = not engine_only
    return Selection(
        operators,
        signal=beside,
        signature=beside,
        short_errors=short_errors,
        compact=compact,
        pipelines=_pipelines(model_files(models)),
        types=TYPES if operators is None else tuple(name for name in TYPES if name in wanted_types),
    )


def _pipelines(models: Sequence[Path]) -> tuple[str, ...] | None:
    """The kinds of pipeline of models that lie in packages; None when one of them doesn't, or when there are none."""
    try:
        packages = [json.loads(path.with_name("model.json").read_bytes()) for path in models]
        return tuple(sorted({package["pipeline"]["kind"] for package in packages})) or None
    except (OSError, ValueError, KeyError, TypeError):
        return None


@functools.cache
def known_operators() -> frozenset[str]:
    """All operators of the engine."""
    table = (_ENGINE / "operators.def").read_text(encoding="utf-8")
    return frozenset(re.findall(r"^OPERATOR\(\d+, (\w+),", table, flags=re.MULTILINE))


def _operators(model: bytes, where: Path) -> set[str]:
    """The operators that a model names, in whichever of its subgraphs."""
    names = {operator.name for operator in tflite_file.read(model, where).operators}
    root = tflite.Model.GetRootAs(model, 0)
    codes = [root.OperatorCodes(i) for i in range(root.OperatorCodesLength())]
    numbers = {max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) for code in codes}
    known = {name: number for name, number in vars(tflite.BuiltinOperator).items() if name.isupper()}
    return names | {name for name, number in known.items() if number in numbers and name != "CUSTOM"}


def _types(model: bytes) -> set[str]:
    """Those of ``TYPES`` that a model's operators need; those that make int16 into another type don't need it."""
    graph = tflite_file.read(model)

    def used(indices: Sequence[int]) -> set[str]:
        return {graph.tensors[index].dtype for index in indices if index >= 0}

    made = {dtype for operator in graph.operators for dtype in used(operator.outputs)}
    read = {dtype for operator in graph.operators for dtype in used(operator.inputs)}
    return (made & {"int16"}) | (read & {"int4"})


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
