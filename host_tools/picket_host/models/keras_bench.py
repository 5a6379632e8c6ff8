"""TensorFlow at arm's length: training, conversion and evaluation in a worker process."""

from __future__ import annotations

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

    def train(self, recipe: str, variant: str, dataset: Path, model: Path, quick: bool, seed: int) -> dict[str, Any]:
        """Train a variant of a recipe.

        Args:
            dataset: file of ``Dataset.save``.
            model: the ``.keras`` file to write.

        Returns:
            ``curves`` (name to one value for each epoch) and ``weights`` (their number).
        """
        arguments = {
            "recipe": recipe,
            "variant": variant,
            "dataset": str(dataset),
            "model": str(model),
            "quick": quick,
            "seed": seed,
        }
        return self._ask("train", arguments, [])[0]

    def convert(self, model: Path, representative: np.ndarray) -> bytes:
        """A full int8 ``.tflite`` with a batch of 1 from a Keras file or a SavedModel.

        Args:
            representative: float32 [n, ...], typical inputs, from which the scales are taken.
        """
        return self._ask("convert", {"model": str(model)}, [representative])[1][0].tobytes()

    def predict(self, model: Path, x: np.ndarray) -> np.ndarray:
        """The float model's outputs for float32 [n, ...], as float32 [n, classes]."""
        return self._ask("predict", {"model": str(model)}, [x])[1][0]

    def litert(self, model: bytes, quantised: np.ndarray) -> np.ndarray:
        """Outputs of TensorFlow's own interpreter, reference kernels, for int8 [n, *input shape]: int8 [n, classes]."""
        return self._ask("litert", {}, [model, quantised])[1][0]

    def _ask(self, command: str, arguments: dict[str, Any], blobs: list[Any]) -> tuple[dict[str, Any], list[Any]]:
        try:
            reply, results, _ = self._worker.ask({"command": command, "arguments": arguments}, blobs, self._progress)
        except WorkerDied as death:
            last = "".join(f": {line}" for line in death.detail.splitlines()[-1:])
            raise ModelError(f"TensorFlow crashed ({death.how}){last}", arguments.get("model")) from None
        return reply, results
