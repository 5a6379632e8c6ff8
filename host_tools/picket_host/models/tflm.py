"""The judge: the official TensorFlow Lite Micro runtime, in a worker process that a corrupt model may crash."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import numpy as np

from picket_host.errors import ModelError
from picket_host.models.worker import Worker, WorkerDied

_ARENA_TOTAL = re.compile(r"Arena allocation total (\d+) bytes")


class Judge:
    """Runs models in the official TFLM wheel, as many as wanted in one worker process.

    The worker starts with the first model and again after a model has crashed it. Use it as a context manager.

    Args:
        timeout_s: longest time that one call may take before the worker is given up.
    """

    def __init__(self, timeout_s: float = 120.0):
        self._timeout_s = timeout_s
        self._worker = Worker("picket_host.models.tflm_worker", timeout_s)

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def run(self, model: bytes, inputs: Sequence[Sequence[np.ndarray]]) -> list[list[np.ndarray]]:
        """Invoke the model once for each element of ``inputs``, in one interpreter (its state lives on between them).

        Args:
            model: the bytes of a ``.tflite`` file.
            inputs: for each invocation the model's input arrays, in the tensors' own shape and dtype (int8 stays int8).

        Returns:
            For each invocation the model's output arrays, in the tensors' own shape and dtype.

        Raises:
            ModelError: TFLM refuses the model or an input, crashes or does not come to an end; with TFLM's own words.
        """
        arrays = [np.asarray(array) for invocation in inputs for array in invocation]
        header, results, _ = self._ask({"command": "run", "invocations": len(inputs)}, [bytes(model), *arrays])
        count = header["outputs"]
        return [results[first : first + count] for first in range(0, len(results), count)]

    def arena_bytes(self, model: bytes) -> int:
        """The arena that TFLM needs for the model on this (64-bit) machine, bookkeeping included, in bytes."""
        _, _, detail = self._ask({"command": "arena"}, [bytes(model)])
        match = _ARENA_TOTAL.search(detail)
        if match is None:
            raise ModelError("TFLM did not say how large the arena is", hint="use the pinned version of tflite-micro")
        return int(match.group(1))

    def close(self) -> None:
        """End the worker. The next call starts another one."""
        self._worker.close()

    def _ask(self, header: dict[str, Any], blobs: list[Any]) -> tuple[dict[str, Any], list[Any], str]:
        try:
            reply, results, detail = self._worker.ask(header, blobs)
        except TimeoutError:
            raise ModelError(f"TFLM did not come to an end within {self._timeout_s:g} s") from None
        except WorkerDied as death:
            raise ModelError(_explain(f"TFLM crashed ({death.how})", death.detail)) from None
        if "refused" in reply:
            raise ModelError(_explain(reply["refused"], detail))
        return reply, results, detail


def run(model: bytes, inputs: Sequence[Sequence[np.ndarray]]) -> list[list[np.ndarray]]:
    """``Judge.run`` in a worker of its own, for a single model."""
    with Judge() as judge:
        return judge.run(model, inputs)


def _explain(what: str, detail: str) -> str:
    lines = [line.strip() for line in detail.splitlines() if line.strip()]
    return f"{what}: {'; '.join(lines[-4:])}" if lines else what
