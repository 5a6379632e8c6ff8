"""The proof of a model: float, quantised, the official TFLM runtime and the device's engine on the same inputs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from picket_host.errors import InputError, ModelError
from picket_host.models import golden, packing, places, recipes, stream_proof, tflite_file
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
_GOLDEN_SEED = 1


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
        model_bytes: size of the file; of a run, of the packed one that a device gets.
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


def verify(
    source: Path, samples: Path | None = None, progress: Progress = SILENT, golden_file: Path | None = None
) -> VerifyReport:
    """Prove a run that has been quantised, or compare the engine with the official runtime on any ``.tflite``.

    Args:
        source: a run folder or a ``.tflite`` file.
        samples: for a file: ``.npy`` with float32 [n, ...] inputs; random ones without it.
        golden_file: where to write golden vectors (``golden.bin``), which the official runtime computes; not written
            when the two disagree.

    Raises:
        InputError: a file is missing or of the wrong kind.
        ModelError: the model is not quantised, or the engine or the official runtime refuses it.
    """
    folder = RunFolder(source)
    if golden_file is not None:
        places.check_apart(golden_file, source, samples, folder.tflite_file, *folder.sources)
    if folder.exists:
        model, dataset = folder.model(), folder.dataset()
        step = recipes.stream_step(recipes.find(folder.run().recipe))
        with KerasBench(progress) as bench, Judge() as judge:
            report = verify_on(bench, judge, folder.keras_file, model, dataset, progress, step)
            if golden_file is not None and report.bit_exact:
                inputs = quantized_inputs(Engine(model), dataset.test.x)
                write_golden(judge, model, inputs, folder.run().seed, golden_file)
            return report
    if not source.is_file():
        raise InputError("no such file", source, "give a run folder or a .tflite file")
    model, graph = tflite_file.read_file(source)
    tflite_file.check_quantised(graph, where=source)
    engine = Engine(model)
    if len(engine.inputs) != 1:
        raise ModelError(f"the model has {len(engine.inputs)} inputs, only one is supported", source)
    inputs = _random_inputs(engine) if samples is None else quantized_inputs(engine, load_samples(samples), samples)
    with Judge() as judge:
        progress.step("running the official TFLM runtime")
        tflm = run_tflm(judge, model, inputs)
        progress.step("running the engine")
        exact = run_engine(engine, inputs)
        report = _report(judge, model, engine, inputs, exact, tflm, (), {}, {}, progress)
        if golden_file is not None and report.bit_exact:
            write_golden(judge, model, inputs, _GOLDEN_SEED, golden_file)
        return report


def quantized_inputs(engine: Engine, real: np.ndarray, where: object = None) -> np.ndarray:
    """Real inputs [n, ...] as the model's first input takes them: its dtype, [n, *input shape].

    Raises:
        InputError: the samples don't fit the input.
    """
    tensor = engine.inputs[0]
    if real[0].size != np.prod(tensor.shape):
        raise InputError(f"samples have the shape {real.shape[1:]}, the model takes {tensor.shape}", where)
    return quantize(real, tensor.scale, tensor.zero_point, tensor.dtype).reshape(-1, *tensor.shape)


def write_golden(judge: Judge, model: bytes, inputs: np.ndarray, seed: int, file: Path) -> int:
    """Write golden vectors for a model, chosen from quantised inputs; returns how many."""
    chosen = golden.choose_inputs(inputs, seed)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(golden.pack(chosen, run_tflm(judge, model, chosen)))
    return len(chosen)


def _random_inputs(engine: Engine) -> np.ndarray:
    tensor = engine.inputs[0]
    limits = np.iinfo(tensor.dtype)
    values = np.random.default_rng(0).integers(limits.min, limits.max + 1, (_RANDOM_INPUTS, *tensor.shape))
    return values.astype(tensor.dtype)


def verify_on(
    bench: KerasBench,
    judge: Judge,
    keras_file: Path,
    model: bytes,
    dataset: Dataset,
    progress: Progress,
    stream_step: int | None = None,
) -> VerifyReport:
    """Prove a quantised model, packed as a device gets it, against its float parent on the held-back parts of a data
    set.

    With ``stream_step``, its streaming form is proved, too.
    """
    named, model = model, packing.pack(model)
    engine = Engine(model)
    held_back = np.concatenate([dataset.test.x, dataset.noisy.x])
    inputs = quantized_inputs(engine, held_back)
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
    report = _report(judge, model, engine, inputs, exact, tflm, dataset.labels, scores, noisy_scores, progress, named)
    if stream_step is None or report.fault:
        return report
    progress.step("streaming")
    stream = stream_proof.prove(judge, model, to_streaming(named, stream_step), inputs.squeeze(1))
    return replace(report, stream=stream, fault=stream.fault)


def run_tflm(judge: Judge, model: bytes, inputs: np.ndarray) -> np.ndarray:
    """The official runtime's first output for quantised [n, *input shape]: [n, *output shape]."""
    return np.stack([outputs[0] for outputs in judge.run(model, [[sample] for sample in inputs])])


def run_engine(engine: Engine, inputs: np.ndarray) -> np.ndarray:
    """The portable engine's first output for quantised [n, *input shape]: [n, *output shape]."""
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
    named: bytes | None = None,
) -> VerifyReport:
    """named: the same graph with the names of its layers, for the first difference."""
    differs = (exact.reshape(len(inputs), -1) != tflm.reshape(len(inputs), -1)).any(axis=1)
    difference = None
    if differs.any():
        progress.step("looking for the first difference")
        index = int(differs.argmax())
        difference = _first_difference(judge, named or model, inputs[index], index)
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
