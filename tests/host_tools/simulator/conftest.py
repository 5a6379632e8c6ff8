"""Scenarios on the simulated board: a script runs there beside the device's code, and what it prints comes back."""

from __future__ import annotations

import json
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from picket_host.paths import DEVICE
from picket_host.simulator import recordings
from picket_host.simulator.board import Board

_SPEED = 20  # waits pass faster than real time; simulated time is the same
_PATIENCE_S = 180
_MAIN = """
import sys, time
try:
    import scenario
except Exception as error:
    sys.print_exception(error)
    print("SCENARIO FAILED")
else:
    print("SCENARIO DONE")
while True:
    time.sleep(1000)
"""


class Scenarios:
    """Runs scripts on a board of its own.

    `description` is board.json and may be changed between runs; `record` makes a recording beside it.
    """

    def __init__(self, folder: Path):
        self.board = Board(folder)
        self.board.deploy(DEVICE / "picket", to="/picket")
        (self.board.flash / "main.py").write_text(_MAIN)
        self.description: dict[str, Any] = {"time": {"speed": _SPEED}}
        self._read = 0

    def record(self, name: str, frames: np.ndarray) -> list[dict[str, Any]]:
        """Write frames as a recording; returns a timeline that repeats it from power-on."""
        recordings.write_i16(self.board.folder / name, np.asarray(frames, dtype=np.int16))
        return [{"at_s": 0, "file": name}]

    def start(self, script: str) -> None:
        """Power up with the script, which may print one JSON value in each line."""
        (self.board.flash / "scenario.py").write_text(textwrap.dedent(script))
        self.board.write(self.description)
        self.board.start()

    def wait_for(self, text: str) -> list[str]:
        """The lines printed since the last call, up to and without the one that is `text`."""
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            console = self.board.console()[self._read :]
            end = console.find(f"{text}\n")
            if end >= 0:
                self._read += end + len(text) + 1
                return console[:end].splitlines()
            assert "SCENARIO FAILED" not in console, console
            assert self.board.running, f"the board is off:\n{console}"
            time.sleep(0.01)
        raise AssertionError(f"{text!r} was not printed:\n{self.board.console()[self._read :]}")

    def run(self, script: str) -> list[Any]:
        """Power up, run the script to its end and cut the power; the JSON values that it printed."""
        self.start(script)
        try:
            return [json.loads(line) for line in self.wait_for("SCENARIO DONE")]
        finally:
            self.board.kill()


@pytest.fixture
def scenarios(tmp_path: Path) -> Iterator[Scenarios]:
    made = Scenarios(tmp_path / "board")
    yield made
    made.board.kill()


@pytest.fixture
def vibrating(scenarios: Scenarios) -> Callable[..., Scenarios]:
    """Puts an IIS3DWB on SPI 1, CS 5, that senses the given frames."""

    def put(frames: np.ndarray, **more: Any) -> Scenarios:
        timeline = scenarios.record("vibration.i16", frames)
        scenarios.description["spi"] = {"1": {"cs": 5, "chip": "iis3dwb", "timeline": timeline, **more}}
        return scenarios

    return put


@pytest.fixture
def moving(scenarios: Scenarios) -> Callable[..., Scenarios]:
    """Puts an MPU-6050 on I2C 0, address 104, that senses the given frames."""

    def put(frames: np.ndarray, **more: Any) -> Scenarios:
        timeline = scenarios.record("motion.i16", frames)
        scenarios.description["i2c"] = {"0": {"104": {"chip": "mpu6050", "timeline": timeline, **more}}}
        return scenarios

    return put


@pytest.fixture
def worn(scenarios: Scenarios) -> Callable[..., Scenarios]:
    """Puts a MAX30102 on I2C 0, address 87, that senses the given light."""

    def put(light: np.ndarray, **more: Any) -> Scenarios:
        timeline = scenarios.record("heart.i16", light[:, None])
        scenarios.description["i2c"] = {"0": {"87": {"chip": "max30102", "timeline": timeline, **more}}}
        return scenarios

    return put
