"""Commands wait in the store until the gateway has handed them to the broker; a forecast stays there for sleepers."""

from __future__ import annotations

import json
import subprocess
import sys

import earlier_store
import pytest
from fake_device import FakeDevice
from gateway_harness import PATIENCE_S, RunningBroker, RunningService, until

from picket_host.errors import InputError
from picket_host.gateway import commands
from picket_host.gateway.store import Store
from picket_host.gateway.wire import Source

RAIN = {"cmd": "forecast", "t": 1_800_000_000, "pct": [90, 20], "mm": [12.0, 1.5]}


def test_a_command_reaches_the_devices_of_a_group_once(gateway, device):
    presses = [device("press-1"), device("press-2"), device("press-3", group="plant-b")]
    for press in presses:
        press.birth()
    assert all(press.wait(lambda press=press: press.birth_acks) for press in presses)
    sent = commands.send(gateway.state, "plant-a", "summary", wait_s=PATIENCE_S)
    told = [(each.device, each.sent, each.online) for each in sent]
    assert told == [("press-1", True, True), ("press-2", True, True)]
    assert all(press.wait(lambda press=press: press.commands) for press in presses[:2])
    commands.send(gateway.state, "plant-a/press-2", "identify", wait_s=PATIENCE_S)
    assert presses[1].wait(lambda: len(presses[1].commands) == 2)
    assert [press.commands for press in presses] == [
        [{"cmd": "summary"}], [{"cmd": "summary"}, {"cmd": "identify"}], [],
    ]  # fmt: skip
    assert [event.details for event in gateway.events if event.kind == "command"] == [
        {"command": "summary"}, {"command": "summary"}, {"command": "identify"},
    ]  # fmt: skip


def test_without_a_gateway_it_waits_for_one(tmp_path):
    Store.open(tmp_path / "state").close()
    (waiting,) = commands.send(tmp_path / "state", "plant-a/press-1", "reset", wait_s=0)
    assert (waiting.sent, waiting.online) == (False, False)
    broker = RunningBroker()
    press = FakeDevice(broker.port).connect()
    running = RunningService(tmp_path / "state", broker.port)
    assert press.wait(lambda: press.commands == [{"cmd": "reset"}])
    running.stop()
    again = RunningService(tmp_path / "state", broker.port)
    until(lambda: "connected" in again.kinds())
    again.stop()
    press.disconnect()
    broker.stop()
    assert press.commands == [{"cmd": "reset"}], "what was sent is not sent by the next gateway"


def test_the_newest_forecast_stays_for_who_sleeps_even_when_the_broker_forgets(tmp_path):
    broker = RunningBroker()
    running = RunningService(tmp_path / "state", broker.port)
    commands.forecast(running.state, "field-1/plot-1", [(10, 1), (0, 0)], wait_s=PATIENCE_S)
    (sent,) = commands.forecast(running.state, "field-1/plot-1", [(90, 12.0), (20, 1.5)], RAIN["t"], wait_s=PATIENCE_S)
    assert sent.sent and sent.command == RAIN
    for _ in range(2):
        plot = FakeDevice(broker.port, "plot-1", "field-1").connect()
        assert plot.wait(lambda plot=plot: plot.commands == [RAIN])
        plot.disconnect()
        broker.stop()
        broker = RunningBroker(broker.port)
    running.stop()
    broker.stop()
    with Store.open_existing(running.state) as store:
        assert [(each.source, json.loads(each.payload)) for each in store.commands()] == [
            (Source("field-1", "plot-1"), RAIN)
        ]


def test_a_store_of_the_first_version_is_taken_over(tmp_path):
    earlier_store.make(tmp_path, 1)
    assert commands.send(tmp_path, "plant-a/press-1", "reset", wait_s=0)[0].sent is False


@pytest.mark.parametrize(
    ("target", "days", "message"),
    [
        ("plant a", [(0, 0), (0, 0)], "not a group or a device's full name"),
        ("nobody", [(0, 0), (0, 0)], "no device of this group has ever spoken"),
        ("field-1/plot-1", [(101, 0), (0, 0)], "out of range"),
        ("field-1/plot-1", [(50, 0)], "not of two days"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, target, days, message):
    Store.open(tmp_path).close()
    with pytest.raises(InputError, match=message):
        commands.forecast(tmp_path, target, days, wait_s=0)


def test_as_a_user_types_it(tmp_path):
    Store.open(tmp_path).close()

    def picket(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "picket_host", "gateway", *arguments, "--state", str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)

    told = picket("forecast", "field-1/plot-1", "90:12", "20:1.5")
    assert "field-1/plot-1: forecast waits for the gateway to run" in told.stdout
    (sent,) = json.loads(picket("send", "summary", "field-1/plot-1", "--json").stdout)
    assert sent["command"] == {"cmd": "summary"} and sent["sent"] is False
    wrong = picket("forecast", "field-1/plot-1", "90", "20:1")
    assert wrong.returncode == 2 and "for example 90:12 20:1" in wrong.stderr
