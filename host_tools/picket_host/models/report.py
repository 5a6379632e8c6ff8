"""Everything about one model that a page can show: gathered here, drawn by ``report_page``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from picket_host.bench import rv32
from picket_host.errors import ModelError
from picket_host.models import recipes, tflite_file
from picket_host.models.chips import Latency, latencies
from picket_host.models.cost import Cost, cost_of
from picket_host.models.keras_bench import KerasBench
from picket_host.models.layer_errors import LayerError, layer_errors
from picket_host.models.tflite_file import Graph
from picket_host.models.tflm import Judge
from picket_host.models.train import Run, RunFolder
from picket_host.models.verify import VerifyReport, verify, verify_on
from picket_host.progress import SILENT, Progress


@dataclass(frozen=True)
class OperatorRow:
    """One operator of the model.

    Attributes:
        index, name, layer: as in ``tflite_file.Operator``.
        constant_bytes: weights and other constants in the file that only it uses.
        live_bytes: of all tensors that must be kept while it runs: the least that an arena can have.
        instructions: measured, or estimated.
        kernel: of the instruction model; ``other`` for one that it does not know.
    """

    index: int
    name: str
    layer: str
    constant_bytes: int
    live_bytes: int
    instructions: int
    kernel: str


@dataclass(frozen=True)
class ModelReport:
    """What the page shows.

    Attributes:
        source: run folder or file.
        run: None for a file.
        proof: as ``verify`` gives it; without scores for a file.
        cost: of the model, with estimated instructions.
        instructions: of one inference, measured where ``measured`` says so, else estimated.
        operators: in order of execution.
        layers: quantisation errors; empty for a file, whose float parent nobody knows.
        latencies: by chip.
        measured: whether instructions were counted on the emulated board.
    """

    source: Path
    run: Run | None
    proof: VerifyReport
    cost: Cost
    instructions: int
    operators: tuple[OperatorRow, ...]
    layers: tuple[LayerError, ...]
    latencies: tuple[Latency, ...]
    measured: bool


def gather(source: Path, measure: bool = False, progress: Progress = SILENT) -> ModelReport:
    """Prove a model and find out what it costs, where.

    Args:
        source: a quantised run or a ``.tflite`` file.
        measure: count instructions on the emulated board, instead of estimating them.

    Raises:
        InputError: a file is missing or of the wrong kind. ModelError: the model can't be run.
    """
    folder = RunFolder(source)
    layers: tuple[LayerError, ...] = ()
    if folder.exists:
        model, dataset, file = folder.model(), folder.dataset(), folder.tflite_file
        step = recipes.stream_step(recipes.find(folder.run().recipe))
        with KerasBench(progress) as bench, Judge() as judge:
            proof = verify_on(bench, judge, folder.keras_file, model, dataset, progress, step)
            layers = layer_errors(bench, folder.keras_file, model, dataset.test.x)
    else:
        proof = verify(source, None, progress)
        model, file = source.read_bytes(), source
    cost = cost_of(model)
    graph = tflite_file.read(model)
    counts, total = [operator.instructions for operator in cost.instructions.operators], cost.instructions.total
    if measure:
        counts, total = _measure(file, progress)
    live, constants = _live_bytes(graph), _constant_bytes(graph)
    operators = tuple(
        OperatorRow(o.index, o.name, o.layer, constants[o.index], live[o.index], counts[o.index], o.kernel)
        for o in cost.instructions.operators
    )
    return ModelReport(
        source=source,
        run=folder.run() if folder.exists else None,
        proof=proof,
        cost=cost,
        instructions=total,
        operators=operators,
        layers=layers,
        latencies=latencies(total, 0.0 if measure else cost.instructions.error_pct),
        measured=measure,
    )


def _measure(file: Path, progress: Progress) -> tuple[list[int], int]:
    """Instructions of each operator and of a whole inference."""
    (cost,) = rv32.measure([file], vectors=4, progress=progress).models
    if isinstance(cost, rv32.Refused):
        raise ModelError(cost.error, file)
    return [operator.instructions for operator in cost.operators], cost.instructions


def _live_bytes(graph: Graph) -> list[int]:
    """By operator, the bytes of the tensors that are needed while it runs: its own, and others' for later."""
    last = len(graph.operators)
    born = dict.fromkeys(graph.inputs, 0)
    dies = dict.fromkeys(graph.outputs, last)
    for operator in graph.operators:
        for index in operator.outputs:
            born.setdefault(index, operator.index)
            dies.setdefault(index, operator.index)
        for index in operator.inputs:
            if index in born and index not in graph.outputs:
                dies[index] = operator.index
    return [
        sum(graph.tensors[i].bytes for i, first in born.items() if first <= step <= dies.get(i, first))
        for step in range(last)
    ]


def _constant_bytes(graph: Graph) -> list[int]:
    """By operator, the bytes of its constants in the file; those that several share count for the first."""
    counted: set[int] = set()
    sizes = []
    for operator in graph.operators:
        own = {index for index in operator.inputs if index >= 0} - counted
        counted |= own
        sizes.append(sum(graph.tensors[index].constant_bytes for index in own))
    return sizes
