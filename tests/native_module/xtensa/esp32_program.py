"""Requests to the test program for the ESP32's processor; see ``driver.c``."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from picket_host.xtensa import program


@dataclass(frozen=True)
class Run:
    """A model and what goes into each of its invocations."""

    model: bytes
    invocations: Sequence[Sequence[np.ndarray]]


class Esp32:
    """The test program; see ``driver.c`` for its requests."""

    def __init__(self, path: Path):
        self._path = path

    def ask(self, kind: str, *parts: int | bytes) -> bytes:
        return program.run(self._path, request(kind, *parts))

    def run_models(self, runs: Sequence[Run]) -> list[list[bytes] | str]:
        """For each model the bytes of all outputs of each invocation, or why it was refused; all in one process.

        A model that is refused must have no invocations.
        """
        requests = []
        for run in runs:
            inputs = (array.tobytes() for arrays in run.invocations for array in arrays)
            requests.append(request("M", len(run.model), len(run.invocations), run.model, *inputs))
        answer = program.run(self._path, b"".join(requests))
        found: list[list[bytes] | str] = []
        for run in runs:
            taken, length = struct.unpack_from("<2I", answer)
            answer = answer[8:]
            count = len(run.invocations) if taken else 1
            pieces = [answer[i * length : (i + 1) * length] for i in range(count)]
            found.append(pieces if taken else pieces[0].decode())
            answer = answer[count * length :]
        assert not answer
        return found


def request(kind: str, *parts: int | bytes) -> bytes:
    return b"".join(part if isinstance(part, bytes) else struct.pack("<I", part) for part in (ord(kind), *parts))
