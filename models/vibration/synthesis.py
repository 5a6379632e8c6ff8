"""Vibration of a small electric motor's bearing, from its physics: the embedded data of the recipe.

The fault model is the usual one for rolling bearings (McFadden and Smith 1984; Antoni and Randall 2003): each time a
rolling element meets the defect, an impulse excites the structure's resonances. Impulses come at a multiple of the
shaft's rate that follows from the geometry, with a random slip that adds up from impulse to impulse; their size follows
the load that the element carries there (Stribeck's distribution), which turns with the shaft for a defect of the inner
race and with the cage for one of a ball. Around it: unbalance and misalignment, the mains' hum, and noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import signal

RATE_HZ = 26_667  # the IIS3DWB's nominal rate
COUNTS_PER_G = 4096  # at its range of 8 g
LABELS = ("healthy", "inner_race", "ball", "outer_race")

# Bearing 6205: nine balls of 7.94 mm on a pitch circle of 39.04 mm, contact angle 0.
_BALLS = 9
_DIAMETER_RATIO = 7.94 / 39.04

# Rates in multiples of the shaft's.
CAGE = 0.5 * (1 - _DIAMETER_RATIO)
BALL_SPIN = 0.5 / _DIAMETER_RATIO * (1 - _DIAMETER_RATIO**2)
STRIKES_PER_TURN = {
    "inner_race": 0.5 * _BALLS * (1 + _DIAMETER_RATIO),
    "outer_race": 0.5 * _BALLS * (1 - _DIAMETER_RATIO),
    "ball": 2 * BALL_SPIN,  # a defect of the ball strikes both races in each of its spins
}

SPEEDS_RPM = (1730, 1772, 1797)
SEVERITIES_MIL = (7, 14, 21)
_HEALTHY_MOUNTINGS = 4

# Size of a strike in g at 7 mil, before the resonances; a ball's defect points at a race only now and then.
_STRIKE_G = {"inner_race": 0.9, "ball": 0.42, "outer_race": 1.1}

# (frequency in Hz, damping ratio, share of the response)
_RESONANCES = ((2_900, 0.030, 1.0), (4_400, 0.025, 0.6), (5_900, 0.035, 0.4))
_SENSOR_BANDWIDTH_HZ = 6_300  # the IIS3DWB's
_SENSOR_NOISE_G = 0.008

_SLIP_PER_STRIKE = 0.015  # standard deviation of the time between strikes, as a share of it
_SPEED_WANDER = 0.002  # slow changes of the speed under load, as a share of it
_MAINS_HZ = 60.0


@dataclass(frozen=True)
class Machine:
    """What differs from one recording to the next: speed, defect and mounting.

    Attributes:
        label: one of ``LABELS``.
        severity_mil: diameter of the defect in thousandths of an inch; 0 for a healthy bearing.
        speed_rpm: the shaft's mean speed.
        mounting: number of the specimen; each is mounted a little differently.
    """

    label: str
    severity_mil: int
    speed_rpm: int
    mounting: int = 0

    @property
    def name(self) -> str:
        """A name that is unique among ``machines()``."""
        specimen = f"_{self.mounting}" if self.mounting else ""
        return f"{self.label}_{self.severity_mil}_mil_{self.speed_rpm}rpm{specimen}"


def machines() -> list[Machine]:
    """All machines of the embedded data, healthy ones first: of these more, for the anomaly score."""
    healthy = [Machine("healthy", 0, speed, mounting) for mounting in range(_HEALTHY_MOUNTINGS) for speed in SPEEDS_RPM]
    faulty = [
        Machine(label, severity, speed) for label in LABELS[1:] for severity in SEVERITIES_MIL for speed in SPEEDS_RPM
    ]
    return healthy + faulty


def record(machine: Machine, seconds: float, seed: int) -> np.ndarray:
    """One axis of an accelerometer at the bearing's housing.

    Args:
        machine: what is recorded.
        seconds: duration.
        seed: the same seed gives the same samples.

    Returns:
        int16 [seconds * 26,667], 4096 counts per g.
    """
    identity = [machine.severity_mil, machine.speed_rpm, LABELS.index(machine.label), machine.mounting]
    rng = np.random.default_rng([seed, *identity])
    count = int(seconds * RATE_HZ)
    turns = _shaft_turns(machine.speed_rpm, count, rng)
    resonances = [(hz * rng.uniform(0.97, 1.03), damping, share) for hz, damping, share in _RESONANCES]
    vibration_g = _rotor(turns, rng) + _noise(count, resonances, rng)
    if machine.label != "healthy":
        strikes = _strikes(machine, turns, rng)
        vibration_g += signal.fftconvolve(strikes, _impulse_response(resonances))[:count]
    vibration_g *= rng.uniform(0.85, 1.18)  # mounting
    sensor = signal.butter(3, _SENSOR_BANDWIDTH_HZ, fs=RATE_HZ, output="sos")
    vibration_g = signal.sosfilt(sensor, vibration_g) + rng.normal(0, _SENSOR_NOISE_G, count)
    return np.clip(np.round(vibration_g * COUNTS_PER_G), -32768, 32767).astype(np.int16)


def _shaft_turns(speed_rpm: float, count: int, rng: np.random.Generator) -> np.ndarray:
    """The shaft's angle in turns at each sample; its speed wanders within a few tenths of a percent."""
    knots = max(4, count // (RATE_HZ // 2))
    wander = np.interp(np.arange(count), np.linspace(0, count, knots), rng.normal(0, _SPEED_WANDER, knots))
    return rng.uniform() + np.cumsum(speed_rpm / 60 / RATE_HZ * (1 + wander))


def _rotor(turns: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Unbalance, misalignment and looseness as harmonics of the shaft's rate; the motor's hum at twice the mains."""
    harmonics = np.zeros(len(turns))
    for order, level_g in ((1, 0.030), (2, 0.018), (3, 0.010), (4, 0.005), (6, 0.004)):
        harmonics += level_g * rng.uniform(0.7, 1.3) * np.sin(2 * np.pi * (order * turns + rng.uniform()))
    hum = 0.012 * np.sin(2 * np.pi * (2 * _MAINS_HZ / RATE_HZ * np.arange(len(turns)) + rng.uniform()))
    return harmonics + hum


def _noise(count: int, resonances: list[tuple[float, float, float]], rng: np.random.Generator) -> np.ndarray:
    """Rolling noise, partly through the structure's resonances."""
    rolling = rng.normal(0, 0.045, count)
    response = _impulse_response(resonances)
    through_structure = signal.fftconvolve(rolling, response / np.linalg.norm(response))[:count]
    return through_structure + rng.normal(0, 0.025, count)


def _impulse_response(resonances: list[tuple[float, float, float]]) -> np.ndarray:
    time_s = np.arange(int(0.02 * RATE_HZ)) / RATE_HZ
    response = np.zeros(len(time_s))
    for hz, damping, share in resonances:
        omega = 2 * np.pi * hz
        response += share * np.exp(-damping * omega * time_s) * np.sin(omega * np.sqrt(1 - damping**2) * time_s)
    return response


def _strikes(machine: Machine, turns: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The train of impulses in g; one between two samples is shared by them."""
    per_turn = STRIKES_PER_TURN[machine.label]
    expected = int((turns[-1] - turns[0]) * per_turn)
    gaps = 1 / per_turn * (1 + rng.normal(0, _SLIP_PER_STRIKE, expected))
    at_turn = turns[0] + np.cumsum(gaps)
    position = np.interp(at_turn, turns, np.arange(len(turns)))
    position = position[position < len(turns) - 2]
    at_turn = at_turn[: len(position)]
    sizes = _STRIKE_G[machine.label] * (machine.severity_mil / 7) ** 0.7 * _load(machine.label, at_turn)
    sizes *= rng.normal(1, 0.15, len(sizes))
    train = np.zeros(len(turns))
    whole = position.astype(int)
    share = position - whole
    np.add.at(train, whole, sizes * (1 - share))
    np.add.at(train, whole + 1, sizes * share)
    return train


def _load(label: str, at_turn: np.ndarray) -> np.ndarray:
    """Relative load of the element that strikes: Stribeck's distribution over the angle to the load's direction."""
    if label == "outer_race":
        return np.ones(len(at_turn))  # the defect stands still, in the middle of the load zone
    turning = at_turn if label == "inner_race" else at_turn * CAGE
    extent = 0.45  # load distribution factor of a bearing with a little clearance: somewhat less than half is loaded
    load = 1 - (1 - np.cos(2 * np.pi * turning)) / (2 * extent)
    zone = np.maximum(load, 0) ** 1.5
    if label == "ball":  # strikes inner and outer race in turn; the path from the inner one is longer
        zone = zone * np.where(np.arange(len(at_turn)) % 2, 1.0, 0.6)
    return 0.12 + 0.88 * zone  # preload: no element is ever quite free
