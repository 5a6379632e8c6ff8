"""The machinery of the demo on this machine: broker, gateway and three simulated boards, each a process of its own."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from picket_host.demo.processes import Service
from picket_host.demo.result import Log
from picket_host.errors import PicketError
from picket_host.gateway.store import Store, StoredAlert, StoredState
from picket_host.gateway.wire import Source
from picket_host.simulator.board import Board
from picket_host.simulator.recordings import motion_of_attitude, vibration_frames, write_i16

GROUP = "plant-a"
DEVICES = ("press-1", "press-2", "press-3")
HEAP_BYTES = 200 * 1024
SUMMARY_S = 2

_RAISED = re.compile(r"^ALERT (\d+) (\d+) (\S+) on=([01]) win=(\d+)", re.MULTILINE)
_CHANGED = re.compile(r"^SURROUNDINGS changed at (\d+) ms", re.MULTILINE)
_STARTED = re.compile(r"^\[(\d+)\] INFO app: boot \d+, application (\d+), model (\d+)", re.MULTILINE)
_POLL_S = 0.05
_PATIENCE_S = 300.0  # for anything to happen; only a failure takes so long


@dataclass(frozen=True)
class Raised:
    """An alert that a device's outbox accepted, as its console says."""

    device: str
    boot: int
    seq: int
    label: str
    on: bool
    window: int


@dataclass
class _Seen:
    """How far the stage has told of what the gateway stored."""

    alert_id: int = 0
    states: dict[Source, tuple] = field(default_factory=dict)


