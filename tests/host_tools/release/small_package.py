"""A model package that tells loud from quiet, for tests that need a device which really senses."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from small_model import INPUT_SCALE, small_model

from picket_host.native.dsp import Vibration
from picket_host.native.engine import Engine

_BANDS = (1, 16, 64, 256, 1024, 2048)
_ENVELOPE = (1, 8, 32, 128)
_FEATURES = len(_BANDS) - 1 + len(_ENVELOPE) - 1 + 6
FOUR_PIXELS = struct.pack("<4sHHHBB", b"PIM1", 2, 2, 200, 8, 4)  # the smallest pipeline.bin there is
_RMS = _FEATURES - 6  # (log10(rms in g) + 1) / 2: 0.5 stands for 1 g


def pipeline(window: int = 4096, hop_ms: int = 250) -> bytes:
    """pipeline.bin with few bands."""
    head = struct.pack("<4sHHIf", b"PVF1", window, hop_ms, 26_667_000, 1 / 4096)
    carrier = struct.pack("<4H", len(_BANDS) - 1, len(_ENVELOPE) - 1, 800, 1000)
    return head + carrier + struct.pack(f"<{len(_BANDS) + len(_ENVELOPE)}H", *_BANDS, *_ENVELOPE)


def small_package(folder: Path, name: str = "loudness", labels: tuple[str, str] = ("quiet", "loud")) -> Path:
    """Write a package whose model says ``labels[1]`` for windows of more than 0.3 g RMS, or so."""
    folder.mkdir(parents=True)
    params = pipeline()
    assert len(Vibration(params).compute(np.zeros(4096, np.int16))) == _FEATURES
    weights = np.zeros((2, _FEATURES), np.int8)
    weights[:, _RMS] = (-127, 127)
    threshold = round((np.log10(0.3) + 1) / 2 / INPUT_SCALE)
    model = small_model(weights, np.array([127, -127]) * threshold)
    (folder / "model.tflite").write_bytes(model)
    (folder / "pipeline.bin").write_bytes(params)
    description = {
        "format": 1, "name": name, "version": "1", "labels": labels,
        "pipeline": {"kind": "vibration", "params_file": "pipeline.bin"},
    }
    (folder / "model.json").write_text(json.dumps(description))
    table = struct.pack("<4sHHf", b"PAN1", _FEATURES, 1, 1e6)
    table += np.concatenate([np.zeros(_FEATURES), np.ones(_FEATURES), np.zeros(_FEATURES)]).astype("<f4").tobytes()
    (folder / "anomaly.bin").write_bytes(table)
    inputs = [np.full(_FEATURES, value, np.int8) for value in (-100, 0, 3, 6, 100)]
    (folder / "golden.bin").write_bytes(golden(model, inputs))
    return folder


def description(name: str) -> dict[str, Any]:
    """model.json of a model that tells two things apart in ``FOUR_PIXELS``."""
    pipeline = {"kind": "image", "params_file": "pipeline.bin"}
    return {"format": 1, "name": name, "version": "1", "labels": ["dark", "bright"], "pipeline": pipeline}


def golden(model: bytes, inputs: list[np.ndarray]) -> bytes:
    """golden.bin with the outputs that the engine gives."""
    engine = Engine(model)
    vectors = [(x, engine.invoke([x.reshape(engine.inputs[0].shape)])[0]) for x in inputs]
    head = struct.pack("<4sIII", b"PGV1", len(vectors), vectors[0][0].nbytes, vectors[0][1].nbytes)
    return head + b"".join(x.tobytes() + y.tobytes() for x, y in vectors)
