"""Fixtures of the gateway's tests: the real broker, the real service, devices that speak through paho."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
sys.path.insert(0, str(Path(__file__).parent))

from fake_device import FakeDevice  # noqa: E402
from gateway_harness import RunningBroker, RunningService  # noqa: E402


@pytest.fixture
def mqtt_broker() -> Iterator[RunningBroker]:
    running = RunningBroker()
    yield running
    running.stop()


@pytest.fixture
def gateway(mqtt_broker: RunningBroker, tmp_path: Path) -> Iterator[RunningService]:
    running = RunningService(tmp_path / "state", mqtt_broker.port)
    yield running
    running.stop()


@pytest.fixture
def device(mqtt_broker: RunningBroker) -> Iterator[Callable[..., FakeDevice]]:
    """Makes connected devices; those left are disconnected at the end."""
    devices: list[FakeDevice] = []

    def connect(name: str = "press-1", **options) -> FakeDevice:
        made = FakeDevice(mqtt_broker.port, name, **options).connect()
        devices.append(made)
        return made

    yield connect
    for made in devices:
        made.disconnect()
