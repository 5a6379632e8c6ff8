"""Every driver that the configuration can name is built from its section as the schema fills it in."""

from __future__ import annotations

import numpy as np
import pytest

from picket_host.simulator import recordings

_RUN = """
import json, time
from array import array
from picket import config
from picket.sensors import open_source

section = config.check({SETTINGS})["NAME"]
source = open_source(section, CHANNELS)
samples = array("h", bytearray(2 * 7 * 8))
source.start()
time.sleep_ms(PAUSE)
got = source.read_into(samples)
source.stop()
print(json.dumps([got, source.channels, source.rate_hz, source.overruns]))
print(list(samples))
"""


def _run(scenarios, name, settings, pause_ms=50, channels=1):
    """What the source is and gave after the pause: [frames read, channels, rate, overruns] and the 56 samples."""
    text = {"device": {"id": "a"}, name: settings}
    script = _RUN.replace("{SETTINGS}", repr(text)).replace("NAME", name).replace("PAUSE", str(pause_ms))
    script = script.replace("CHANNELS", str(channels))
    return scenarios.run(script)


@pytest.mark.parametrize(("axis", "value"), [("x", 1), ("y", 2), ("z", 3)])
def test_the_vibration_sensor(vibrating, axis, value):
    facts, samples = _run(vibrating(np.tile(np.array([1, 2, 3]), (10, 1))), "vibration", {"axis": axis}, pause_ms=10)
    assert facts == [56, 1, 26667, 0]
    assert samples == [value] * 56


def test_the_attitude_sensor(moving):
    facts, samples = _run(moving(np.tile(np.arange(7), (10, 1))), "attitude", {"rate_hz": 200})
    assert facts == [8, 7, 200, 0]
    assert samples == list(range(7)) * 8


def test_a_recording_instead_of_the_vibration_sensor(scenarios):
    (scenarios.board.flash / "recordings").mkdir()
    frames = np.stack([np.zeros(500), np.arange(500), np.zeros(500)], axis=1).astype(np.int16)
    recordings.write_i16(scenarios.board.flash / "recordings" / "vibration.i16", frames)
    facts, samples = _run(scenarios, "vibration", {"driver": "replay", "axis": "y"})
    assert facts == [56, 1, 26667, 0]
    assert samples == list(range(56))


def test_a_recording_instead_of_the_attitude_sensor(scenarios):
    recordings.write_i16(scenarios.board.flash / "tilt.i16", np.arange(70, dtype=np.int16).reshape(10, 7))
    facts, samples = _run(scenarios, "attitude", {"driver": "replay", "file": "/tilt.i16"}, channels=7)
    assert facts[0] == pytest.approx(5, abs=1)
    assert facts[1:] == [7, 100, 0]
    assert samples[: 7 * facts[0]] == list(range(7 * facts[0]))


def test_an_analogue_vibration_sensor(scenarios):
    timeline = scenarios.record("level.i16", np.array([[1225]]))
    scenarios.description["adc"] = {"36": {"rate_hz": 1000, "timeline": timeline}}
    facts, samples = _run(scenarios, "vibration", {"driver": "adc", "rate_hz": 15})
    assert facts == [0, 1, 15, 0], "after 50 ms no sample of 15 Hz is due"
    facts, samples = _run(scenarios, "vibration", {"driver": "adc", "rate_hz": 21})
    assert facts == [1, 1, 21, 0]
    assert samples[0] == pytest.approx(16384, abs=32)
