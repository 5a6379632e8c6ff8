"""What the tests of drivers share: pieces of scripts for the board, and whether what was sensed is the recording."""

from __future__ import annotations

import numpy as np

# collect(): so many frames of a sensor, as a list of their values, without a gap.
COLLECT = """
from array import array
import time
from picket.sensors import OVERRUN

def collect(sensor, count):
    values = array("h", bytearray(2 * sensor.channels * count))
    at = 0
    sensor.start()
    while at < len(values):
        got = sensor.read_into(values, at)
        if got == OVERRUN:
            raise RuntimeError("overrun")
        at += sensor.channels * got
        time.sleep_ms(min(sensor.poll_ms, 20))  # simulated time flies: what a FIFO holds is little on a busy host
    return list(values)
"""


def i2c_registers(address: int) -> str:
    """Access to the registers of the chip there without its driver, for what that does not do: read() and write()."""
    return f"""
import json, time
from machine import I2C
bus = I2C(0)

def read(register, count=1):
    return list(bus.readfrom_mem({address}, register, count))

def write(register, value):
    bus.writeto_mem({address}, register, bytes([value]))
"""


def assert_stretch(values: list[int], recording: np.ndarray) -> None:
    """The values are one stretch of the endless repetition of the recording, and of no other place in it.

    Args:
        values: of all frames, one after the other.
        recording: (frames,) or (frames, channels).
    """
    sensed = np.array(values).reshape(-1, *recording.shape[1:])
    alike = (recording == sensed[0]).reshape(len(recording), -1).all(axis=1)
    steps = np.arange(len(sensed))
    beginnings = [
        first
        for first in np.flatnonzero(alike)
        if np.array_equal(recording[(first + steps) % len(recording)], sensed)
    ]
    assert len(beginnings) == 1, f"they are {len(beginnings)} stretches of the recording; they begin {values[:8]}"
