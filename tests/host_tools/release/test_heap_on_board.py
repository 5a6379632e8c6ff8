"""The whole application on a simulated board, connected, with a model at work, leaves the heap that it promises."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
import quiet_machine
from small_package import small_package
from vibration_sizes import ANOMALY_BYTES, ARENA_BYTES, MODEL_BYTES

from picket_host.errors import BuildError, EnvironmentError_
from picket_host.paths import DEVICE
from picket_host.release.make import compile_application
from picket_host.simulator import recordings
from picket_host.simulator.board import Board
from picket_host.simulator.build import build

sys.path.insert(0, str(Path(__file__).parents[1] / "gateway"))

from gateway_harness import RunningBroker  # noqa: E402

_HEAP = "200k"
_FREE_BYTES = 60 * 1024
_SUMMARIES = 4
_WAIT_S = 300
_PREFIX = "picket/v1/plant-a/press-1/"


class _Gateway:
    """Acknowledges births, so that the session stands as with a real one, and keeps summaries."""

    def __init__(self, port: int):
        self.summaries: list[dict] = []
        self.enough = threading.Event()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe("picket/v1/#", 1)
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _on_message(self, client: paho.Client, _: object, message: paho.MQTTMessage) -> None:
        kind = message.topic.removeprefix(_PREFIX)
        if kind == "birth":
            birth = json.loads(message.payload)["boot"]
            client.publish(_PREFIX + "ack", json.dumps({"birth": birth}), 1)
        elif kind == "data":
            self.summaries.append(json.loads(message.payload))
            if sum(summary["win"] > 0 for summary in self.summaries) >= _SUMMARIES:
                self.enough.set()

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def gateway() -> Iterator[tuple[_Gateway, int]]:
    broker = RunningBroker()
    running = _Gateway(broker.port)
    yield running, broker.port
    running.stop()
    broker.stop()


def _board(folder: Path, package: Path, port: int) -> Board:
    board = Board(folder, heap=_HEAP)
    compile_application(DEVICE, board.flash)
    shutil.copyfile(DEVICE / "boot.py", board.flash / "boot.py")
    shutil.copytree(package, board.flash / "model")
    config = {
        "device": {"id": "press-1", "group": "plant-a"},
        "mqtt": {"host": "127.0.0.1", "port": port},
        "report": {"summary_s": 1},
    }
    (board.flash / "config.json").write_text(json.dumps(config))
    for file, frames in quiet_machine.recorded().items():
        recordings.write_i16(board.folder / file, frames)
    board.write(quiet_machine.BOARD)
    return board


def test_60_kb_of_a_heap_of_200_kb_are_free_beside_a_vibration_model(tmp_path, gateway):
    try:
        build()
    except (BuildError, EnvironmentError_) as error:
        pytest.skip(f"no simulator: {error}")
    package = small_package(tmp_path / "package")
    # What a real package would take beyond the small one, whose arena counts as nothing.
    spare = MODEL_BYTES + ANOMALY_BYTES + ARENA_BYTES
    spare -= sum((package / name).stat().st_size for name in ("model.tflite", "anomaly.bin"))
    running, port = gateway
    with _board(tmp_path / "board", package, port) as board:
        board.start()
        assert running.enough.wait(_WAIT_S), board.console()
    newest = running.summaries[-1]
    assert newest["tilt"] is not None, "both sensors are at work"
    assert newest["heap_low"] - spare >= _FREE_BYTES, running.summaries
