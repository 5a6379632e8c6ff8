"""Packages of pipeline kind ``image`` around any int8 model of pictures, golden vectors by the official runtime."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from tflite_builder import TfliteBuilder

from picket_host.models import golden
from picket_host.models.tflm import Judge
from picket_host.models.verify import run_tflm
from picket_host.models.vision import SIZE, image_params
from picket_host.native.engine import Engine


def image_package(folder: Path, model: bytes, labels: tuple[str, ...], name: str, hop_ms: int = 200) -> Path:
    """Write the package of a model whose input is a picture of ``SIZE`` x ``SIZE`` pixels."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(5)
    inputs = rng.integers(-128, 128, (4, *Engine(model).inputs[0].shape)).astype(np.int8)
    with Judge() as judge:
        outputs = run_tflm(judge, model, inputs)
    description = {
        "format": 1, "name": name, "version": "1", "labels": labels,
        "pipeline": {"kind": "image", "params_file": "pipeline.bin"},
    }  # fmt: skip
    (folder / "model.json").write_text(json.dumps(description))
    (folder / "model.tflite").write_bytes(model)
    (folder / "pipeline.bin").write_bytes(image_params(SIZE, SIZE, hop_ms))
    (folder / "golden.bin").write_bytes(golden.pack(inputs, outputs))
    return folder


def brightness_model() -> bytes:
    """Two classes: pictures whose mean pixel is below 128, and those above."""
    pixels = SIZE * SIZE
    weights = np.repeat(np.array([[-1], [1]], np.int8), pixels, axis=1)
    bias = np.array([[128], [-128]]) * pixels
    b = TfliteBuilder()
    x = b.tensor((1, pixels), np.int8, scale=1.0, zero_point=-128)
    w = b.tensor(weights.shape, np.int8, weights, 1 / pixels)
    c = b.tensor((2,), np.int32, bias.astype(np.int32).ravel(), 1 / pixels)
    logits = b.tensor((1, 2), np.int8, scale=1.0, zero_point=0)
    b.operator("FULLY_CONNECTED", [x, w, c], [logits], "FullyConnectedOptions", version=4)
    y = b.tensor((1, 2), np.int8, scale=1 / 256, zero_point=-128)
    b.operator("SOFTMAX", [logits], [y], "SoftmaxOptions", version=2, Beta=1.0)
    return b.build([x], [y])
