"""What matters in the end: water used and crop stress with a model that decides, against the controllers farms have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from picket_host.models.quantisation import quantize
from picket_host.native.engine import Engine
from picket_host.progress import SILENT, Progress

from . import balance, farm
from .farm import Outcome, Policy, View
from .instruments import Instruments
from .oracle import SHARES, Oracle
from .recipe import Held

_FLOW, _SENSORS = 31, 32  # purposes of randomness


@dataclass(frozen=True)
class Result:
    """A controller over all fields and seasons, as means of a season.

    Attributes:
        name: of the controller.
        given_mm: water given.
        drained_mm: water, rain included, that left below the roots.
        stress_days: on which the crop got less than 95 % of what it wanted.
        lacking_pct: of what the crop wanted.
        waterings: how many.
    """

    name: str
    given_mm: float
    drained_mm: float
    stress_days: float
    lacking_pct: float
    waterings: float


def model_policy(model: bytes, threshold_pct: int) -> Policy:
    """Decides as the device does: int8 on its engine; the best class counts when it has so many percent."""
    engine = Engine(model)
    (source,), (target,) = engine.inputs, engine.outputs

    def decide(view: View) -> int:
        if view.features is None:
            return 0
        sample = quantize(view.features[None], source.scale, source.zero_point)
        (result,) = engine.invoke([sample.reshape(source.shape)])
        shares = (result.ravel().astype(float) - target.zero_point) * target.scale
        choice = int(shares.argmax())
        return choice if 100 * shares[choice] >= threshold_pct else 0

    return decide


def compare(items: Sequence[Held], model: bytes, threshold_pct: int, progress: Progress = SILENT) -> list[Result]:
    """Let the model and all other controllers manage the same fields in the same seasons with the same sensors.

    Args:
        model: the int8 model's file.
        threshold_pct: what a decision must have, ``soil.sure_pct`` of the device's configuration.
    """
    decide = model_policy(model, threshold_pct)
    outcomes: dict[str, list[Outcome]] = {}
    for done, item in enumerate(items):
        progress.step("growing crops", done, len(items))
        zone = balance.zone(item.site, item.season)
        reach = farm.reach_mm(item.site)
        oracle = Oracle(zone, reach)
        policies = {
            "model": decide,
            "threshold": farm.threshold,
            "timer": farm.timer(zone, SHARES[-1] * reach),
            "oracle": farm.best,
        }
        for name, policy in policies.items():
            instruments = Instruments(item.site, item.season, item.rng(_SENSORS))
            outcome = farm.run(item.site, item.season, instruments, policy, item.rng(_FLOW), zone, oracle)
            outcomes.setdefault(name, []).append(outcome)
    return [_result(name, found) for name, found in outcomes.items()]


def _result(name: str, outcomes: list[Outcome]) -> Result:
    def mean(attribute: str) -> float:
        return float(np.mean([getattr(outcome, attribute) for outcome in outcomes]))

    return Result(
        name=name,
        given_mm=mean("given_mm"),
        drained_mm=mean("drained_mm"),
        stress_days=mean("stress_days"),
        lacking_pct=100 * mean("lacking_mm") / mean("demand_mm"),
        waterings=mean("waterings"),
    )
