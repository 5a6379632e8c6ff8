"""TensorFlow at arm's length: training, conversion and evaluation in a worker process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from picket_host.errors import ModelError
from picket_host.models.worker import Worker, WorkerDied
from picket_host.progress import SILENT, Progress

_ENV = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",  # its results depend on the processor
    "CUDA_VISIBLE_DEVICES": "-1",
    "KERAS_BACKEND": "tensorflow",
}


@dataclass(frozen=True)
class Job:
    """What to train, on what.

    Attributes:
        recipe, variant: names.
        dataset: file of ``Dataset.save``.
        seed: of everything random.
        quick: whether the variant's quick number of epochs will do.
        epochs: instead of the variant's; None for those.
        hyperparameters: for the recipe's ``build``, instead of the variant's own.
    """

    recipe: str
    variant: str
    dataset: Path
    seed: int
    quick: bool = False
    epochs: int | None = None
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)

    def arguments(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "dataset": str(self.dataset), "hyperparameters": dict(self.hyperparameters)}


class KerasBench:
    """One TensorFlow process for as many steps as wanted, since to import TensorFlow takes longer than most of them.

    Use it as a context manager. ``start`` lets it import TensorFlow while this process prepares data.

    Args:
        progress: told of every step.
    """

    def __init__(self, progress: Progress = SILENT):
        self._progress = progress
        self._worker = Worker("picket_host.models.keras_worker", env=_ENV)

    def __enter__(self) -> KerasBench:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._worker.close()

    def start(self) -> None:
        """Start the process without waiting for it."""
        self._worker.start()

    def train(self, job: Job, model: Path) -> dict[str, Any]:
        """Train a variant of a recipe.

        Args:
            model: the ``.keras`` file to write.

        Returns:
            ``curves`` (name to one value for each epoch) and ``weights`` (their number).
        """
        return self._ask("train", {**job.arguments(), "model": str(model)}, [])[0]

    def prune(
        self, job: Job, parent: Path, model: Path, sparsity: float, layers: Mapping[str, float], learning_rate: float
    ) -> dict[str, Any]:
        """Prune and fine-tune the model of ``parent`` into ``model``; see ``keras_pruning``.

        Returns:
            as ``train``, and ``sparsity`` by name of layer.
        """
        arguments = {
            **job.arguments(),
            "parent": str(parent),
            "model": str(model),
            "sparsity": sparsity,
            "layers": dict(layers),
            "learning_rate": learning_rate,
        }
        return self._ask("prune", arguments, [])[0]

    def distill(self, job: Job, teacher: Path, model: Path, temperature: float, alpha: float) -> dict[str, Any]:
        """Train as ``train`` does, but with the teacher's probabilities, too; see ``keras_distillation``."""
        options = {"teacher": str(teacher), "model": str(model), "temperature": temperature, "alpha": alpha}
        return self._ask("distill", {**job.arguments(), **options}, [])[0]

    def trial_open(self, job: Job, trial: int) -> tuple[int, bytes]:
        """Build a model without training it: the number of its weights, and its int8 ``.tflite``."""
        reply, (model,) = self._ask("trial_open", {**job.arguments(), "trial": trial}, [])
        return reply["weights"], model.tobytes()

    def trial_step(self, job: Job, trial: int, epoch: int) -> dict[str, float]:
        """Train that model for one more epoch: loss, accuracy, val_loss, val_accuracy."""
        return self._ask("trial_step", {**job.arguments(), "trial": trial, "epoch": epoch}, [])[0]

    def trial_close(self, trial: int, model: Path | None) -> None:
        """Forget that model, after saving it where a file is given."""
        self._ask("trial_close", {"trial": trial, "model": str(model) if model else None}, [])

    def convert(self, model: Path, representative: np.ndarray, activations: str = "int8") -> bytes:
        """A fully quantised ``.tflite`` with int8 weights and a batch of 1 from a Keras file or a SavedModel.

        Args:
            representative: float32 [n, ...], typical inputs, from which the scales are taken.
            activations: ``int8`` or ``int16``, for input and output too.
        """
        arguments = {"model": str(model), "activations": activations}
        return self._ask("convert", arguments, [representative])[1][0].tobytes()

    def convert_float(self, model: Path) -> bytes:
        """The same graph as ``convert`` makes, with float operators and a signature."""
        return self._ask("convert_float", {"model": str(model)}, [])[1][0].tobytes()

    def sample(self, layers: dict[str, Any], seed: int) -> bytes:
        """An int8 ``.tflite`` of a few layers with random weights; ``layers`` as in ``instruction_fit.Layers``."""
        return self._ask("sample", {**layers, "seed": seed}, [])[1][0].tobytes()

    def predict(self, model: Path, x: np.ndarray) -> np.ndarray:
        """The float model's outputs for float32 [n, ...], as float32 [n, classes]."""
        return self._ask("predict", {"model": str(model)}, [x])[1][0]

    def litert(self, model: bytes, quantised: np.ndarray) -> np.ndarray:
        """Outputs of TensorFlow's own interpreter, reference kernels, for [n, *input shape] in the
        input's dtype: [n, classes]."""
        return self._ask("litert", {}, [model, quantised])[1][0]

    def tensors(self, float_model: bytes, indices: Sequence[int], x: np.ndarray) -> list[np.ndarray]:
        """The values of tensors of a float ``.tflite`` for float32 [n, ...] inputs: for each [n, *shape]."""
        return self._ask("tensors", {"tensors": list(indices)}, [float_model, x])[1]

    def _ask(self, command: str, arguments: dict[str, Any], blobs: list[Any]) -> tuple[dict[str, Any], list[Any]]:
        try:
            reply, results, _ = self._worker.ask({"command": command, "arguments": arguments}, blobs, self._progress)
        except WorkerDied as death:
            last = "".join(f": {line}" for line in death.detail.splitlines()[-1:])
            raise ModelError(f"TensorFlow crashed ({death.how}){last}", arguments.get("model")) from None
        return reply, results
