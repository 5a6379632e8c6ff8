"""The whole way: a chip that feels a fall, the device's application, the broker, the gateway."""

import numpy as np
import pytest
from on_board import gateway, needs_simulator, running_board  # noqa: F401 - fixtures
from picket_recipes.wearable import movement
from picket_recipes.wearable.recipe import RECIPE

WHO = movement.subject(500, seed=7)
CONFIG = {
    "motion": {"driver": "mpu6050", "i2c": 0, "addr": 104, "rate_hz": 100},
    "vibration": {"driver": "none"},
    "attitude": {"driver": "none"},
}


def surroundings(*kinds):
    timeline = [{"at_s": at_s, "file": f"{kind}.i16"} for at_s, kind in kinds]
    return {"i2c": {"0": {"104": {"chip": "mpu6050", "accel_g": 16, "gyro_dps": 2000, "timeline": timeline}}}}


def and_stay(kind):
    """The movement, and ten minutes as at its end."""
    frames = movement.record(WHO, kind, seed=7).frames
    return np.concatenate([frames, np.tile(frames[-200:], (300, 1))])


@pytest.fixture(scope="module")
def worn(wearable, gateway, tmp_path_factory):  # noqa: F811 - fixtures
    kinds = ("sit_down", "fall_backward")
    with running_board(
        tmp_path_factory.mktemp("worn"), gateway, board=surroundings((0, "sit_down")), config=CONFIG,
        recordings={f"{kind}.i16": and_stay(kind) for kind in kinds},
        package=wearable.folder,
    ) as bench:  # fmt: skip
        yield bench


def test_sitting_down_is_no_alert_and_a_fall_is_one(worn):
    worn.wait_for_event("data", win=3)
    for _ in range(12):
        seen = len(worn.gateway.events("data", worn.name))
        worn.wait_for_event("data", after=seen)
    assert worn.gateway.events("alert", worn.name) == []
    assert all(each["missed"] == 0 and not each["bad"] for each in worn.gateway.events("data", worn.name)[1:])
    worn.board.write(surroundings(("now", "fall_backward")))
    worn.board.signal_reload()
    alert = worn.wait_for_event("alert", label="fall", on=True)
    assert alert["percent"] >= RECIPE.gate["threshold_pct"]
    worn.wait_for_event("alert", label="fall", on=False)
    worn.wait_for_event("data", after=len(worn.gateway.events("data", worn.name)) + 5)
    assert len(worn.gateway.events("alert", worn.name)) == 2
