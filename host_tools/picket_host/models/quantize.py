"""Quantisation: a Keras file, a SavedModel or a run folder to a ``.tflite`` that the device's engine runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from picket_host.errors import InputError, ModelError
from picket_host.models import int4, packing, places, tflite_file
from picket_host.models.cost import NO_LIMITS, Limits, cost_of
from picket_host.models.keras_bench import KerasBench
from picket_host.models.precision import INT8, Precision
from picket_host.models.train import RunFolder
from picket_host.native.engine import Engine
from picket_host.progress import SILENT, Progress

_NPY, _ZIP = b"\x93NUMPY", b"PK\x03\x04"  # what such files begin with
_HEAD_BYTES = 512
_BINARY = "binary data of another kind"
_OPERATOR_IN_ERROR = re.compile(r"operator (\d+) \([^)]*\): (.*)")


@dataclass(frozen=True)
class QuantizeReport:
    """The quantised model.

    Attributes:
        file: where it was written.
        precision: types of weights and activations.
        bytes: its size.
        packed_bytes: size once it is packed for a device, see ``packing``.
        arena_bytes: what the portable engine needs for it on this machine.
        operators: names in the order of execution.
        input_shape, input_scale, input_zero_point: ``real = scale * (quantised - zero_point)``.
        output_shape, output_scale, output_zero_point: likewise.
    """

    file: Path
    precision: Precision
    bytes: int
    packed_bytes: int
    arena_bytes: int
    operators: tuple[str, ...]
    input_shape: tuple[int, ...]
    input_scale: float
    input_zero_point: int
    output_shape: tuple[int, ...]
    output_scale: float
    output_zero_point: int


def quantize(
    source: Path,
    out: Path | None = None,
    samples: Path | None = None,
    progress: Progress = SILENT,
    precision: Precision = INT8,
    limits: Limits = NO_LIMITS,
) -> QuantizeReport:
    """Quantise a model fully, its input and output too, with a batch of 1.

    Args:
        source: a run folder, a ``.keras`` file or the folder of a SavedModel.
        out: where to write; by default ``model.tflite`` in the run, else beside the source.
        samples: ``.npy`` with float32 [n, ...], typical inputs; not for a run, which has its own.
        precision: types of weights and activations.
        limits: what the device has; a model that exceeds them is not written.

    Raises:
        InputError: a file is missing or of the wrong kind, samples don't fit the model or never change, or ``out`` is
            one of the files that are read.
        ModelError: a layer has no quantised form, or the engine lacks an operator (the error names the layer), or the
            model is too large for the limits.
    """
    folder = RunFolder(source)
    if folder.exists:
        model, representative = folder.keras_file, folder.dataset().representative()
        _check_varied(representative, source)
        out = out or folder.tflite_file
    else:
        if not source.exists():
            raise InputError("no such file or folder", source, "give a run folder, a .keras file or a SavedModel")
        if samples is None:
            raise InputError("typical inputs are needed", source, "--samples FILE.npy with float32 [n, ...]")
        model, representative = source, load_samples(samples)
        _check_varied(representative, samples)
        out = out or source.with_suffix(".tflite")
    places.check_apart(out, source, samples, *folder.sources)
    with KerasBench(progress) as bench:
        quantised = to_tflite(bench, model, representative, precision, progress)
    packed = packing.pack(quantised)
    limits.check(cost_of(packed), source)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(quantised)
    engine = Engine(quantised)
    source_tensor, target_tensor = engine.inputs[0], engine.outputs[0]
    return QuantizeReport(
        file=out,
        precision=precision,
        bytes=len(quantised),
        packed_bytes=len(packed),
        arena_bytes=engine.arena_bytes,
        operators=engine.ops,
        input_shape=source_tensor.shape,
        input_scale=source_tensor.scale,
        input_zero_point=source_tensor.zero_point,
        output_shape=target_tensor.shape,
        output_scale=target_tensor.scale,
        output_zero_point=target_tensor.zero_point,
    )


def to_int8(bench: KerasBench, model: Path, representative: np.ndarray) -> bytes:
    """``to_tflite`` with int8 weights and activations."""
    return to_tflite(bench, model, representative)


def to_tflite(
    bench: KerasBench,
    model: Path,
    representative: np.ndarray,
    precision: Precision = INT8,
    progress: Progress = SILENT,
) -> bytes:
    """Convert; refuse a result that is not quantised throughout or that the engine can't run. Errors as in
    ``quantize``."""
    if precision.weights == "int4":
        quantised = int4.quantize(bench.convert_float(model), representative, progress)
    else:
        quantised = bench.convert(model, representative, precision.activations)
    graph = tflite_file.read(quantised)
    tflite_file.check_quantised(graph, (precision.activations,))
    try:
        Engine(quantised)
    except ModelError as error:
        raise _with_layer(error, graph) from error
    return quantised


def load_samples(file: Path) -> np.ndarray:
    """Typical inputs from ``.npy``: float32 [n, ...] (float64 is converted).

    Raises:
        InputError: missing, of the wrong type, empty, or with values that are not numbers.
    """
    wanted = "float32 [n, ...], as the float model takes them: numpy.save(FILE, samples)"
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
        if not head.startswith(_NPY):
            raise InputError(f"is {_kind(head)}, not an array as numpy.save writes it", file, wanted)
        samples = np.load(file, allow_pickle=False)
    except FileNotFoundError as error:
        raise InputError("no such file", file) from error
    except (OSError, ValueError, EOFError) as error:
        objects = "holds Python objects, not numbers" if "Object arrays" in str(error) else f"is damaged ({error})"
        raise InputError(objects, file, wanted) from error
    if not np.issubdtype(samples.dtype, np.floating):
        raise InputError("samples are not floating-point numbers", file, wanted)
    if samples.ndim < 2 or not len(samples):
        raise InputError(f"samples of shape {samples.shape}", file, "one sample for each first index, [n, ...]")
    if not np.isfinite(samples).all():
        raise InputError("a sample is not a number", file)
    return samples.astype(np.float32)


def _kind(head: bytes) -> str:
    """What a file is that begins like this, in words."""
    if not head:
        return "an empty file"
    if head.startswith(_ZIP):
        return "an archive (.npz or another zip)"
    try:
        head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # no character that is merely cut
            return _BINARY
    return _BINARY if b"\0" in head else "text"


def _check_varied(samples: np.ndarray, where: Path) -> None:
    """Scales are taken from the values that occur: of a single one there is none, and no layer is to blame for it."""
    if samples.min() == samples.max():
        what = f"the samples are constant: every feature of each is {samples.flat[0]:g}"
        raise InputError(what, where, "typical inputs that differ, as the device will see them")


def _with_layer(error: ModelError, graph: tflite_file.Graph) -> ModelError:
    """The engine names an operator by its number; say which layer it came from."""
    match = _OPERATOR_IN_ERROR.match(error.what)
    if match is None or int(match.group(1)) >= len(graph.operators):
        return ModelError(f"the engine refuses the model: {error.what}")
    operator = graph.operators[int(match.group(1))]
    what = f"the engine refuses operator {operator.index} {operator.name}: {match.group(2)}"
    return ModelError(what, f"layer {operator.layer}", "replace the layer")
