"""Whether a device would open a model package: ``device/picket/infer/loading.py`` has the same rules.

What it refuses every time is refused where it is made, not on the board.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from picket_host import device_code
from picket_host.errors import InputError, ModelError
from picket_host.models.labels import check_labels
from picket_host.native.dsp import Heart, Mel, Motion, Vibration, centroid_distance
from picket_host.native.engine import Engine

_IMAGE = struct.Struct("<4sHHHBB")
_MOST_SIDE = 1024
_WITHOUT_VECTOR = ("image", "mel")  # nothing in them that an anomaly score could judge


def inputs_of(kind: str, params: bytes, where: object = None) -> int:
    """How many values a pipeline gives to the model.

    Args:
        kind, params: ``pipeline.kind`` and ``pipeline.bin`` of the package.

    Raises:
        InputError: the device has no such pipeline, or refuses its parameters.
    """
    if kind not in _INPUTS:
        raise InputError(f"the device has no pipeline {kind}", where, f"one of {', '.join(_INPUTS)}")
    try:
        return _INPUTS[kind](params)
    except (InputError, ValueError, struct.error) as error:
        raise InputError(f"the parameters of the pipeline {kind} do not hold: {error}", where) from error


def check_types(model: Engine, where: object) -> None:
    """Refuse a model with more than one input or output, or with others than int8.

    Raises:
        ModelError: says which, and why.
    """
    for name, tensors in (("input", model.inputs), ("output", model.outputs)):
        if len(tensors) != 1:
            what = f"the device's pipelines serve one {name}, this model has {len(tensors)}"
            raise ModelError(what, where, "a model with one input and one output")
        if tensors[0].dtype != np.int8:
            what = f"the device's pipelines take int8; this model's {name} is {tensors[0].dtype}"
            raise ModelError(what, where, "picket model quantize, with activations of int8")


def check_model(model: bytes, kind: str, params: bytes, labels: Sequence[str], where: object) -> None:
    """Refuse a model that no device would open on this pipeline with these labels.

    Args:
        model: the ``.tflite`` file as the device gets it.
        kind, params: of the pipeline.
        where: the file, for the error.

    Raises:
        InputError: labels that a device does not take, or of another number than the outputs; no such pipeline.
        ModelError: the engine refuses the model, or it is not what the pipeline feeds.
    """
    try:
        engine = Engine(model)
    except ModelError as error:
        raise ModelError(f"the engine refuses the model: {error.what}", where, error.hint) from error
    check_types(engine, where)
    given, taken = inputs_of(kind, params, where), int(np.prod(engine.inputs[0].shape))
    if given != taken:
        what = f"the pipeline {kind} gives {given} features, the model takes {taken}"
        raise ModelError(what, where, "a pipeline that was made for this model")
    check_labels(labels, where)
    outputs = int(np.prod(engine.outputs[0].shape))
    if len(labels) != outputs:
        what = f"{outputs} outputs, and names for {len(labels)} of them"
        raise InputError(what, where, "one name for each, the healthy one first")


def check_anomaly(table: bytes, kind: str, params: bytes, where: object) -> None:
    """Refuse an ``anomaly.bin`` that is damaged or was made for other features.

    Raises:
        InputError: says why.
    """
    if kind in _WITHOUT_VECTOR:
        raise InputError(f"the pipeline {kind} has no feature vector that it could judge", where, "leave it out")
    count = inputs_of(kind, params, where)
    try:
        centroid_distance(np.zeros(count, np.float32), table)
    except InputError as error:
        what = f"not an anomaly score of the {count} features that the pipeline {kind} gives"
        raise InputError(what, where, "picket model anomaly fit, with features of that pipeline") from error


def check_package(folder: Path) -> None:
    """Refuse the folder of a model package that no device would open.

    Raises:
        InputError: a file is missing, damaged, or does not fit the others.
        ModelError: the model is none that the device runs.
    """
    described = folder / "model.json"
    about = _description(described)
    pipeline = about["pipeline"]
    kind, name = pipeline.get("kind"), pipeline.get("params_file", "pipeline.bin")
    params = _bytes(folder / str(name))
    check_model(_bytes(folder / "model.tflite"), kind, params, about["labels"], folder / "model.tflite")
    if (folder / "anomaly.bin").exists():
        check_anomaly(_bytes(folder / "anomaly.bin"), kind, params, folder / "anomaly.bin")
    try:
        device_code.load("infer.gate_settings").complete(about.get("gate", {}))
    except ValueError as error:
        raise InputError(str(error), described) from None


def _description(file: Path) -> Mapping[str, Any]:
    try:
        about = json.loads(_bytes(file))
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON ({error})", file) from error
    if not isinstance(about, dict) or about.get("format") != 1:
        raise InputError("not of format 1", file, "docs/contracts.md, Model package, has it")
    for key, kind in (("name", str), ("version", str), ("labels", list), ("pipeline", dict)):
        if not isinstance(about.get(key), kind):
            raise InputError(f"{key} is missing or of the wrong type", file, "docs/contracts.md, Model package, has it")
    if not all(isinstance(label, str) for label in about["labels"]):
        raise InputError("a label is no text", file, "docs/contracts.md, Model package, has it")
    return about


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"the model package has no {file.name} that can be read", file.parent) from error


def _image(params: bytes) -> int:
    magic, width, height, hop_ms, _, frozen = _IMAGE.unpack(params)
    if magic != b"PIM1" or not (1 <= width <= _MOST_SIDE and 1 <= height <= _MOST_SIDE and hop_ms and frozen):
        raise ValueError("a size, the hop or the number of frozen frames is out of range")
    return width * height


def _mel(params: bytes) -> int:
    mel = Mel(params)
    return mel.bands * mel.step


def _soil(params: bytes) -> int:
    return device_code.load("features.soil").from_params(params).inputs


_INPUTS: Mapping[str, Callable[[bytes], int]] = {
    "heart": lambda params: Heart(params).features,
    "image": _image,
    "mel": _mel,
    "motion": lambda params: Motion(params).features,
    "soil": _soil,
    "vibration": lambda params: Vibration(params).features,
}
