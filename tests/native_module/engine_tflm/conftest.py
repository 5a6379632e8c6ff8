"""The engine over an installed TensorFlow Lite Micro, in a program of its own; skipped where none is installed."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from picket_host.models.tflm import Judge
from picket_host.native.selection import known_operators
from picket_host.paths import ROOT, TESTS
from picket_host.tflm_build import engine
from picket_host.tflm_build.library import Library, find
from picket_host.tflm_build.selection import TflmSelection, select

sys.path.insert(0, str(TESTS / "support"))

WITHOUT_TFLM = "TFLM_ROOT names no installed TensorFlow Lite Micro"
PUBLIC_MODELS = ROOT.parent / "shared" / "data" / "tflite"


@dataclass(frozen=True)
class Answer:
    """What the engine said: why it refused the model, or what it made of each invocation's inputs."""

    refused: str = ""
    arena_bytes: int = 0
    ops: tuple[str, ...] = ()
    outputs: tuple[bytes, ...] = ()


class Runner:
    """Runs models in the program ``run_models``."""

    def __init__(self, program: Path):
        self._program = program

    def run(self, model: bytes, invocations: Sequence[Sequence[np.ndarray]]) -> Answer:
        request = struct.pack("<II", len(model), len(invocations)) + model
        request += b"".join(array.tobytes() for arrays in invocations for array in arrays)
        done = subprocess.run([self._program], input=request, capture_output=True, timeout=300)
        assert done.returncode == 0, done.stderr[-2000:]
        opened, length = struct.unpack_from("<II", done.stdout)
        text, rest = done.stdout[8 : 8 + length].decode(), done.stdout[8 + length :]
        if not opened:
            return Answer(refused=text)
        arena_bytes, *ops = text.split()
        (size,) = struct.unpack_from("<I", rest)
        outputs = tuple(rest[4 + i * size : 4 + (i + 1) * size] for i in range(len(invocations)))
        return Answer("", int(arena_bytes), tuple(ops), outputs)


@pytest.fixture(scope="session")
def tflm() -> Library:
    if not os.environ.get("TFLM_ROOT"):
        pytest.skip(WITHOUT_TFLM)
    return find(None)


@pytest.fixture(scope="session")
def checked(tflm: Library) -> TflmSelection:
    """The operators that the portable engine can check, and no others: every model is checked whole."""
    chosen = tuple(sorted(known_operators() & set(tflm.operators)))
    return TflmSelection(chosen, listed=chosen, library=tflm)


@pytest.fixture(scope="session")
def runner(tflm: Library) -> Runner:
    """With all operators."""
    return Runner(engine.program(select(library=tflm), Path(__file__).parent / "run_models.c"))


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    with Judge() as judge:
        yield judge


@pytest.fixture(
    scope="session", params=["person_detect", "mlperf_kws_ref_model", "mlperf_ad01_int8", "hello_world_int8"]
)
def public_model(request: pytest.FixtureRequest) -> bytes:
    path = PUBLIC_MODELS / f"{request.param}.tflite"
    if not path.is_file():
        pytest.skip(f"{path.name} is not here")
    return path.read_bytes()
