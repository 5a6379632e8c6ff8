"""The whole way: a chip that sees the pulse, the device's application, the broker, the gateway."""

import numpy as np
import pytest
from on_board import gateway, needs_simulator, running_board  # noqa: F401 - fixtures
from picket_recipes.heart import pulse
from picket_recipes.heart.recipe import RECIPE

# Waits of the board pass so many times faster; its time-outs do, too, so those of the network are long.
SPEED = 10
_MISSING = 8


def config(mqtt_port):
    return {
        "mqtt": {"host": "127.0.0.1", "port": mqtt_port, "keepalive_s": 600},
        "heart": {"driver": "max30102", "i2c": 0, "addr": 87},
        "vibration": {"driver": "none"},
        "attitude": {"driver": "none"},
        "report": {"summary_s": 10},
    }


def surroundings(name, at_s=0):
    timeline = [{"at_s": at_s, "file": f"{name}.i16"}]
    return {"time": {"speed": SPEED}, "i2c": {"0": {"87": {"chip": "max30102", "timeline": timeline}}}}


@pytest.fixture(scope="module")
def worn(heart, gateway, tmp_path_factory):  # noqa: F811 - fixtures
    light = {f"{label}.i16": samples for label, samples in RECIPE.recordings().items()}
    bare = np.tile(np.array([-31990, -32000, -31995, -32005], np.int16), 100)
    with running_board(
        tmp_path_factory.mktemp("worn"), gateway, board=surroundings("calm"), config=config(gateway.mqtt_port),
        recordings={**light, "bare.i16": bare}, package=heart.folder,
    ) as bench:  # fmt: skip
        yield bench


def test_calm_then_stress_then_taken_off(worn):
    """The summary's level is RMSSD; a judgement comes every ten seconds of the board's time."""
    for _ in range(4):
        worn.wait_for_event("data", after=len(worn.gateway.events("data", worn.name)), win=1, bad=0)
    assert worn.gateway.events("alert", worn.name) == []
    _, at_s = pulse.record(80, "calm", 150.0, seed=1)
    true = np.sqrt((np.diff(1000 * np.diff(at_s)) ** 2).mean())
    assert worn.newest("data")["rms"] == pytest.approx(true, rel=0.35)
    worn.board.write(surroundings("stress", "now"))
    worn.board.signal_reload()
    worn.wait_for_event("alert", label="stress", on=True)
    worn.board.write(surroundings("bare", "now"))
    worn.board.signal_reload()
    worn.wait_for_event("alert", label="sensor", on=True)
    assert any(each["chk"] & _MISSING for each in worn.gateway.events("data", worn.name))
