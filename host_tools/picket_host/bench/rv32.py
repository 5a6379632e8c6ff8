"""Measures models on the emulated board: real MicroPython on RISC-V, with the native module as stock firmware loads it.

Instructions are counted by the processor itself (``minstret``) while QEMU counts time in instructions, so that the
numbers are exact and the same on every machine. Nothing is subtracted but the call of a method that does nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from picket_host import natmod
from picket_host.bench.macs import macs
from picket_host.bench.vectors import random_inputs
from picket_host.emulator.emulator import Emulator, ScriptError
from picket_host.errors import InputError, ModelError
from picket_host.models import tflite_file
from picket_host.models.tflm import Judge
from picket_host.native.selection import EVERYTHING, Selection
from picket_host.progress import SILENT, Progress

_ON_BOARD = Path(__file__).with_name("on_board.py")
_SEED = 20261122
_HEAP_BYTES = 1 << 20  # a module with every operator, and what the measurement itself needs


@dataclass(frozen=True)
class OperatorCost:
    """One operator's share of the instructions on the last vector.

    Counted by ``minstret`` around each operator. Reading it costs the same for each, and all have to add up to the
    whole ``invoke()`` on that vector: what they count more is taken off in equal parts.
    """

    name: str
    instructions: int


@dataclass(frozen=True)
class ModelCost:
    """What one model costs.

    Attributes:
        matches_tflm: every output of every vector has the bytes that the official TFLM runtime gives.
        vectors: random inputs that were run.
        instructions: of one ``invoke()``, the median over the vectors.
        macs: multiplications of one inference; ``instructions_per_mac`` is None where there are none.
        arena_bytes: everything the open model needs on the 32-bit board.
        tflm_arena_bytes: what TFLM needs for it on this 64-bit machine; on a 32-bit board it is somewhat less.
        operators: in order of execution; their sum is that of one vector, not the median.
    """

    model: str
    matches_tflm: bool
    vectors: int
    instructions: int
    macs: int
    instructions_per_mac: float | None
    arena_bytes: int
    tflm_arena_bytes: int
    operators: tuple[OperatorCost, ...]


@dataclass(frozen=True)
class Refused:
    """A model that could not be measured, and why."""

    model: str
    error: str


@dataclass(frozen=True)
class Report:
    """The result of one run.

    Attributes:
        engine: the inference engine in the native module.
        module_bytes: size of the ``.mpy`` file.
        module_heap_bytes: what importing it takes of the board's heap; 0 when no model could be measured.
    """

    target: str
    engine: str
    module_bytes: int
    module_heap_bytes: int
    models: tuple[ModelCost | Refused, ...]

    @property
    def good(self) -> bool:
        """Whether every model was measured and gave the official runtime's outputs."""
        return all(isinstance(model, ModelCost) and model.matches_tflm for model in self.models)


def measure(
    models: Sequence[Path], vectors: int = 8, progress: Progress = SILENT, *, selection: Selection = EVERYTHING
) -> Report:
    """Measure each model on random inputs.

    Args:
        selection: what the native module is built of.

    Raises:
        InputError: a file can't be read. EnvironmentError_, BuildError: the board or the module can't be made here.
    """
    contents = [(path, _read(path)) for path in models]
    module = natmod.build("rv32imc", progress, selection=selection)
    costs: list[ModelCost | Refused] = []
    about = {"engine": "", "module_heap_bytes": 0}
    board = Emulator(icount=True, heap_bytes=_HEAP_BYTES)
    board.start(progress)
    try:
        with Judge() as judge:
            for index, (path, model) in enumerate(contents):
                progress.step(f"measuring {path.name}", done=index, total=len(contents))
                try:
                    cost, about = _measure(board, judge, module.path, path, model, vectors)
                    costs.append(cost)
                except ModelError as error:
                    costs.append(Refused(str(path), str(error)))
    finally:
        board.stop()
    size = module.file_bytes
    return Report("rv32", about["engine"], size, about["module_heap_bytes"], tuple(costs))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", path) from error


def _measure(
    board: Emulator, judge: Judge, module: Path, path: Path, model: bytes, vectors: int
) -> tuple[ModelCost, dict]:
    graph = tflite_file.read(model)
    inputs = random_inputs(graph, vectors, _SEED)
    expected = judge.run(model, inputs)
    raw = b"".join(array.tobytes() for invocation in inputs for array in invocation)
    try:
        output = board.run(_ON_BOARD, {module.name: module, "model.tflite": model, "inputs.bin": raw}, timeout_s=600)
    except ScriptError as error:
        raise ModelError(error.traceback.strip().splitlines()[-1]) from error
    about, *runs, operators = map(json.loads, output.splitlines())
    matches = all(
        [bytes.fromhex(text) for text in run["outputs"]] == [array.tobytes() for array in arrays]
        for run, arrays in zip(runs, expected, strict=True)
    )
    instructions = int(np.median([run["instructions"] for run in runs]))
    multiplications = macs(graph)
    cost = ModelCost(
        model=str(path),
        matches_tflm=matches,
        vectors=vectors,
        instructions=instructions,
        macs=multiplications,
        instructions_per_mac=round(instructions / multiplications, 2) if multiplications else None,
        arena_bytes=about["arena_bytes"],
        tflm_arena_bytes=judge.arena_bytes(model),
        operators=tuple(OperatorCost(name, count) for name, count in operators),
    )
    return cost, about
