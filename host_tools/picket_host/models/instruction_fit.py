"""Fits the instruction model: measures small models of many shapes on the emulated board and solves for the terms.

The solution is the non-negative one with the least squared relative error. Its errors are those of a five-fold
cross-validation: of models that had no part in the fit.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import nnls

from picket_host.bench import rv32
from picket_host.errors import ModelError
from picket_host.models import instruction_model, tflite_file
from picket_host.models.keras_bench import KerasBench
from picket_host.progress import SILENT, Progress

_SEED = 20261122
_FOLDS = 5
_VECTORS = 2  # instructions hardly depend on the values


@dataclass(frozen=True)
class Layers:
    """A small model to measure.

    Attributes:
        shape: of its input, without the batch.
        stack: Keras layers one after the other, as (class, configuration).
        merge: a Keras layer that joins the input with what the stack makes of it.
    """

    shape: tuple[int, ...]
    stack: tuple[tuple[str, dict[str, Any]], ...]
    merge: str | None = None


@dataclass(frozen=True)
class Measured:
    """One model's terms by (kernel, term), and its counted instructions."""

    kernel: str
    terms: dict[tuple[str, str], float]
    instructions: int


@dataclass(frozen=True)
class KernelFit:
    """One kernel of the instruction model.

    Attributes:
        terms: instructions for one unit of each term, see ``instruction_model.describe``.
        samples: models that were measured for it.
        error_pct: ``median`` and ``worst`` absolute error of models that had no part in the fit.
    """

    terms: dict[str, float]
    samples: int
    error_pct: dict[str, float]


@dataclass(frozen=True)
class FitReport:
    """What was fitted: the file, models measured, and by kernel the coefficients with their errors."""

    file: Path
    measured: int
    kernels: dict[str, KernelFit]


def fit(out: Path = instruction_model.FILE, progress: Progress = SILENT, thin: int = 1) -> FitReport:
    """Measure, solve and write the coefficients.

    Args:
        thin: take each ``thin``-th of the sample models only.

    Raises:
        ModelError: a model could not be converted or measured. EnvironmentError_, BuildError: no emulated board here.
    """
    samples = list(_samples(np.random.default_rng(_SEED)))[::thin]
    with tempfile.TemporaryDirectory(prefix="picket-fit-") as scratch:
        files = []
        with KerasBench() as bench:
            for index, layers in enumerate(samples):
                progress.step("converting sample models", index, len(samples))
                file = Path(scratch) / f"{index}.tflite"
                file.write_bytes(bench.sample(asdict(layers), _SEED + index))
                files.append(file)
        measured = [_measured(file, cost) for file, cost in zip(files, _counts(files, progress), strict=True)]
    kernels = _solve_all(measured)
    document = {
        "target": "rv32imc",
        "engine": instruction_model.engine_fingerprint(),
        "measured": len(measured),
        "other": _other(measured),
        "kernels": {name: asdict(kernel) for name, kernel in sorted(kernels.items())},
    }
    out.write_text(json.dumps(document, indent=1) + "\n")
    return FitReport(out, len(measured), kernels)


