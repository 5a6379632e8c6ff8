"""Recordings of a sensor that hangs: the device calls it stuck and judges nothing of it, so no model learns from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from picket_host.device_code import load
from picket_host.errors import InputError

_checks = load("sensors.checks")


def check_window_by_window(samples: np.ndarray, window: int, rate_hz: float, file: Path) -> None:
    """Refuse a recording of one channel in which the sensor was stuck for a whole window, as the device finds it.

    Args:
        samples: int16 [n], n >= window.
        window: samples of a window, at the recording's rate.
        rate_hz: of the recording.

    Raises:
        InputError: says from when on.
    """
    whole = samples[: len(samples) // window * window].reshape(-1, window)
    check = _checks.Window()
    for index, (low, high) in enumerate(zip(whole.min(axis=1).tolist(), whole.max(axis=1).tolist(), strict=True)):
        if check.check((low, high)) & _checks.STUCK:
            at_s = index * window / rate_hz
            what = f"the sensor is stuck at {at_s:.2f} s: its samples lie between {low} and {high} for a whole window"
            raise InputError(what, file, "cut the recording there, or record again with a sensor that is alive")


def check_frames(frames: np.ndarray, file: Path) -> None:
    """Refuse a recording of several channels, [n, channels], all of whose frames are equal.

    Raises:
        InputError: they are.
    """
    if (frames == frames[0]).all():
        what = f"the sensor is stuck: all {len(frames)} lines are equal"
        raise InputError(what, file, "leave the file out, or record again with a sensor that is alive")
