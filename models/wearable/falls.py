"""How many falls of people that no model has seen a package finds, and how soon, through the device's own gate."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from picket_host.models.soak import DEFAULT_SEED, PackageOnHost
from picket_host.native.dsp import Motion

from . import movement

_FIRST_PERSON = 500  # those below are of the training data, those from 1000 on of calm operation


@dataclass(frozen=True)
class Found:
    """Falls of one kind.

    Attributes:
        falls: how many there were.
        found: how many of them raised an alert.
        slowest_s: the longest time from the impact to the end of the window that raised it; None when none was found.
    """

    falls: int
    found: int
    slowest_s: float | None


def found(package: Path, people: int = 20, takes: int = 2, seed: int = DEFAULT_SEED) -> dict[str, Found]:
    """By kind of fall, what the package says of ``takes`` falls of each of some people, each fall with a new gate.

    Raises:
        InputError: not a package.
        ModelError: the engine refuses the model.
    """
    judge = PackageOnHost(package)
    motion = Motion((package / "pipeline.bin").read_bytes())
    result = {}
    for kind in movement.FALLS:
        delays_s = []
        for number in range(_FIRST_PERSON, _FIRST_PERSON + people):
            who = movement.subject(number, seed)
            for take in range(takes):
                fall = movement.record(who, kind, seed, take)
                windows = motion.windows(fall.frames)
                hops = _until_alert(judge, windows)
                if hops is not None:
                    delays_s.append(hops * motion.hop / motion.rate_hz - fall.impact_s)
        delays_s = [delay_s for delay_s in delays_s if delay_s >= 0]  # an alert before the impact is a false one
        result[kind] = Found(people * takes, len(delays_s), max(delays_s, default=None))
    return result


def _until_alert(judge: PackageOnHost, windows: np.ndarray) -> int | None:
    """How many windows it takes until there is an alert."""
    if not judge.events(windows)[0]:
        return None
    return bisect_left(range(len(windows) + 1), True, key=lambda count: bool(judge.events(windows[:count])[0]))