def _samples(rng: np.random.Generator) -> Iterator[Layers]:
    def among(*values: int) -> int:
        return int(rng.choice(values))

    def image(*channels: int) -> tuple[int, int, int]:
        return among(6, 8, 12, 16, 24), among(6, 8, 12, 16), among(*channels)

    for _ in range(44):
        kernel = [(3, 3), (5, 5), (5, 1), (10, 4), (1, 3)][among(0, 0, 1, 2, 3, 4)]
        options = {"filters": among(3, 4, 6, 8, 10, 16, 24, 32), "kernel_size": kernel, "strides": among(1, 1, 2)}
        yield Layers(image(1, 1, 3, 4, 8, 16), (("Conv2D", {**options, "padding": "same", "activation": "relu"}),))
    for _ in range(24):
        options = {"filters": among(4, 6, 8, 16, 24, 33, 48), "kernel_size": 1, "activation": "relu"}
        yield Layers(image(4, 8, 16, 24, 32, 48), (("Conv2D", options),))
    for _ in range(24):
        options = {"kernel_size": 3, "strides": among(1, 1, 2), "padding": "same"}
        yield Layers(image(4, 8, 16, 24, 32), (("DepthwiseConv2D", options),))
    for _ in range(12):
        kernel = [(5, 5), (5, 1), (1, 5), (1, 1), (7, 3)][among(0, 1, 2, 3, 4)]
        options = {"kernel_size": kernel, "strides": among(1, 2), "padding": "same"}
        yield Layers(image(4, 8, 16, 24), (("DepthwiseConv2D", options),))
    for _ in range(14):
        kernel = [(3, 3), (10, 8), (5, 5)][among(0, 1, 2)]
        options = {"kernel_size": kernel, "strides": among(1, 2), "padding": "same", "depth_multiplier": among(4, 8)}
        yield Layers(image(1), (("DepthwiseConv2D", options),))
    for _ in range(16):
        options = {"units": among(2, 4, 10, 16, 33, 64, 128), "activation": "relu"}
        yield Layers((among(8, 16, 40, 64, 144, 256, 640, 1000),), (("Dense", options),))
    for name in ("AveragePooling2D", "MaxPooling2D"):
        for _ in range(12):
            yield Layers(image(4, 8, 16, 32), ((name, {"pool_size": among(2, 2, 3, 4)}),))
    for _ in range(8):
        yield Layers(image(4, 8, 16, 32, 64), (("GlobalAveragePooling2D", {}),))
    for units in (2, 3, 4, 8, 10, 16, 32):
        yield Layers((units,), (("Softmax", {}),))
    for function in ("relu", "relu6", "sigmoid", "tanh"):
        for size in (32, 100, 200, 500, 1000, 3000):
            yield Layers((size,), (("Activation", {"activation": function}),))
    for merge in ("Add", "Multiply", "Subtract", "Maximum", "Concatenate"):
        for _ in range(5):
            yield Layers(image(4, 8, 16), (("Activation", {"activation": "relu"}),), merge)
    for _ in range(10):
        yield Layers(image(1, 2, 4, 8, 16), (("ZeroPadding2D", {"padding": among(1, 2)}),))
    for size in (16, 240, 2400):
        yield Layers((size,), (("Reshape", {"target_shape": (size // 4, 4)}),))


def _counts(files: list[Path], progress: Progress) -> list[rv32.ModelCost]:
    costs = []
    for cost in rv32.measure(files, _VECTORS, progress).models:
        if isinstance(cost, rv32.Refused):
            raise ModelError(f"a sample model could not be measured: {cost.error}")
        costs.append(cost)
    return costs


def _measured(file: Path, cost: rv32.ModelCost) -> Measured:
    graph = tflite_file.read(file.read_bytes())
    terms: dict[tuple[str, str], float] = {(instruction_model.INVOKE, "call"): 1.0}
    kernel = instruction_model.INVOKE
    for operator in graph.operators:
        kernel, described = instruction_model.describe(graph, operator)
        for name, value in described.items():
            terms[kernel, name] = terms.get((kernel, name), 0.0) + value
    return Measured(kernel, terms, cost.instructions)


def _solve_all(measured: list[Measured]) -> dict[str, KernelFit]:
    solution = _solve(measured)
    errors: dict[str, list[float]] = {}
    for fold in range(_FOLDS):
        others = _solve([sample for i, sample in enumerate(measured) if i % _FOLDS != fold])
        for sample in measured[fold::_FOLDS]:
            predicted = sum(others.get(key, 0.0) * value for key, value in sample.terms.items())
            errors.setdefault(sample.kernel, []).append(100 * abs(predicted / sample.instructions - 1))
    kernels: dict[str, KernelFit] = {}
    for name in sorted({kernel for kernel, _ in solution}):
        own = {term: value for (kernel, term), value in solution.items() if kernel == name and value > 0}
        terms = {term: round(float(value), 3) for term, value in own.items()}
        spread = errors.get(name, [0.0])
        error_pct = {"median": round(float(np.median(spread)), 1), "worst": round(float(max(spread)), 1)}
        kernels[name] = KernelFit(terms, len(errors.get(name, [])), error_pct)
    return kernels


def _solve(measured: list[Measured]) -> dict[tuple[str, str], float]:
    """Instructions for one unit of each (kernel, term)."""
    columns = sorted({key for sample in measured for key, value in sample.terms.items() if value})
    matrix = np.array([[sample.terms.get(key, 0.0) / sample.instructions for key in columns] for sample in measured])
    scale = np.linalg.norm(matrix, axis=0)
    values, _ = nnls(matrix / scale, np.ones(len(measured)), maxiter=100 * len(columns))
    return dict(zip(columns, values / scale, strict=True))


def _other(measured: list[Measured]) -> dict[str, float]:
    """An operator that nobody has measured costs for each output what the median of those without weights does."""
    per_output = [
        sample.instructions / outputs
        for sample in measured
        if not any(term == "macs" for _, term in sample.terms)
        and (outputs := sample.terms.get((sample.kernel, "outputs"), 0.0)) > 0
        and sample.kernel != "RESHAPE"
    ]
    return {"outputs": round(float(np.median(per_output)), 3)}
