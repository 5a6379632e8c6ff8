"""Where quantisation hurts: the error of every layer, float against dequantised values of the device's engine."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

from picket_host.models import tflite_file
from picket_host.models.keras_bench import KerasBench
from picket_host.models.tflite_file import Graph, Operator
from picket_host.models.verify import quantized_inputs, run_engine
from picket_host.native.engine import Engine

_SAMPLES = 32
_BEST_DB = 120.0  # where there is no error at all


@dataclass(frozen=True)
class LayerError:
    """The output of one operator of a quantised model, compared with the float model's.

    Attributes:
        index, name, layer: as in ``tflite_file.Operator``.
        sqnr_db: signal to quantisation noise, 10 log10(sum f² / sum (f - q)²) over all samples. The error is what has
            come together up to here, not this layer's share alone.
        worst: the largest difference, in real units.
    """

    index: int
    name: str
    layer: str
    sqnr_db: float
    worst: float


def layer_errors(bench: KerasBench, keras_file: Path, model: bytes, x: np.ndarray) -> tuple[LayerError, ...]:
    """Compare a quantised ``.tflite`` with its Keras parent on float32 [n, ...] inputs (up to 32 of them).

    Operators that the float graph does not have in the same place are left out.
    """
    x = x[np.linspace(0, len(x) - 1, min(_SAMPLES, len(x))).astype(int)]
    float_model = bench.convert_float(keras_file)
    real, integer = tflite_file.read(float_model), tflite_file.read(model)
    pairs = _matching(real, integer)
    wanted = bench.tensors(float_model, [one.outputs[0] for one, _ in pairs], x)
    return tuple(
        _error(operator, _values(model, integer, operator, x), values)
        for (_, operator), values in zip(pairs, wanted, strict=True)
    )


def _matching(real: Graph, integer: Graph) -> list[tuple[Operator, Operator]]:
    """Operators of the two graphs that do the same: equal names and shapes, in the same order."""
    ours, theirs = ([o for o in graph.operators if not o.name.endswith("QUANTIZE")] for graph in (real, integer))
    keys = [
        [(operator.name, graph.tensors[operator.outputs[0]].shape) for operator in operators]
        for graph, operators in ((real, ours), (integer, theirs))
    ]
    blocks = SequenceMatcher(None, *keys, autojunk=False).get_matching_blocks()
    return [(ours[a + i], theirs[b + i]) for a, b, size in blocks for i in range(size)]


def _values(model: bytes, graph: Graph, operator: Operator, x: np.ndarray) -> np.ndarray:
    """What the engine computes there, dequantised: float32 [n, *shape]."""
    tensor = graph.tensors[operator.outputs[0]]
    engine = Engine(tflite_file.with_output(model, operator.outputs[0]))
    integers = run_engine(engine, quantized_inputs(engine, x)).astype(np.float32)
    return tensor.scale * (integers - tensor.zero_point)


def _error(operator: Operator, integer: np.ndarray, real: np.ndarray) -> LayerError:
    difference = real.reshape(integer.shape).astype(np.float64) - integer
    noise, signal = float((difference**2).sum()), float((real.astype(np.float64) ** 2).sum())
    sqnr_db = _BEST_DB if noise == 0 else 10 * np.log10(max(signal, 1e-30) / noise)
    worst = float(np.abs(difference).max())
    return LayerError(operator.index, operator.name, operator.layer, min(_BEST_DB, float(sqnr_db)), worst)
