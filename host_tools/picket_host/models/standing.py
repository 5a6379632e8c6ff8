"""Where a model stands: what it can do as int8 on the device, and what it costs. What compression is judged by."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from picket_host.models import packing
from picket_host.models.cost import cost_of
from picket_host.models.dataset import Dataset, Split
from picket_host.models.keras_bench import KerasBench
from picket_host.models.quantize import to_int8
from picket_host.models.verify import quantized_inputs, run_engine
from picket_host.native.engine import Engine


@dataclass(frozen=True)
class Standing:
    """A model as int8 on the portable engine.

    Attributes:
        float_accuracy: of the Keras model on the held-back part.
        accuracy, noisy_accuracy: of the int8 model on the held-back part, and on that with noise added.
        bytes: size of the ``.tflite`` file, packed for the device, which is what an update over the air transfers.
        deflated_bytes: its size deflated (zlib, level 9): what a transport that compresses would transfer.
        arena_bytes, macs: as in ``cost.Cost``.
        instructions: estimated for rv32imc.
    """

    float_accuracy: float
    accuracy: float
    noisy_accuracy: float
    bytes: int
    deflated_bytes: int
    arena_bytes: int
    macs: int
    instructions: int


def standing(bench: KerasBench, keras_file: Path, dataset: Dataset) -> tuple[Standing, bytes]:
    """Quantise a Keras model to int8 and measure it on held-back data; returns the ``.tflite`` as well."""
    model = to_int8(bench, keras_file, dataset.representative())
    packed = packing.pack(model)
    engine = Engine(packed)
    cost = cost_of(packed)
    real = bench.predict(keras_file, dataset.test.x)
    return (
        Standing(
            float_accuracy=_accuracy(real, dataset.test),
            accuracy=_engine_accuracy(engine, dataset.test),
            noisy_accuracy=_engine_accuracy(engine, dataset.noisy),
            bytes=len(packed),
            deflated_bytes=len(zlib.compress(packed, 9)),
            arena_bytes=cost.arena_bytes,
            macs=cost.macs,
            instructions=cost.instructions.total,
        ),
        model,
    )


def _engine_accuracy(engine: Engine, split: Split) -> float:
    return _accuracy(run_engine(engine, quantized_inputs(engine, split.x)), split)


def _accuracy(outputs: np.ndarray, split: Split) -> float:
    return float((outputs.reshape(len(split), -1).argmax(axis=1) == split.y).mean())
