"""What the device's sensors say of a field: the frames that `picket.soil` takes, with the sensors' faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from picket_host.device_code import load

from .site import Probe, Site
from .weather import DAY_H, Season

ABSENT = load("soil.probe").ABSENT
_SATURATED_VWC = 0.45  # moisture at the calibration's wet point
_LARGEST_MV = 2450  # of the ADC with its widest attenuator
_SOIL_DELAY_H = 48  # the soil's temperature follows the air's with this time constant
_CHANNELS = {"probe1": (0,), "probe2": (1,), "air": (2, 3), "light": (4,)}


@dataclass(frozen=True)
class Fault:
    """Something that befalls a sensor.

    Attributes:
        sensor: probe1, probe2, air or light.
        kind: "missing", "stuck" or "off" (a reading far outside of what is possible).
        first_h, last_h: hours of the season.
    """

    sensor: str
    kind: str
    first_h: int
    last_h: int


class Instruments:
    """The sensors of one field through one season.

    Args:
        noise: factor on the probes' noise.

    Attributes:
        taken: all frames so far.
    """

    def __init__(
        self, site: Site, season: Season, rng: np.random.Generator, faults: Sequence[Fault] = (), noise: float = 1.0
    ):
        self._site = site
        self._season = season
        self._faults = faults
        self._soil_c = _delayed(season.temperature_c)
        self._noise = rng.normal(0, noise, (season.hours, 2))
        self.taken: list[list[int]] = []

    def frame(self, hour: int, vwc: float) -> list[int]:
        """Readings at an hour: mV, mV, 0.01 degrees, 0.01 percent, lux by four; ``vwc`` is the true share of water."""
        season = self._season
        frame = [self._probe_mv(i, hour, vwc) for i in range(2)]
        frame += [round(100 * season.temperature_c[hour]), round(100 * season.humidity_pct[hour])]
        frame.append(int(season.light_lux[hour]) // 4)
        for fault in self._faults:
            if fault.first_h <= hour <= fault.last_h:
                for channel in _CHANNELS[fault.sensor]:
                    frame[channel] = {"missing": ABSENT, "stuck": self._before(channel), "off": 12}[fault.kind]
        self.taken.append(frame)
        return frame

    def _before(self, channel: int) -> int:
        return self.taken[-1][channel] if self.taken else 0

    def _probe_mv(self, i: int, hour: int, vwc: float) -> int:
        probe = self._site.probes[i]
        read = (probe.offset + probe.gain * vwc) * (1 + probe.per_c * (self._soil_c[hour] - 25))
        read += probe.noise * self._noise[hour, i] + _drift(probe, hour)
        mv = probe.dry_mv + (probe.wet_mv - probe.dry_mv) * read / _SATURATED_VWC
        return int(np.clip(round(mv), 0, _LARGEST_MV))


def random_faults(hours: int, rng: np.random.Generator) -> list[Fault]:
    """At most one fault, of up to five days: what a device meets now and then."""
    if rng.random() < 0.5:
        return []
    first = int(rng.integers(3 * DAY_H, hours - 6 * DAY_H))
    last = first + int(rng.integers(6, 5 * DAY_H))
    return [Fault(str(rng.choice(list(_CHANNELS))), str(rng.choice(["missing", "stuck", "off"])), first, last)]


def _drift(probe: Probe, hour: int) -> float:
    if probe.drift_from_day is None:
        return 0.0
    return probe.drift_per_day * max(0.0, hour / DAY_H - probe.drift_from_day)


def _delayed(temperature_c: np.ndarray) -> np.ndarray:
    out = np.empty_like(temperature_c)
    state = temperature_c[:DAY_H].mean()
    for i, value in enumerate(temperature_c):
        state += (value - state) / _SOIL_DELAY_H
        out[i] = state
    return out
