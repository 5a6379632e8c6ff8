"""Instructions of a model without running it: for each kernel a sum of terms, fitted to counts of the emulated board.

The coefficients in ``instruction_model.json`` belong to rv32imc and to one state of the engine's sources. They are made
by ``instruction_fit``, which also says how far off they are on models that had no part in them.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from picket_host.models.tflite_file import Graph, Operator
from picket_host.native.engine import sources

FILE = Path(__file__).with_name("instruction_model.json")
INVOKE = "invoke"  # the kernel that stands for the call of a model

_OTHER = "other"  # the kernel that stands for those that were not measured
_OTHER_ERROR_PCT = 100.0
# Operators that only hand memory on, or copy it.
_MOVES = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
_MOVE = "RESHAPE"

_TYPES = ("int4", "int16", "float32")  # beside int8, whose kernels have no suffix

_Shape = tuple[int, ...]


@dataclass(frozen=True)
class OperatorEstimate:
    """One operator's share.

    Attributes:
        index, name, layer: as in ``tflite_file.Operator``.
        kernel: which of the fitted kernels it was taken for: that of int8 for another type that was not measured,
            ``other`` for one that was not measured at all.
        instructions: of one run.
        error_pct: how far off single models of this kernel were at the worst when it was fitted.
    """

    index: int
    name: str
    layer: str
    kernel: str
    instructions: int
    error_pct: float


@dataclass(frozen=True)
class Estimate:
    """Instructions of one inference on rv32imc.

    Attributes:
        total: all operators and the call.
        operators: in order of execution.
        measured_share: share of the total that belongs to kernels that were measured.
        error_pct: the operators' errors, weighted by their share: what to expect at the worst.
        current: whether the coefficients belong to the engine as it is now.
    """

    total: int
    operators: tuple[OperatorEstimate, ...]
    measured_share: float
    error_pct: float
    current: bool


def estimate(graph: Graph) -> Estimate:
    """The instructions of one inference."""
    model = _model()
    operators = []
    for operator in graph.operators:
        described, terms = describe(graph, operator)
        kernel, fitted = _fitted(described)
        count = sum(fitted["terms"].get(name, 0.0) * value for name, value in terms.items())
        error = fitted["error_pct"]["worst"] if kernel == described else _OTHER_ERROR_PCT
        operators.append(OperatorEstimate(operator.index, operator.name, operator.layer, kernel, round(count), error))
    total = sum(operator.instructions for operator in operators)
    counted = max(1, total)
    return Estimate(
        total=total + round(model["kernels"][INVOKE]["terms"].get("call", 0)),
        operators=tuple(operators),
        measured_share=sum(o.instructions for o in operators if o.error_pct != _OTHER_ERROR_PCT) / counted,
        error_pct=sum(o.instructions * o.error_pct for o in operators) / counted,
        current=model["engine"] == engine_fingerprint(),
    )


def describe(graph: Graph, operator: Operator) -> tuple[str, dict[str, float]]:
    """The kernel that runs an operator, and what its instructions may depend on.

    Terms: ``call`` is 1; ``inputs`` and ``outputs`` are elements; ``macs`` multiplications, ``rest_macs`` those of
    outputs that make no whole block; ``pixels`` places of an output image and ``lines`` its rows in each channel;
    ``gathered`` inputs that a convolution collects; ``taps`` inputs under a pool's windows; ``distinct`` values of a
    table that is made for the call.
    """
    tensors = [graph.tensors[i] for i in operator.inputs if i >= 0]
    target = graph.tensors[operator.outputs[0]] if operator.outputs else tensors[0]
    data = next((tensor for tensor in tensors if tensor.dtype == target.dtype), target)
    outputs = math.prod(target.shape)
    terms: dict[str, float] = {"call": 1, "inputs": math.prod(data.shape), "outputs": outputs}
    if len(target.shape) == 4:
        terms |= {"pixels": outputs // target.shape[3], "lines": target.shape[1] * target.shape[3]}
    kernel = _MOVE if operator.name in _MOVES else operator.name
    specific = _TERMS.get(operator.name)
    if specific is not None:
        variant, more = specific([tensor.shape for tensor in tensors], target.shape)
        kernel += variant
        terms |= more
    types = [tensor.dtype for tensor in tensors if tensor.dtype in _TYPES]
    return (f"{kernel}_{types[-1]}" if types else kernel), terms


def _conv(shapes: list[_Shape], output: _Shape) -> tuple[str, dict[str, float]]:
    filters, *window = shapes[1]  # [out, height, width, in]
    gathered = math.prod(output[:3]) * math.prod(window)
    terms = {"macs": gathered * filters, "rest_macs": gathered * (filters % 4), "gathered": gathered}
    return "_1x1" if window[:2] == [1, 1] else "", terms


def _depthwise(shapes: list[_Shape], output: _Shape) -> tuple[str, dict[str, float]]:
    source, (_, height, width, channels) = shapes[:2]
    taps = math.prod(output[:3]) * height * width
    terms = {"macs": taps * channels, "rest_macs": taps * (channels % 4), "gathered": taps}
    if source[3] == 1:
        return "_one_input", terms
    if (height, width) == (3, 3) and channels == source[3]:
        return "_3x3" if source[2] < 2 * output[2] else "_3x3_by_2", terms
    return "", terms


def _dense(shapes: list[_Shape], output: _Shape) -> tuple[str, dict[str, float]]:
    units, depth = shapes[1]
    rows = math.prod(output) // units
    return "", {"macs": rows * units * depth, "rest_macs": rows * (units % 8) * depth}


def _pool(shapes: list[_Shape], output: _Shape) -> tuple[str, dict[str, float]]:
    source = shapes[0]  # windows that touch each other, as those of pools mostly do
    return "", {"taps": math.prod(output) * (source[1] // output[1]) * (source[2] // output[2])}


def _table(shapes: list[_Shape], output: _Shape) -> tuple[str, dict[str, float]]:
    return "", {"distinct": min(256, math.prod(output))}


_TERMS: dict[str, Callable[[list[_Shape], _Shape], tuple[str, dict[str, float]]]] = {
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _dense,
    "AVERAGE_POOL_2D": _pool,
    "MAX_POOL_2D": _pool,
    "LOGISTIC": _table,
}


def engine_fingerprint() -> str:
    """SHA-256 over the engine's C sources, hexadecimal."""
    digest = hashlib.sha256()
    for file in sources():
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _fitted(kernel: str) -> tuple[str, dict[str, Any]]:
    """The fitted kernel that comes nearest, by name."""
    kernels = _model()["kernels"]
    name = kernel
    for suffix in _TYPES if kernel not in kernels else ():
        name = name.removesuffix(f"_{suffix}")
    return (name, kernels[name]) if name in kernels else (_OTHER, kernels[_OTHER])


@functools.cache
def _model() -> dict[str, Any]:
    model = json.loads(FILE.read_text())
    model["kernels"].setdefault(
        _OTHER, {"terms": model["other"], "error_pct": {"median": _OTHER_ERROR_PCT, "worst": _OTHER_ERROR_PCT}}
    )
    return model
