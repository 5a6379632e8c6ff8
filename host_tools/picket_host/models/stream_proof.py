"""The proof of a streaming model: the same bits as its windowed parent, and as the official runtime, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from picket_host.models.golden import choose_inputs
from picket_host.models.streaming import Streamed
from picket_host.models.tflm import Judge
from picket_host.native.engine import Engine

_WINDOWS = 8
_GOLDEN_WINDOWS = 1


@dataclass(frozen=True)
class StreamProof:
    """What came of letting held-back windows stream by, one after the other.

    Attributes:
        step: frames that a run takes.
        runs: runs that were compared with the official runtime.
        windows: runs that were compared with the windowed model.
        model_bytes: size of the streaming file.
        arena_bytes: memory that the engine needs for it beside the file, on this 64-bit machine.
        state_bytes: size of the variables in it.
        fault: why the streaming model must not be deployed; None when it may.
    """

    step: int
    runs: int
    windows: int
    model_bytes: int
    arena_bytes: int
    state_bytes: int
    fault: str | None


def prove(judge: Judge, model: bytes, streamed: Streamed, windows: np.ndarray) -> StreamProof:
    """Compare on quantised windows.

    Args:
        model: the windowed ``.tflite``.
        streamed: made from it.
        windows: int8 [n, window, ...], of which some are used.
    """
    stream = np.concatenate(windows[np.linspace(0, len(windows) - 1, min(_WINDOWS, len(windows))).astype(int)])
    engine, whole = Engine(streamed.model), Engine(model)
    inputs = list(_steps(stream, streamed.step))
    exact = [engine.invoke([step])[0] for step in inputs]
    judged = [outputs[0] for outputs in judge.run(streamed.model, [[step] for step in inputs])]
    first = streamed.runs_until_full
    compared, fault = 0, None
    for run, (actual, expected) in enumerate(zip(exact, judged, strict=True)):
        if not np.array_equal(actual, expected):
            fault = f"run {run} of the streaming model gives {_text(actual)}, the official runtime {_text(expected)}"
            break
        end = (run + 1) * streamed.step
        if run + 1 < first:
            continue
        windowed = whole.invoke([stream[end - streamed.window : end][None]])[0]
        if not np.array_equal(actual, windowed):
            fault = f"run {run} of the streaming model gives {_text(actual)}, the windowed one {_text(windowed)}"
            break
        compared += 1
    return StreamProof(
        streamed.step, len(inputs), compared, len(streamed.model), engine.arena_bytes, streamed.state_bytes, fault
    )


def golden_inputs(streamed: Streamed, windows: np.ndarray, seed: int) -> np.ndarray:
    """Inputs for golden vectors, one sequence: a whole held-back window, random steps, both ends of the range.

    Returns:
        int8 [runs, 1, step, ...].
    """
    steps = np.stack(list(_steps(np.concatenate(windows[-_GOLDEN_WINDOWS:]), streamed.step)))
    others = choose_inputs(steps[:1], seed)[1:]
    return np.concatenate([steps, others])


def _steps(stream: np.ndarray, step: int) -> Iterator[np.ndarray]:
    """The stream [frames, ...] in inputs [1, step, ...]; what is left over at its end is not used."""
    for start in range(0, len(stream) - step + 1, step):
        yield stream[start : start + step][None]


def _text(values: np.ndarray) -> str:
    return str(values.ravel().tolist())
