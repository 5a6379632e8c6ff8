"""A board with Picket: the device's code, a native module, a small model, recordings; and what it has written."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import numpy as np

from picket_host import natmod
from picket_host.emulator.board.frozen import memory_map
from picket_host.emulator.emulator import Emulator
from picket_host.native.selection import select
from picket_host.paths import DEVICE, TESTS
from picket_host.vendor import vendor

MODEL = TESTS / "device" / "infer" / "package"
CONFIG = {
    "device": {"id": "press-1", "group": "plant-a"},
    "vibration": {"driver": "replay"},
    "attitude": {"driver": "replay"},
}
VIBRATION_FRAMES = 8192
_PATIENCE_S = 180


def vibration_samples() -> np.ndarray:
    """The x axis that the replay driver repeats: int16 [VIBRATION_FRAMES], a tone in noise."""
    noise = np.random.default_rng(1).normal(0, 300, VIBRATION_FRAMES)
    return (noise + 2000 * np.sin(0.2 * np.arange(VIBRATION_FRAMES))).astype(np.int16)


def write_flash(folder: Path) -> None:
    """Fill a folder with what such a board's flash holds. EnvironmentError_: the compiler for its module is missing."""
    module = natmod.build("rv32imc", selection=select([MODEL / "model.tflite"], None)).path
    vendor(["umqtt.simple"])
    shutil.copytree(DEVICE, folder, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    shutil.copytree(MODEL, folder / "model")
    (folder / "native" / "rv32imc").mkdir(parents=True)
    shutil.copy(module, folder / "native" / "rv32imc")
    frames = np.zeros((VIBRATION_FRAMES, 3), "<i2")
    frames[:, 0] = vibration_samples()
    attitude = np.random.default_rng(2).integers(-30, 30, (200, 7)).astype("<i2")
    attitude[:, 2] += 16384
    (folder / "recordings").mkdir()
    frames.tofile(folder / "recordings" / "vibration.i16")
    attitude.tofile(folder / "recordings" / "attitude.i16")
    (folder / "config.json").write_text(json.dumps(CONFIG))


def flash_of(board: Emulator) -> bytes:
    """All of its flash; it is not disturbed."""
    return board.read_memory(memory_map.FLASH, memory_map.FLASH_BYTES)


def wait_until_written(board: Emulator, text: str) -> None:
    """Return when the text stands somewhere in its flash."""
    deadline = time.monotonic() + _PATIENCE_S
    while text.encode() not in flash_of(board):
        assert time.monotonic() < deadline, f"{text!r} was not written"
        time.sleep(0.05)
