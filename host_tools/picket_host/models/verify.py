"""The proof of a model: float, int8, the official TFLM runtime and the device's engine on the same held-back data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from picket_host.errors import InputError, ModelError
from picket_host.models import recipes, stream_proof, tflite_file
from picket_host.models.dataset import Dataset, Split
from picket_host.models.keras_bench import KerasBench
from picket_host.models.quantisation import quantize
from picket_host.models.quantize import load_samples
from picket_host.models.stream_proof import StreamProof
from picket_host.models.streaming import to_streaming
from picket_host.models.tflm import Judge
from picket_host.models.train import RunFolder
from picket_host.native.engine import Engine
from picket_host.progress import SILENT, Progress

# The most that int8 may lie below float, in percentage points.
MOST_LOSS_POINTS = 1.0

_RANDOM_INPUTS = 64


@dataclass(frozen=True)
class Score:
    """How one way to run the model does on the held-back data.

    Attributes:
        accuracy: share of windows whose most probable class is the right one.
        confusion: confusion[true][predicted], windows.
    """

    accuracy: float
    confusion: list[list[int]]


@dataclass(frozen=True)
class Difference:
    """The first place where the engine's output is not the official runtime's.

    Attributes:
        input_index: which input shows it.
        operator: name of the first operator whose output differs.
        operator_index: its position in the order of execution.
        layer: the layer that it came from.
        element: index into its flattened output.
        engine, tflm: the two values.
    """

    input_index: int
    operator: str
    operator_index: int
    layer: str
    element: int
    engine: int
    tflm: int


@dataclass(frozen=True)
class VerifyReport:
    """What ``verify`` found.

    Attributes:
        labels: the classes; empty for a model without labelled data.
        scores: ``float`` (Keras), ``int8`` (TensorFlow's interpreter), ``tflm`` (official runtime) and ``engine`` (the
            device's) on the held-back part; empty for a model without labelled data.
        noisy_scores: ``float`` and ``engine`` on the held-back part with noise added.
        loss_points: percentage points that the engine lies below float.
        bit_exact: whether engine and official runtime agreed in every byte.
        compared: inputs on which the two were compared.
        first_difference: None when they agreed.
        model_bytes: size of the file.
        arena_bytes, tflm_arena_bytes: memory that the two need beside the file, on this 64-bit machine.
        operators: names in the order of execution.
        fault: why the model must not be deployed; None when it may.
        stream: the proof of the form that streams; None for a model that takes whole windows on the device, too.
    """

    labels: tuple[str, ...]
    scores: dict[str, Score]
    noisy_scores: dict[str, Score]
    loss_points: float | None
    bit_exact: bool
    compared: int
    first_difference: Difference | None
    model_bytes: int
    arena_bytes: int
    tflm_arena_bytes: int
    operators: tuple[str, ...]
    fault: str | None
    stream: StreamProof | None = None


def verify(source: Path, samples: Path | None = None, progress: Progress = SILENT) -> VerifyReport:
    """Prove a run that has been quantised, or compare the engine with the official runtime on any int8 ``.tflite``.

    Args:
        source: a run folder or a ``.tflite`` file.
        samples: for a file: ``.npy`` with float32 [n, ...] inputs; random ones without it.

    Raises:
        InputError: a file is missing or of the wrong kind.
        ModelError: the model is not int8, or the engine or the official runtime refuses it.
    """
    folder = RunFolder(source)
    if folder.exists:
        model, dataset = folder.model(), folder.dataset()
        step = recipes.stream_step(recipes.find(folder.run().recipe))
        with KerasBench(progress) as bench, Judge() as judge:
            return verify_on(bench, judge, folder.keras_file, model, dataset, progress, step)
    if not source.is_file():
        raise InputError("no such file", source, "give a run folder or a .tflite file")
    model = source.read_bytes()
    tflite_file.check_int8(tflite_file.read(model))
    engine = Engine(model)
    if len(engine.inputs) != 1:
        raise ModelError(f"the model has {len(engine.inputs)} inputs, only one is supported", source)
    tensor = engine.inputs[0]
    if samples is None:
        inputs = np.random.default_rng(0).integers(-128, 128, (_RANDOM_INPUTS, *tensor.shape)).astype(np.int8)
    else:
        real = load_samples(samples)
        if real[0].size != np.prod(tensor.shape):
            raise InputError(f"samples have the shape {real.shape[1:]}, the model takes {tensor.shape}", samples)
        inputs = quantize(real, tensor.scale, tensor.zero_point).reshape(-1, *tensor.shape)
    with Judge() as judge:
        progress.step("running the official TFLM runtime")
        tflm = run_tflm(judge, model, inputs)
        progress.step("running the engine")
        exact = run_engine(engine, inputs)
        return _report(judge, model, engine, inputs, exact, tflm, (), {}, {}, progress)


def verify_on(
    bench: KerasBench,
    judge: Judge,
    keras_file: Path,
    model: bytes,
    dataset: Dataset,
    progress: Progress,
    stream_step: int | None = None,
) -> VerifyReport:
    """Prove an int8 model against its float parent on the held-back parts of a data set.

    With ``stream_step``, its streaming form is proved, too.
    """
    engine = Engine(model)
    tensor = engine.inputs[0]
    held_back = np.concatenate([dataset.test.x, dataset.noisy.x])
    inputs = quantize(held_back, tensor.scale, tensor.zero_point).reshape(-1, *tensor.shape)
    count = len(dataset.test)

    real = bench.predict(keras_file, held_back)
    litert = bench.litert(model, inputs[:count])
    progress.step("running the official TFLM runtime")
    tflm = run_tflm(judge, model, inputs)
    progress.step("running the engine")
    exact = run_engine(engine, inputs)

    def score(outputs: np.ndarray, split: Split) -> Score:
        return _score(outputs.reshape(len(split), -1), split.y, len(dataset.labels))

    scores = {
        "float": score(real[:count], dataset.test),
        "int8": score(litert, dataset.test),
        "tflm": score(tflm[:count], dataset.test),
        "engine": score(exact[:count], dataset.test),
    }
    noisy_scores = {"float": score(real[count:], dataset.noisy), "engine": score(exact[count:], dataset.noisy)}
    report = _report(judge, model, engine, inputs, exact, tflm, dataset.labels, scores, noisy_scores, progress)
    if stream_step is None or report.fault:
        return report
    progress.step("streaming")
    stream = stream_proof.prove(judge, model, to_streaming(model, stream_step), inputs.squeeze(1))
    return replace(report, stream=stream, fault=stream.fault)


def run_tflm(judge: Judge, model: bytes, inputs: np.ndarray) -> np.ndarray:
    """The official runtime's first output for int8 [n, *input shape]: [n, *output shape]."""
    return np.stack([outputs[0] for outputs in judge.run(model, [[sample] for sample in inputs])])


def run_engine(engine: Engine, inputs: np.ndarray) -> np.ndarray:
    """The portable engine's first output for int8 [n, *input shape]: [n, *output shape]."""
    return np.stack([engine.invoke([sample])[0] for sample in inputs])


def _report(
    judge: Judge,
    model: bytes,
    engine: Engine,
    inputs: np.ndarray,
    exact: np.ndarray,
    tflm: np.ndarray,
    labels: tuple[str, ...],
    scores: dict[str, Score],
    noisy_scores: dict[str, Score],
    progress: Progress,
) -> VerifyReport:
    differs = (exact.reshape(len(inputs), -1) != tflm.reshape(len(inputs), -1)).any(axis=1)
    difference = None
    if differs.any():
        progress.step("looking for the first difference")
        index = int(differs.argmax())
        difference = _first_difference(judge, model, inputs[index], index)
    loss_points = 100 * (scores["float"].accuracy - scores["engine"].accuracy) if scores else None
    return VerifyReport(
        labels=labels,
        scores=scores,
        noisy_scores=noisy_scores,
        loss_points=loss_points,
        bit_exact=difference is None,
        compared=len(inputs),
        first_difference=difference,
        model_bytes=len(model),
        arena_bytes=engine.arena_bytes,
        tflm_arena_bytes=judge.arena_bytes(model),
        operators=engine.ops,
        fault=_fault(difference, loss_points),
    )


def _fault(difference: Difference | None, loss_points: float | None) -> str | None:
    if difference is not None:
        return (
            f"the engine differs from TFLM: input {difference.input_index}, operator {difference.operator_index} "
            f"{difference.operator} (layer {difference.layer}), element {difference.element} is {difference.engine}, "
            f"expected {difference.tflm}"
        )
    if loss_points is not None and loss_points > MOST_LOSS_POINTS:
        return f"int8 lies {loss_points:.2f} percentage points below float, at most {MOST_LOSS_POINTS:g} are allowed"
    return None


def _first_difference(judge: Judge, model: bytes, sample: np.ndarray, index: int) -> Difference:
    """Operator by operator: make its output the model's, and compare there."""
    for operator in tflite_file.read(model).operators:
        cut = tflite_file.with_output(model, operator.outputs[0])
        expected = run_tflm(judge, cut, sample[None]).ravel()
        actual = run_engine(Engine(cut), sample[None]).ravel()
        if not np.array_equal(actual, expected):
            element = int((actual != expected).argmax())
            return Difference(
                input_index=index,
                operator=operator.name,
                operator_index=operator.index,
                layer=operator.layer,
                element=element,
                engine=int(actual[element]),
                tflm=int(expected[element]),
            )
    raise ModelError("the engine's whole differs from TFLM's though each of its operators agrees", f"input {index}")


def _score(outputs: np.ndarray, y: np.ndarray, classes: int) -> Score:
    predicted = outputs.argmax(axis=1)
    confusion = np.zeros((classes, classes), int)
    np.add.at(confusion, (y, predicted), 1)
    return Score(float((predicted == y).mean()), confusion.tolist())
