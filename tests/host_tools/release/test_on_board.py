"""Releases on a simulated board: the whole application under MicroPython, a real gateway, and what can go wrong."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_package import small_package

from picket_host.errors import BuildError, EnvironmentError_
from picket_host.gateway import releases
from picket_host.paths import DEVICE
from picket_host.release import keys, manifest
from picket_host.release.make import Recipe, compile_application, make
from picket_host.release.sign import sign
from picket_host.simulator import recordings
from picket_host.simulator.board import Board
from picket_host.simulator.build import build

_WAIT_S = 90  # for anything to happen; only a failure takes so long
_RATE_HZ = 26_667


@pytest.fixture(scope="module", autouse=True)
def _simulator() -> None:
    try:
        build()
    except (BuildError, EnvironmentError_) as error:
        pytest.skip(f"no simulator: {error}")


def _until(what: str, condition: Callable[[], Any], context: Callable[[], str]) -> Any:
    end = time.monotonic() + _WAIT_S
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.1)
    raise AssertionError(f"not within {_WAIT_S} s: {what}\n{context()}")


class Gateway:
    """A gateway with its embedded broker, in a process of its own."""

    def __init__(self, folder: Path):
        self.state = folder / "state"
        self._log = folder / "gateway.log"
        command = [sys.executable, "-m", "picket_host", "gateway", "run", "--embedded-broker", "--json"]
        options = ["--state", str(self.state), "--mqtt-port", "0", "--http-port", "0"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen([*command, *options], stdout=log, stderr=subprocess.STDOUT)
        ready = _until("the gateway is ready", lambda: self.events("ready"), self._log.read_text)
        self.mqtt_port = ready[0]["mqtt_port"]

    def events(self, kind: str, device: str | None = None) -> list[dict[str, Any]]:
        """What it has printed so far of one kind."""
        lines = [line for line in self._log.read_text().splitlines() if line.startswith("{") and line.endswith("}")]
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
    package: Path
    name: str

    def release(self, sequence: int, key: keys.KeyPair | None = None, **changes: Any) -> Path:
        folder = self.folder / f"release-{sequence}-{random.randrange(10**9)}"
        recipe = Recipe(sequence=sequence, model=self.package, kind="model")
        make(folder, replace(recipe, **changes))
        sign(folder, (key or self.key).seed_file)
        return folder

    def offer(self, folder: Path) -> int:
        return releases.publish(self.gateway.state, folder, devices=[f"plant-a/{self.name}"]).sequence

    def wait_for(self, sequence: int, state: str) -> str:
        """Wait until the board has reported the state; returns the reason."""

        def reported() -> list[dict[str, Any]]:
            events = self.gateway.events("ota_state", self.name)
            return [e for e in events if (e["sequence"], e["state"]) == (sequence, state)]

        return _until(f"release {sequence} {state}", reported, self._context)[-1]["reason"]

    def wait_for_console(self, text: str) -> None:
        _until(f"{text!r} on the console", lambda: text in self.board.console(), self._context)

    def newest(self, kind: str) -> dict[str, Any]:
        return self.gateway.events(kind, self.name)[-1]

    def wait_for_birth(self, **fields: Any) -> None:
        def born() -> bool:
            births = self.gateway.events("birth", self.name)
            return bool(births) and all(births[-1][name] == value for name, value in fields.items())

        _until(f"a birth with {fields}", born, self._context)

    def _context(self) -> str:
        states = [str(e) for e in self.gateway.events("ota_state", self.name)[-5:]]
        return "\n".join([*states, self.board.console()[-3000:]])


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path_factory.mktemp("gateway"))
    yield gateway
    gateway.stop()


@pytest.fixture
def fresh(tmp_path: Path, gateway: Gateway) -> Iterator[Bench]:
    """A running board without a model."""
    yield from _running(tmp_path, gateway, with_model=False)


@pytest.fixture
def bench(tmp_path: Path, gateway: Gateway) -> Iterator[Bench]:
    """A running board with a model that came by cable."""
    yield from _running(tmp_path, gateway, with_model=True)


def _running(tmp_path: Path, gateway: Gateway, with_model: bool) -> Iterator[Bench]:
    name = f"press-{random.randrange(10**9)}"
    key = keys.keygen(tmp_path / "plant.key")
    board = Board(tmp_path / "board")
    compile_application(DEVICE, board.flash)
    shutil.copyfile(DEVICE / "boot.py", board.flash / "boot.py")
    config = {
        "device": {"id": name, "group": "plant-a"}, "mqtt": {"host": "127.0.0.1", "port": gateway.mqtt_port},
        "update": {"public_key": key.public_key}, "report": {"summary_s": 1},
    }
    (board.flash / "config.json").write_text(json.dumps(config))
    noise = np.random.default_rng(1).normal(0, 1, (_RATE_HZ, 3))
    for label, counts in (("quiet", 200), ("loud", 4000)):
        recordings.write_i16(board.folder / f"{label}.i16", recordings.vibration_frames(noise * counts, _RATE_HZ))
    level = recordings.motion_of_attitude(np.full(500, 5.0), np.full(500, -3.0), noise=20)
    recordings.write_i16(board.folder / "level.i16", level)
    board.write(_surroundings("quiet"))
    package = small_package(tmp_path / "package")
    if with_model:
        shutil.copytree(package, board.flash / "model")
    with board:
        board.start()
        bench = Bench(gateway, board, tmp_path, key, package, name)
        bench.wait_for_birth(boot=1, app=0)
        yield bench


def _surroundings(label: str) -> dict[str, Any]:
    vibration = {"cs": 5, "chip": "iis3dwb", "rate_hz": _RATE_HZ, "timeline": [{"at_s": 0, "file": f"{label}.i16"}]}
    motion = {"chip": "mpu6050", "rate_hz": 100, "timeline": [{"at_s": 0, "file": "level.i16"}]}
    return {"spi": {"1": vibration}, "i2c": {"0": {"104": motion}}, "wifi": {"up": True}}


def test_a_fresh_board_takes_its_first_release_and_alerts(fresh: Bench) -> None:
    assert fresh.newest("birth")["model_name"] is None
    fresh.offer(fresh.release(1, kind="full"))
    fresh.wait_for(1, "UPDATED")
    fresh.wait_for_birth(app=1, model=1, model_name="loudness", state="confirmed", highest=1)
    fresh.board.write(_surroundings("loud"))
    fresh.board.signal_reload()
    fresh.wait_for_console("ALERT 2 1 loud on=1")
    _until("the alert at the gateway", lambda: fresh.gateway.events("alert", fresh.name), fresh.board.console)
    _until("a summary", lambda: fresh.gateway.events("data", fresh.name), fresh.board.console)
    assert fresh.newest("data")["tilt"] == pytest.approx([5, -3], abs=0.5)


def test_models_are_swapped_without_a_restart_or_a_missed_window_and_bad_ones_refused(bench: Bench) -> None:
    other = small_package(bench.folder / "better", name="better")
    bench.offer(bench.release(5, model=other))
    bench.wait_for(5, "UPDATED")
    bench.wait_for_birth(boot=1, app=0, model=5, model_name="better", state="confirmed")

    bench.offer(bench.release(4))
    assert bench.wait_for(4, "FAILED") == "sequence 4 is not newer than 5, the highest accepted"

    stranger = keys.keygen(bench.folder / "stranger.key")
    bench.offer(bench.release(6, stranger))
    assert bench.wait_for(6, "FAILED") == "the signature does not fit the device's public key"

    tampered = bench.release(7)
    raw = manifest.read_bytes(tampered)
    (tampered / manifest.MANIFEST).write_bytes(raw.replace(b'"notes":""', b'"notes":"!"'))
    bench.offer(tampered)
    assert bench.wait_for(7, "FAILED") == "the signature does not fit the device's public key"

    wrong = small_package(bench.folder / "wrong")
    golden = bytearray((wrong / "golden.bin").read_bytes())
    golden[-1] ^= 1
    (wrong / "golden.bin").write_bytes(bytes(golden))
    bench.offer(bench.release(8, model=wrong))
    assert bench.wait_for(8, "FAILED").startswith("golden vector 4: output[1] is ")

    assert bench.newest("birth")["boot"] == 1 and bench.newest("birth")["model"] == 5
    assert sum(data["missed"] for data in bench.gateway.events("data", bench.name)) == 0
    assert not (bench.board.flash / "slots" / "stage-8").exists()


def test_a_release_that_crashes_is_rolled_back(bench: Bench) -> None:
    broken = bench.folder / "broken"
    shutil.copytree(DEVICE, broken)
    (broken / "main.py").write_text("raise RuntimeError('broken from the start')\n")
    bench.offer(bench.release(21, kind="full", application=broken))
    assert bench.wait_for(21, "ROLLED_BACK") == "the trial ended in 3 restarts without confirmation"
    bench.wait_for_birth(app=0, model=0, state="confirmed", highest=21)
    assert bench.board.console().count("broken from the start") >= 3


def test_power_cuts_during_an_update_lose_nothing(bench: Bench) -> None:
    bench.offer(bench.release(31, kind="full"))
    for text in ("release 31 DOWNLOADING", "release 31 DOWNLOADING", "release 31 VERIFIED", "release 31 UPDATING"):
        before = bench.board.console().count(text)
        end = time.monotonic() + _WAIT_S
        while bench.board.console().count(text) == before and time.monotonic() < end:
            time.sleep(0.001)
        bench.board.kill()
        bench.board.start()
    bench.wait_for(31, "UPDATED")
    bench.wait_for_birth(app=31, model=31, state="confirmed")
