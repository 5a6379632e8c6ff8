"""A simulated board with the whole application under MicroPython, and a real gateway, for end-to-end tests.

A test module takes its fixtures from here:

    from on_board import gateway, needs_simulator  # noqa: F401 - fixtures

    @pytest.fixture
    def bench(tmp_path, gateway):
        config = {"camera": {"driver": "camera"}, "attitude": {"driver": "none"}}
        with running_board(tmp_path, gateway, board={...}, config=config, package=...) as bench:
            yield bench
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from picket_host.errors import BuildError, EnvironmentError_
from picket_host.gateway import releases
from picket_host.paths import DEVICE
from picket_host.release import keys
from picket_host.release.make import Recipe, compile_application, make
from picket_host.release.sign import sign
from picket_host.simulator.board import Board
from picket_host.simulator.build import build

GROUP = "plant-a"
WAIT_S = 300  # for anything to happen; only a failure takes so long


@pytest.fixture(scope="module", autouse=True)
def needs_simulator() -> None:
    """Skips the module's tests where the simulator can't be built."""
    try:
        build()
    except (BuildError, EnvironmentError_) as error:
        pytest.skip(f"no simulator: {error}")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway for all boards of a module."""
    gateway = Gateway(tmp_path_factory.mktemp("gateway"))
    yield gateway
    gateway.stop()


def until(what: str, condition: Callable[[], Any], context: Callable[[], str]) -> Any:
    """Wait until ``condition()`` is true and return it; a failure says what was waited for, and ``context()``."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.1)
    raise AssertionError(f"not within {WAIT_S} s: {what}\n{context()}")


class Gateway:
    """A gateway with its embedded broker, in a process of its own."""

    def __init__(self, folder: Path):
        self.state = folder / "state"
        self._log = folder / "gateway.log"
        command = [sys.executable, "-m", "picket_host", "gateway", "run", "--embedded-broker", "--json"]
        options = ["--state", str(self.state), "--mqtt-port", "0", "--http-port", "0"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen([*command, *options], stdout=log, stderr=subprocess.STDOUT)
        ready = until("the gateway is ready", lambda: self.events("ready"), self._log.read_text)
        self.mqtt_port = ready[0]["mqtt_port"]

    def events(self, kind: str, device: str | None = None) -> list[dict[str, Any]]:
        """What it has printed so far of one kind."""
        whole, _, _ = self._log.read_text().rpartition("\n")  # the last line may be under way
        lines = [line for line in whole.splitlines() if line.startswith("{") and line.endswith("}")]
        events = [json.loads(line) for line in lines]
        return [e for e in events if e["event"] == kind and device in (None, e.get("device"))]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


@dataclass
class Bench:
    """A board with the factory application, its gateway, and a key that the board trusts."""

    gateway: Gateway
    board: Board
    folder: Path
    key: keys.KeyPair
    package: Path | None
    name: str

    def release(self, sequence: int, key: keys.KeyPair | None = None, **changes: Any) -> Path:
        folder = self.folder / f"release-{sequence}-{random.randrange(10**9)}"
        recipe = Recipe(sequence=sequence, model=self.package, kind="model")
        make(folder, replace(recipe, **changes))
        sign(folder, (key or self.key).seed_file)
        return folder

    def offer(self, folder: Path) -> int:
        return releases.publish(self.gateway.state, folder, devices=[f"{GROUP}/{self.name}"]).sequence

    def wait_for(self, sequence: int, state: str) -> str:
        """Wait until the board has reported the state; returns the reason."""

        def reported() -> list[dict[str, Any]]:
            events = self.gateway.events("ota_state", self.name)
            return [e for e in events if (e["sequence"], e["state"]) == (sequence, state)]

        return until(f"release {sequence} {state}", reported, self._context)[-1]["reason"]

    def wait_for_console(self, text: str) -> None:
        until(f"{text!r} on the console", lambda: text in self.board.console(), self._context)

    def wait_for_event(self, kind: str, after: int = 0, **fields: Any) -> dict[str, Any]:
        """Wait for an event of the gateway about this board with these fields; the first ``after`` don't count."""

        def seen() -> list[dict[str, Any]]:
            events = self.gateway.events(kind, self.name)[after:]
            return [e for e in events if all(e.get(name) == value for name, value in fields.items())]

        return until(f"{kind} with {fields}", seen, self._context)[0]

    def newest(self, kind: str) -> dict[str, Any]:
        return self.gateway.events(kind, self.name)[-1]

    def wait_for_birth(self, **fields: Any) -> None:
        def born() -> bool:
            births = self.gateway.events("birth", self.name)
            return bool(births) and all(births[-1][name] == value for name, value in fields.items())

        until(f"a birth with {fields}", born, self._context)

    def _context(self) -> str:
        states = [str(e) for e in self.gateway.events("ota_state", self.name)[-5:]]
        return "\n".join([*states, self.board.console()[-3000:]])


@contextmanager
def running_board(
    folder: Path,
    gateway: Gateway,
    *,
    board: Mapping[str, Any],
    config: Mapping[str, Any] | None = None,
    recordings: Mapping[str, np.ndarray | bytes] | None = None,
    flash: Mapping[str, bytes] | None = None,
    package: Path | None = None,
    with_model: bool = True,
    heap: str | None = None,
) -> Iterator[Bench]:
    """A board that runs the factory application, known to the gateway and born.

    Args:
        board: ``board.json``: what surrounds the board.
        config: sections of ``config.json`` beside those for device, broker, key and a summary every second.
        recordings: files for ``board.json`` to name: bytes, or int16 frames.
        flash: further files of the board's flash, by path.
        package: the model package, for releases and, with ``with_model``, as brought by cable.
        heap: the board's heap, for ``Board``.
    """
    name = f"board-{random.randrange(10**9)}"
    key = keys.keygen(folder / "plant.key")
    simulated = Board(folder / "board") if heap is None else Board(folder / "board", heap=heap)
    compile_application(DEVICE, simulated.flash)
    shutil.copyfile(DEVICE / "boot.py", simulated.flash / "boot.py")
    sections = {
        "device": {"id": name, "group": GROUP}, "mqtt": {"host": "127.0.0.1", "port": gateway.mqtt_port},
        "update": {"public_key": key.public_key}, "report": {"summary_s": 1}, **(config or {}),
    }  # fmt: skip
    (simulated.flash / "config.json").write_text(json.dumps(sections))
    for file, content in (recordings or {}).items():
        raw = content if isinstance(content, bytes) else content.astype("<i2").tobytes()
        (simulated.folder / file).write_bytes(raw)
    for file, content in (flash or {}).items():
        (simulated.flash / file).parent.mkdir(parents=True, exist_ok=True)
        (simulated.flash / file).write_bytes(content)
    simulated.write(dict(board))
    if package is not None and with_model:
        shutil.copytree(package, simulated.flash / "model")
    with simulated:
        simulated.start()
        bench = Bench(gateway, simulated, folder, key, package, name)
        bench.wait_for_birth(boot=1, app=0)
        yield bench
