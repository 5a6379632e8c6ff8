"""How far the measures taken from light are from those of the heart's true beats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from picket_host.models.recipes import DEFAULT_SEED
from picket_host.native.dsp import Heart, heart_params

from . import pulse

_FIRST_PERSON = 500  # of whom no model has learnt
_SECONDS = 120.0
_MEASURES = ("mean_interval", "sdnn", "rmssd")


@dataclass(frozen=True)
class Errors:
    """Absolute errors, ms: of the mean interval, SDNN and RMSSD, in this order.

    Attributes:
        hearts: how many were measured; hearts with beats that come too early are left out, since which intervals are
            normal is not in the truth.
        median, most: over these hearts.
    """

    hearts: int
    median: tuple[float, float, float]
    most: tuple[float, float, float]

    def figures(self) -> dict[str, float]:
        """All of them by name."""
        return {"hearts": self.hearts} | {
            f"{name}_{kind}_ms": value
            for kind, values in (("median", self.median), ("most", self.most))
            for name, value in zip(_MEASURES, values, strict=True)
        }


def errors(people: int = 40, moved: float = 0.0, seed: int = DEFAULT_SEED) -> Errors:
    """Errors over a span at the end of two minutes, calm and stressed.

    Args:
        moved: share of the time in which the sensor moves on the skin.
    """
    heart = Heart(heart_params())
    found = []
    for person in range(_FIRST_PERSON, _FIRST_PERSON + people):
        for label in pulse.LABELS:
            if pulse.heartbeat(person, label, seed).extra:
                continue
            light, at_s = pulse.record(person, label, _SECONDS, seed, moved)
            heart.reset()
            heart.feed(light)
            features, beats = heart.compute()
            if not beats:
                continue
            rr = 1000 * np.diff(at_s[at_s > _SECONDS - heart.span_s])
            true = rr.mean(), rr.std(ddof=1), np.sqrt((np.diff(rr) ** 2).mean())
            measured = 1000 * features[0], 10 ** features[1] - 1, 10 ** features[2] - 1
            found.append(np.abs(np.subtract(measured, true)))
    return Errors(len(found), tuple(np.median(found, axis=0).tolist()), tuple(np.max(found, axis=0).tolist()))
