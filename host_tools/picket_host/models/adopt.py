"""A model from outside becomes a package: somebody's ``.tflite`` on the device pipeline of a recipe."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from picket_host.errors import InputError, ModelError
from picket_host.models import fits, recipes, tflite_file
from picket_host.models.package import FORMAT, check_folder, write_folder
from picket_host.models.verify import VerifyReport, verify
from picket_host.progress import SILENT, Progress


@dataclass(frozen=True)
class AdoptReport:
    """The package.

    Attributes:
        folder: where it is.
        name, version, labels: what it says of itself.
        proof: engine against the official runtime.
        package_bytes: size of all its files.
    """

    folder: Path
    name: str
    version: str
    labels: tuple[str, ...]
    proof: VerifyReport
    package_bytes: int


def adopt(
    model_file: Path,
    out: Path,
    like: str,
    labels: Sequence[str],
    name: str | None = None,
    version: str = "1.0.0",
    samples: Path | None = None,
    anomaly: Path | None = None,
    progress: Progress = SILENT,
) -> AdoptReport:
    """Prove a quantised ``.tflite`` and package it for the pipeline of a recipe.

    Args:
        out: the package's folder; an older package there is replaced.
        like: the recipe whose pipeline and gate the device shall use; the model takes what that pipeline gives.
        labels: names of the outputs, the healthy one first.
        name: of the package; by default the file's.
        samples: ``.npy`` with typical inputs, float32 [n, ...], for the proof and the golden vectors; random without.
        anomaly: an ``anomaly.bin`` for the same features.

    Raises:
        InputError: a file is missing, no such recipe, labels that do not fit the outputs, an anomaly score of other
            features, or a folder that holds something else.
        ModelError: the model is not int8, does not take what the pipeline gives, or the engine differs from the
            official runtime.
    """
    recipe = recipes.find(like)
    check_folder(out)
    model, graph = tflite_file.read_file(model_file)
    tflite_file.check_quantised(graph, where=model_file)
    fits.check_model(model, recipe.pipeline_kind, recipe.pipeline(), labels, model_file)
    if anomaly is not None:
        if not anomaly.is_file():
            raise InputError("no such file", anomaly, "picket model anomaly fit")
        fits.check_anomaly(anomaly.read_bytes(), recipe.pipeline_kind, recipe.pipeline(), anomaly)
    with tempfile.TemporaryDirectory(prefix="picket-adopt-") as scratch:
        golden_file = Path(scratch) / "golden.bin"
        proof = verify(model_file, samples, progress, golden_file)
        if proof.fault:
            raise ModelError(proof.fault, model_file)
        golden = golden_file.read_bytes()
    description = {
        "format": FORMAT,
        "name": name or model_file.stem,
        "version": version,
        "labels": list(labels),
        "pipeline": {"kind": recipe.pipeline_kind, "params_file": "pipeline.bin"},
        "gate": dict(recipe.gate),
    }
    contents = {
        "model.json": json.dumps(description, separators=(",", ":")).encode(),
        "model.tflite": model,
        "pipeline.bin": recipe.pipeline(),
        "golden.bin": golden,
    }
    if anomaly is not None:
        contents["anomaly.bin"] = anomaly.read_bytes()
    write_folder(out, contents)
    return AdoptReport(out, description["name"], version, tuple(labels), proof, sum(map(len, contents.values())))
