"""Heartbeats and the light that they let through the skin, from models of both: the embedded data.

The heart is an integrator of its rate that beats whenever a whole is reached (integral pulse frequency modulation,
Bayly 1968; McSharry et al. 2003), and the rate swings with two rhythms: near 0.1 Hz (blood pressure) and with
breathing. Under stress the rate is higher and the swing with breathing smaller (Task Force of the ESC and NASPE 1996;
Kim et al. 2018). Each beat is a pulse of two humps in the photoplethysmogram, which breathing, slow changes and
movement of the sensor disturb (Elgendi 2012).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import signal

RATE_HZ = 100
LABELS = ("calm", "stress")

_FINE_HZ = 1000
_DC_COUNTS = -8000  # of a sensor on the wrist, as the driver gives it
_PULSE_COUNTS = 500
_NOISE_COUNTS = 4
_WARM_UP_S = 5.0


@dataclass(frozen=True)
class Heartbeat:
    """Somebody's heart in a state of mind.

    Attributes:
        rate_hz: mean rate.
        slow, breath: swing of the rate near 0.1 Hz and with breathing, as shares of it.
        breath_hz: breaths a second.
        wander: further slow changes of the rate, as a share of it.
        extra: probability that a beat comes too early, as ectopic ones do.
    """

    rate_hz: float
    slow: float
    breath: float
    breath_hz: float
    wander: float
    extra: float


def heartbeat(person: int, label: str, seed: int) -> Heartbeat:
    """The heart of one of as many people as wanted; the same numbers give the same one."""
    rng = np.random.default_rng([seed, 1, person])
    rest_hz = float(np.clip(rng.normal(68, 8), 50, 90)) / 60
    tone = float(np.exp(rng.normal(0, 0.3)))  # how strongly this person's rate swings at all
    rise = float(rng.uniform(1.15, 1.5))
    loss = float(rng.uniform(0.2, 0.5))
    stress = label == "stress"
    return Heartbeat(
        rate_hz=rest_hz * (rise if stress else 1.0),
        slow=0.025 * tone * (0.8 if stress else 1.0),
        breath=0.045 * tone * (loss if stress else 1.0),
        breath_hz=float(rng.uniform(0.2, 0.3)) * (1.25 if stress else 1.0),
        wander=0.012 * tone,
        extra=float(rng.choice([0.0, 0.0, 0.0, 0.004, 0.01])),
    )


def beats(heart: Heartbeat, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """When it beats, in seconds from 0: float64 [n]."""
    time_s = np.arange(round((seconds + _WARM_UP_S) * _FINE_HZ)) / _FINE_HZ
    slow = np.sin(2 * np.pi * (rng.uniform(0.085, 0.115) * time_s + rng.uniform()))
    drift = np.cumsum(rng.normal(0, 0.05 / np.sqrt(_FINE_HZ), len(time_s)))  # breathing is not regular
    breathing = np.sin(2 * np.pi * (heart.breath_hz * (time_s + drift) + rng.uniform()))
    knots = max(4, round((seconds + _WARM_UP_S) / 8))
    wander = np.interp(time_s, np.linspace(0, time_s[-1], knots), rng.normal(0, heart.wander, knots))
    rate = heart.rate_hz * (1 + heart.slow * slow + heart.breath * breathing + wander)
    phase = np.cumsum(rate) / _FINE_HZ + rng.uniform()
    at_s = np.interp(np.arange(np.ceil(phase[0]), np.floor(phase[-1]) + 1), phase, time_s)
    early = rng.random(len(at_s)) < heart.extra
    at_s[1:] -= early[1:] * 0.3 * np.diff(at_s)
    return at_s[at_s >= _WARM_UP_S] - _WARM_UP_S


def light(at_s: np.ndarray, seconds: float, breath_hz: float, moved: float, rng: np.random.Generator) -> np.ndarray:
    """What a sensor on the wrist gives of the beats.

    Args:
        at_s: when the heart beats, float64 [n].
        moved: share of the time in which the sensor moves on the skin.

    Returns:
        int16 [seconds * 100]; more blood is less light.
    """
    count = round(seconds * RATE_HZ)
    time_s = np.arange(count) / RATE_HZ
    absorbed = np.zeros(count)
    period = np.diff(at_s, append=at_s[-1] + (at_s[-1] - at_s[-2]))
    delay, width = rng.uniform(0.18, 0.22), rng.uniform(0.065, 0.085)
    second = rng.uniform(0.2, 0.4)
    for begin, length in zip(at_s, period, strict=True):
        near = slice(max(0, int(begin * RATE_HZ)), min(count, int((begin + 1.2) * RATE_HZ)))
        t = time_s[near] - begin
        stretch = np.sqrt(length)  # a pulse is the longer the slower the heart
        absorbed[near] += np.exp(-(((t - delay) / (width * stretch)) ** 2))
        absorbed[near] += second * np.exp(-(((t - delay - 0.28 * stretch) / (1.6 * width * stretch)) ** 2))
    breathing = np.sin(2 * np.pi * (breath_hz * time_s + rng.uniform()))
    absorbed *= 1 + 0.08 * breathing
    baseline = 0.4 * breathing + np.interp(time_s, np.linspace(0, seconds, 8), rng.normal(0, 1.5, 8))
    movement = np.zeros(count)
    for _ in range(rng.poisson(moved * seconds / 3)):
        at, length = rng.integers(0, count), rng.integers(RATE_HZ, 4 * RATE_HZ)
        band = signal.butter(2, (0.4, 5), "bandpass", fs=RATE_HZ, output="sos")
        burst = signal.sosfilt(band, rng.normal(0, 9, length))
        movement[at : at + length] += (burst * np.hanning(length))[: count - at]
    counts = _DC_COUNTS - _PULSE_COUNTS * (absorbed + baseline + movement) + rng.normal(0, _NOISE_COUNTS, count)
    return np.clip(np.round(counts), -32768, 32767).astype(np.int16)


def record(person: int, label: str, seconds: float, seed: int, moved: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Light (int16 [seconds * 100]) and the true times of the beats (float64 [n]) of somebody in a state of mind."""
    rng = np.random.default_rng([seed, 2, person, LABELS.index(label)])
    heart = heartbeat(person, label, seed)
    at_s = beats(heart, seconds, rng)
    return light(at_s, seconds, heart.breath_hz, moved, rng), at_s
