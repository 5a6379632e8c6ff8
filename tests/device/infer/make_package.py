"""Makes package/: a tiny but real model package for the device tests, its golden vectors by the official TFLM runtime.

    python tests/device/infer/make_package.py

The files are kept in the repository, so that the tests need neither TensorFlow nor TFLM. Seeds are fixed. Made with
tensorflow 2.21.0 and tflite-micro 0.dev20261023182759.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
from signals import LABELS, WINDOW, samples

from picket_host.models.golden import pack
from picket_host.models.tflm import Judge
from picket_host.native.dsp import Vibration, anomaly_table, vibration_params
from picket_host.native.engine import Engine

_TRAIN = 60
_FOLDER = Path(__file__).parent / "package"


def _features(vibration: Vibration, kind: str, seeds: range) -> np.ndarray:
    return np.stack([vibration.compute(np.array(samples(kind, seed), np.int16)) for seed in seeds])


def _weights(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Softmax regression by gradient descent."""
    inputs, targets = np.c_[x, np.ones(len(x))], np.eye(len(LABELS))[y]
    weights = np.zeros((inputs.shape[1], len(LABELS)))
    for _ in range(3000):
        scores = np.exp(inputs @ weights)
        weights -= 0.5 * inputs.T @ (scores / scores.sum(1, keepdims=True) - targets) / len(x)
    return weights[:-1], weights[-1]


def _int8_model(weights: np.ndarray, bias: np.ndarray, x: np.ndarray) -> bytes:
    import keras
    import tensorflow as tf

    model = keras.Sequential([keras.Input((x.shape[1],)), keras.layers.Dense(len(bias), activation="softmax")])
    model.layers[0].set_weights([weights.astype(np.float32), bias.astype(np.float32)])
    with tempfile.TemporaryDirectory() as folder:
        signature = [tf.TensorSpec((1, x.shape[1]))]
        model.export(folder, format="tf_saved_model", input_signature=signature, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([row[None]] for row in x)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
        return bytes(converter.convert())


def main() -> None:
    params = vibration_params(
        window=WINDOW, hop_ms=20, bands=8, band_hz=(200.0, 12000.0), envelope_bands=4, envelope_hz=(110.0, 1500.0)
    )
    vibration = Vibration(params)
    parts = [_features(vibration, label, range(_TRAIN)) for label in LABELS]
    x, y = np.concatenate(parts), np.repeat(np.arange(len(LABELS)), _TRAIN)
    model = _int8_model(*_weights(x, y), x)

    healthy = parts[0]
    mean, std = healthy.mean(0), np.maximum(healthy.std(0), 0.05)
    distances = np.linalg.norm((healthy - mean) / std, axis=1)
    table = anomaly_table(float(distances.max() * 1.5), mean, 1 / std, np.zeros((1, mean.size)))

    engine = Engine(model)
    inputs = np.stack([engine.quantize(0, row).reshape(1, -1) for row in x[::12]])
    with Judge() as judge:
        outputs = np.stack([out for (out,) in judge.run(model, [[row] for row in inputs])])

    description = {
        "format": 1, "name": "vibration-tiny", "version": "1.0.0", "labels": LABELS,
        "pipeline": {"kind": "vibration", "params_file": "pipeline.bin"}, "gate": {}, "metrics": {},
    }  # fmt: skip
    _FOLDER.mkdir(exist_ok=True)
    (_FOLDER / "model.json").write_text(json.dumps(description) + "\n")
    (_FOLDER / "model.tflite").write_bytes(model)
    (_FOLDER / "pipeline.bin").write_bytes(params)
    (_FOLDER / "anomaly.bin").write_bytes(table)
    (_FOLDER / "golden.bin").write_bytes(pack(inputs, outputs))


if __name__ == "__main__":
    main()