class Stage:
    """Starts, watches, breaks and stops everything. Use as a context manager: leaving it leaves no process behind.

    Args:
        folder: an empty folder for all files of the run.
        log: told what happens.
    """

    def __init__(self, folder: Path, log: Log):
        self.folder = folder
        self.log = log
        self.state = folder / "gateway"
        self.boards: dict[str, Board] = {}
        self._surroundings: dict[str, dict] = {}
        self._broker: Service | None = None
        self._gateway: Service | None = None
        self._store: Store | None = None
        self._seen = _Seen()
        self.mqtt_port = 0

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        for board in self.boards.values():
            board.kill()
        if self._store is not None:
            self._store.close()
        for service in (self._gateway, self._broker):
            if service is not None:
                service.stop()

    # Broker and gateway

    def start_broker(self) -> None:
        """Start the embedded broker, the second time on the port of the first."""
        arguments = ["gateway", "broker", "--port", str(self.mqtt_port), "--json"]
        self._broker = Service("broker", arguments, self.folder / "broker.log")
        self.mqtt_port = self._broker.start()["mqtt_port"]

    def kill_broker(self) -> None:
        self._broker.kill()

    def start_gateway(self) -> None:
        arguments = [
            "gateway",
            "run",
            "--state",
            str(self.state),
            "--broker",
            f"mqtt://127.0.0.1:{self.mqtt_port}",
            "--http-port",
            "0",
            "--json",
        ]
        self._gateway = Service("gateway", arguments, self.folder / "gateway.log")
        self._gateway.start()
        self._store = Store.open_existing(self.state)

    @property
    def store(self) -> Store:
        """The gateway's database, for reading."""
        return self._store

    # Boards

    def make_board(self, device: str, application: Path, recordings: dict[str, np.ndarray], public_key: bytes) -> None:
        """Lay a board's folder out as a technician leaves it: application, configuration, sensors, surroundings."""
        board = Board(self.folder / device)
        board.deploy(application)
        config = {
            "device": {"id": device, "group": GROUP},
            "mqtt": {"host": "127.0.0.1", "port": self.mqtt_port, "retry_max_s": 2},
            "update": {"public_key": public_key.hex()},
            "report": {"summary_s": SUMMARY_S},
        }
        (board.flash / "config.json").write_text(json.dumps(config, indent=1) + "\n")
        for label, samples in recordings.items():
            write_i16(board.folder / f"{label}.i16", vibration_frames(samples, 26667))
        swing = 3 * np.sin(np.linspace(0, 2 * np.pi, 1000, endpoint=False))
        write_i16(board.folder / "attitude.i16", motion_of_attitude(swing, 0.5 * swing, gyro_bias_dps=0.4, noise=40))
        self._surroundings[device] = {
            "spi": {
                "1": {"cs": 5, "chip": "iis3dwb", "rate_hz": 26667, "timeline": [{"at_s": 0, "file": "healthy.i16"}]}
            },
            "i2c": {
                "0": {"104": {"chip": "mpu6050", "rate_hz": 100, "timeline": [{"at_s": 0, "file": "attitude.i16"}]}}
            },
        }
        board.write(self._surroundings[device])
        self.boards[device] = board

    def set_condition(self, device: str, label: str) -> None:
        """From now on the device's vibration sensor feels another machine."""
        description = self._surroundings[device]
        description["spi"]["1"]["timeline"] = [{"at_s": "now", "file": f"{label}.i16"}]
        board = self.boards[device]
        board.write(description)
        if board.running:
            board.signal_reload()

    def onset_ms(self, device: str) -> int | None:
        """The device's uptime when its surroundings last changed; None if they never did.

        The console has ticks; uptime counts from the application's start, at most the few milliseconds before its
        first line earlier.
        """
        console = self.boards[device].console()
        changed, started = _CHANGED.findall(console), _STARTED.findall(console)
        return int(changed[-1]) - int(started[-1][0]) if changed and started else None

    def power_cut(self, device: str) -> None:
        self.boards[device].kill()
        # What held before the cut holds after it: a re-read timeline may say "now", a fresh start begins at 0.
        timeline = self._surroundings[device]["spi"]["1"]["timeline"]
        timeline[:] = [{"at_s": 0, "file": timeline[-1]["file"]}]
        self.boards[device].write(self._surroundings[device])

    def power_cut_when_there(self, device: str, path: str, timeout_s: float = _PATIENCE_S) -> None:
        """Cut the power as soon as a file or folder appears on the device's flash.

        Raises:
            PicketError: it did not appear in time.
        """
        awaited = self.boards[device].flash / path
        self.boards[device].give_way()  # or on a busy machine it might be through before this process looks
        until = time.monotonic() + timeout_s
        while not awaited.exists():  # a download lasts a fraction of a second: nothing else is done meanwhile
            if time.monotonic() > until:
                raise PicketError(
                    f"waited {timeout_s:.0f} s for {path}", self.boards[device].folder, "look at its console.log"
                )
            time.sleep(0.001)
        self.power_cut(device)

    def power_on(self, device: str) -> tuple[int, int]:
        """Switch the power on; returns the sequences of application and model that came up, as the console says."""
        board = self.boards[device]
        starts = len(_STARTED.findall(board.console()))
        board.start()
        self.wait_for(f"the start of {device}", lambda: len(_STARTED.findall(board.console())) > starts)
        _, application, model = _STARTED.findall(board.console())[starts]
        return int(application), int(model)

    def waiting(self, device: str) -> int:
        """Alerts in the device's outbox."""
        folder = self.boards[device].flash / "outbox"
        return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0

    def raised(self) -> list[Raised]:
        """Every alert that any device's outbox accepted."""
        return [
            Raised(device, int(boot), int(seq), label, on == "1", int(window))
            for device, board in self.boards.items()
            for boot, seq, label, on, window in _RAISED.findall(board.console())
        ]

    # What the gateway knows

    def birth(self, device: str) -> dict:
        return next((d.birth for d in self.store.devices() if d.name == device), {})

    def online(self, device: str) -> bool:
        return any(d.name == device and d.online for d in self.store.devices())

    def summaries(self, device: str) -> list[dict]:
        """All summaries of a device, oldest first."""
        return [d.payload for d in self.store.data(Source(GROUP, device))]

    def update_states(self, device: str, sequence: int) -> list[StoredState]:
        """What the device has said of this release, oldest first."""
        return [s for s in self.store.states(Source(GROUP, device)) if s.sequence == sequence]

    def alerts(self) -> list[StoredAlert]:
        return self.store.alerts()

    # Time

    def wait_for(self, what: str, condition: Callable[[], bool], timeout_s: float = _PATIENCE_S) -> float:
        """Wait, telling what happens meanwhile; returns the seconds it took.

        Raises:
            PicketError: it did not come in time.
        """
        began = time.monotonic()
        while not condition():
            if time.monotonic() - began > timeout_s:
                raise PicketError(
                    f"waited {timeout_s:.0f} s for: {what}", self.folder, "look at console.log and gateway.log there"
                )
            self.tell()
            time.sleep(_POLL_S)
        self.tell()
        return time.monotonic() - began

    def pause(self, seconds: float) -> None:
        """Let it all run for a while."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.tell()
            time.sleep(_POLL_S)

    def tell(self) -> None:
        """Tell of alerts and update states that the gateway has stored since the last time."""
        if self._store is None:
            return
        for alert in self.store.alerts(after_id=self._seen.alert_id):
            self._seen.alert_id = alert.id
            text = f"{alert.label} {alert.percent} %" if alert.on else f"{alert.label} ended"
            self.log.say(alert.device, f"alert: {text} (window {alert.window}, id {alert.boot}.{alert.seq})", "alert")
        for source, state in self.store.newest_states().items():
            key = (state.boot, state.sequence, state.state)
            if self._seen.states.get(source) != key:
                self._seen.states[source] = key
                reason = f": {state.reason}" if state.reason else ""
                kind = {"UPDATED": "good", "FAILED": "bad", "ROLLED_BACK": "bad"}.get(state.state, "note")
                self.log.say(source.device, f"release {state.sequence} {state.state}{reason}", kind)
