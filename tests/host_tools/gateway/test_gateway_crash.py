"""Kill -9 of the gateway between storing and answering: no alert is lost, none is stored twice."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from fake_device import FakeDevice
from gateway_harness import PATIENCE_S, GatewayProcess, reading, until

PROGRAM = Path(__file__).parent / "crashing_gateway.py"


def life(state: Path, port: int, point: str, count: int) -> GatewayProcess:
    return GatewayProcess(str(state), str(port), point, str(count), program=[str(PROGRAM)])


@pytest.mark.parametrize("point", ["before_commit", "after_commit", "answer_queued", "answer_sent", "after_puback"])
def test_no_alert_is_lost_or_doubled_when_the_gateway_is_killed(point, mqtt_broker, tmp_path):
    state = tmp_path / "state"
    device = FakeDevice(mqtt_broker.port).connect()
    raised = []
    for count in (1, 2, 4):
        gateway = life(state, mqtt_broker.port, point, count)
        end = time.monotonic() + PATIENCE_S
        while gateway.process.poll() is None and time.monotonic() < end:
            raised.append(device.raise_alert())
            device.wait(lambda: not device.pending, 0.02)
        assert gateway.end() == -signal.SIGKILL, "the gateway did not come to the point where it is killed"
        with reading(state) as store:
            stored = {(alert.boot, alert.seq) for alert in store.alerts()}
        assert device.acked <= stored
    gateway = life(state, mqtt_broker.port, "none", 0)
    device.resend_until_acked()
    assert gateway.end() == 0
    with reading(state) as store:
        alerts = store.alerts()
    assert sorted((alert.boot, alert.seq) for alert in alerts) == sorted(raised)
    device.disconnect()


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
def test_an_update_state_survives_a_kill(point, mqtt_broker, tmp_path):
    """No answer tells its device that it is stored: until then the broker keeps it."""
    state = tmp_path / "state"
    device = FakeDevice(mqtt_broker.port).connect()
    gateway = life(state, mqtt_broker.port, point, 1)
    device.send("ota_state", {"boot": 1, "sequence": 2, "state": "UPDATED"})
    assert gateway.wait() == -signal.SIGKILL
    device.send("ota_state", {"boot": 1, "sequence": 3, "state": "DOWNLOADING"})
    gateway = life(state, mqtt_broker.port, "none", 0)

    def stored() -> bool:
        with reading(state) as store:
            return {(step.sequence, step.state) for step in store.states()} == {(2, "UPDATED"), (3, "DOWNLOADING")}

    until(stored)
    gateway.end()
    device.disconnect()
