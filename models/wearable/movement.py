"""What a motion sensor at the waist feels of people's movements and falls, from their mechanics: the embedded data.

A movement is a trajectory of the waist (its acceleration in the world) and of the trunk (its inclination and
turning). The sensor feels the specific force, gravity minus acceleration turned into the trunk's frame, and the trunk's
turning rate (Titterton and Weston 2004, chapter 3). Steps follow the harmonics of walking (Winter 2009); a fall is that
of an inverted pendulum about the feet, theta'' = (g / l) sin theta, until the ground stops it (Robinovitch et al. 2003;
impacts as half sines of 30 to 100 ms, Bourke et al. 2007), after which the person lies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import signal

RATE_HZ = 100
LABELS = ("daily", "fall")
ACCEL_COUNTS_PER_G = 2048  # an MPU-6050 at 16 g
GYRO_COUNTS_PER_DPS = 16.4  # and at 2000 degrees a second
CHANNELS = 7  # ax ay az temperature gx gy gz, as the chip's FIFO has them

_FINE_HZ = 400  # impacts are made at this rate, then filtered as the chip does
_FILTER_HZ = 44
_BETWEEN_S = 1.5
_SETTLING_S = 0.2  # the filter's own beginning, which is cut off
_TRUNK_HZ = 8  # no trunk turns faster
_G = 9.81
_ACCEL_NOISE_G = 0.004
_GYRO_NOISE_DPS = 0.1
_SWAY_DPS = 9.0  # turning rate of the trunk for each m/s2 at the waist
_TEMPERATURE_COUNTS = -1000  # about 33 degrees, at the body


@dataclass(frozen=True)
class Subject:
    """Somebody who wears the sensor.

    Attributes:
        number: who it is.
        height_m: of the body; the waist is at 0.55 of it.
        step_hz: steps a second when walking.
        vigour: how strongly they move, around 1.
        tilt_deg: how the sensor sits on the belt: roll, pitch, yaw against the trunk.
    """

    number: int
    height_m: float
    step_hz: float
    vigour: float
    tilt_deg: tuple[float, float, float]

    @property
    def waist_m(self) -> float:
        return 0.55 * self.height_m


@dataclass(frozen=True)
class Trajectory:
    """A movement at 400 Hz.

    Attributes:
        acceleration: of the waist in the world, m/s2, [n, 3]: forward, left, up.
        lean: angle of the trunk against the vertical, radians [n].
        towards: direction of the lean against forward, radians, one for the whole movement.
        impact_s: when the body hits the ground; None for a movement that is no fall.
    """

    acceleration: np.ndarray
    lean: np.ndarray
    towards: float
    impact_s: float | None = None

    @property
    def leans(self) -> np.ndarray:
        """The lean's parts forward and to the left, [n, 2]."""
        return self.lean[:, None] * np.array([np.cos(self.towards), np.sin(self.towards)])


@dataclass(frozen=True)
class Recording:
    """A movement as the sensor sees it.

    Attributes:
        subject: number of who wore it.
        kind: which movement, as ``walk`` or ``fall_forward``.
        label: one of ``LABELS``.
        frames: int16 [n, 7] at 100 Hz: ax ay az temperature gx gy gz, at 16 g and 2000 degrees a second.
        impact_s: when a fall hit the ground; None for what is no fall, or where nobody knows.
    """

    subject: int
    kind: str
    label: str
    frames: np.ndarray
    impact_s: float | None = None


def subject(number: int, seed: int) -> Subject:
    """One of as many people as wanted; the same number and seed give the same one."""
    rng = np.random.default_rng([seed, 1, number])
    return Subject(
        number=number,
        height_m=float(np.clip(rng.normal(1.70, 0.10), 1.45, 2.0)),
        step_hz=float(rng.uniform(1.5, 2.2)),
        vigour=float(rng.uniform(0.7, 1.4)),
        tilt_deg=(float(rng.normal(0, 8)), float(rng.normal(0, 8)), float(rng.normal(0, 12))),
    )


def record(who: Subject, kind: str, seed: int, take: int = 0) -> Recording:
    """A movement of somebody, about ten seconds with what comes before and after it.

    Args:
        kind: one of ``KINDS``.
        take: number of the repetition; each is a little different.
    """
    rng = np.random.default_rng([seed, 2, who.number, list(KINDS).index(kind), take])
    trajectory = KINDS[kind](who, rng)
    return Recording(
        subject=who.number,
        kind=kind,
        label="daily" if trajectory.impact_s is None else "fall",
        frames=_sense(who, trajectory.acceleration, trajectory.leans, rng),
        impact_s=None if trajectory.impact_s is None else trajectory.impact_s - _SETTLING_S,
    )


def day(who: Subject, kinds: Sequence[str], seed: int) -> np.ndarray:
    """Movements one after the other without a break, the trunk going smoothly from each to the next: int16 [n, 7]."""
    rng = np.random.default_rng([seed, 3, who.number])
    accelerations, leans = [], []
    for kind in kinds:
        trajectory = KINDS[kind](who, rng)
        if leans:
            if kind == "get_up":  # from the side on which they lie
                trajectory = replace(trajectory, towards=float(np.arctan2(*leans[-1][-1, ::-1])))
            between = _smooth(0, 1, _BETWEEN_S)[:, None]
            leans.append(leans[-1][-1] * (1 - between) + trajectory.leans[0] * between)
            accelerations.append(_still(_BETWEEN_S, rng)[: len(between)])
        accelerations.append(trajectory.acceleration)
        leans.append(trajectory.leans)
    return _sense(who, np.concatenate(accelerations), np.concatenate(leans), rng)


# What the chip makes of a trajectory.


def _sense(who: Subject, acceleration: np.ndarray, leans: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    roll, pitch, yaw = (np.radians(angle + rng.normal(0, 2)) for angle in who.tilt_deg)
    belt = _rotation(2, yaw) @ _rotation(1, pitch) @ _rotation(0, roll)
    leans = signal.sosfiltfilt(_low_pass(_TRUNK_HZ), leans, axis=0)
    # To lean to a direction is to turn about the axis that stands on it.
    turned = np.stack([-leans[:, 1], leans[:, 0], np.zeros(len(leans))], axis=1)
    force = acceleration / _G + np.array([0, 0, 1])
    accel_g = np.einsum("nji,nj->ni", _rotations(turned), force) @ belt
    # The trunk turns a little with whatever moves the waist.
    effort = signal.sosfilt(_low_pass(1), np.linalg.norm(acceleration, axis=1))
    sway = signal.sosfilt(_low_pass(4), rng.normal(0, 1, turned.shape), axis=0)
    sway *= (1.5 + _SWAY_DPS * np.abs(effort))[:, None] / sway.std()
    gyro_dps = (np.degrees(np.gradient(turned, axis=0) * _FINE_HZ) + sway) @ belt
    frames = np.full((len(accel_g[:: _FINE_HZ // RATE_HZ]), CHANNELS), float(_TEMPERATURE_COUNTS))
    for axes, felt, noise, counts in (
        (slice(0, 3), accel_g, _ACCEL_NOISE_G, ACCEL_COUNTS_PER_G),
        (slice(4, 7), gyro_dps, _GYRO_NOISE_DPS, GYRO_COUNTS_PER_DPS),
    ):
        slower = signal.sosfilt(_low_pass(_FILTER_HZ), felt, axis=0)[:: _FINE_HZ // RATE_HZ]
        frames[:, axes] = (slower + rng.normal(0, noise, slower.shape)) * counts
    return np.clip(np.round(frames[round(_SETTLING_S * RATE_HZ) :]), -32768, 32767).astype(np.int16)


def _low_pass(hz: float) -> np.ndarray:
    return signal.butter(2, hz, fs=_FINE_HZ, output="sos")


def _rotation(axis: int, angle: float) -> np.ndarray:
    return _rotations(angle * np.eye(3)[axis : axis + 1])[0]


def _rotations(turned: np.ndarray) -> np.ndarray:
    """Rodrigues' formula: rotations by vectors along their axes, as long as their angles: [n, 3] to [n, 3, 3]."""
    angle = np.linalg.norm(turned, axis=1)[:, None, None]
    x, y, z = turned.T / np.maximum(angle[:, 0, 0], 1e-9)
    nothing = np.zeros_like(x)
    cross = np.moveaxis(np.array([[nothing, -z, y], [z, nothing, -x], [-y, x, nothing]]), 2, 0)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)


# Pieces of movements, at 400 Hz.


def _zeros(seconds: float) -> np.ndarray:
    return np.zeros((round(seconds * _FINE_HZ), 3))


def _smooth(begin: float, end: float, seconds: float) -> np.ndarray:
    """From one value to another with the least jerk (Flash and Hogan 1985), [n]."""
    s = np.linspace(0, 1, max(2, round(seconds * _FINE_HZ)))
    return begin + (end - begin) * (10 * s**3 - 15 * s**4 + 6 * s**5)


def _still(seconds: float, rng: np.random.Generator, restless: float = 1.0) -> np.ndarray:
    """Standing, sitting or lying: small slow movements."""
    noise = rng.normal(0, 0.6 * restless, (round(seconds * _FINE_HZ), 3))
    return signal.sosfilt(_low_pass(2), noise, axis=0)


def _steps(seconds: float, step_hz: float, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Walking or running: up and down and to and fro with each step, to the sides with every second one."""
    count = round(seconds * _FINE_HZ)
    wander = np.interp(np.arange(count), np.linspace(0, count, 8), rng.normal(1, 0.04, 8))
    phase = 2 * np.pi * np.cumsum(step_hz * wander) / _FINE_HZ + rng.uniform(0, 2 * np.pi)
    up = strength * (2.2 * np.sin(phase) + 0.9 * np.sin(2 * phase + 0.6) + 0.5 * np.sin(3 * phase + 1.1))
    strikes = strength * 2.5 * np.exp(-(((np.angle(np.exp(1j * (phase - 0.8)))) / 0.25) ** 2))
    forward = strength * (1.2 * np.sin(phase + 1.0) + 0.5 * np.sin(2 * phase))
    left = strength * 0.9 * np.sin(phase / 2)
    return np.stack([forward, left, up + strikes], axis=1) + rng.normal(0, 0.15, (count, 3))


def _pulse(peak: float, seconds: float) -> np.ndarray:
    """Half a sine, [n]."""
    return peak * np.sin(np.linspace(0, np.pi, max(3, round(seconds * _FINE_HZ))))


def _drop(depth_m: float, seconds: float) -> np.ndarray:
    """Vertical acceleration of the waist that sinks (or rises, negative) smoothly, [n, 3]."""
    position = _smooth(0, -depth_m, seconds)
    acceleration = np.gradient(np.gradient(position)) * _FINE_HZ**2
    return np.stack([np.zeros_like(acceleration), np.zeros_like(acceleration), acceleration], axis=1)


def _join(*pieces: tuple[np.ndarray, np.ndarray | float]) -> tuple[np.ndarray, np.ndarray]:
    """Accelerations and leans one after the other; a lean that is a number stays for its whole piece."""
    leans = [np.full(len(a), lean) if np.isscalar(lean) else np.resize(lean, len(a)) for a, lean in pieces]
    return np.concatenate([a for a, _ in pieces]), np.concatenate(leans)


def _with_impact(acceleration: np.ndarray, at: int, direction: np.ndarray, peak: float, seconds: float) -> None:
    pulse = _pulse(peak, seconds)[: len(acceleration) - at]
    acceleration[at : at + len(pulse)] += pulse[:, None] * direction


# Daily life. Each is about ten seconds.


def _stand(who: Subject, rng: np.random.Generator) -> Trajectory:
    acceleration, lean = _join((_still(10, rng), 0.03))
    return Trajectory(acceleration, lean, 0.0)


def _walk(who: Subject, rng: np.random.Generator) -> Trajectory:
    acceleration, lean = _join((_steps(10, who.step_hz, who.vigour, rng), 0.06))
    return Trajectory(acceleration, lean, 0.0)


def _run(who: Subject, rng: np.random.Generator) -> Trajectory:
    acceleration, lean = _join((_steps(10, who.step_hz * 1.45, 3.2 * who.vigour, rng), 0.12))
    return Trajectory(acceleration, lean, 0.0)


def _stairs(who: Subject, rng: np.random.Generator) -> Trajectory:
    down = rng.random() < 0.5
    steps = _steps(10, who.step_hz * 0.9, (1.9 if down else 1.3) * who.vigour, rng)
    acceleration, lean = _join((steps, 0.05 if down else 0.2))
    return Trajectory(acceleration, lean, 0.0)


def _sit_down(who: Subject, rng: np.random.Generator) -> Trajectory:
    seconds = rng.uniform(0.9, 2.2)
    half = seconds / 2
    back = rng.uniform(-0.25, 0.05)
    before = _still(rng.uniform(2, 4), rng)
    acceleration, lean = _join(
        (before, 0.03),
        (_drop(0.42, seconds), np.concatenate([_smooth(0.03, 0.6, half), _smooth(0.6, back, half)])),
        (_still(6, rng), back),
    )
    _with_impact(acceleration, len(before) + round(0.95 * seconds * _FINE_HZ), np.array([0, 0, 1]),
                 rng.uniform(3, 9) * who.vigour, 0.08)  # fmt: skip
    return Trajectory(acceleration, lean, 0.0)


def _drop_into_chair(who: Subject, rng: np.random.Generator) -> Trajectory:
    before = _still(rng.uniform(2, 4), rng)
    back = rng.uniform(-0.6, -0.2)
    acceleration, lean = _join((before, 0.03), (_drop(0.45, 0.5), _smooth(0.03, back, 0.5)), (_still(6, rng), back))
    _with_impact(acceleration, len(before) + round(0.47 * _FINE_HZ), np.array([0.2, 0, 1]), rng.uniform(12, 28), 0.07)
    return Trajectory(acceleration, lean, 0.0)


def _lie_down(who: Subject, rng: np.random.Generator) -> Trajectory:
    seconds = rng.uniform(1.8, 4.0)
    side = rng.choice([-1, 1]) * rng.uniform(1.2, 1.57)
    acceleration, lean = _join(
        (_still(rng.uniform(2, 3), rng), 0.03),
        (_drop(0.35, seconds), _smooth(0.03, side, seconds)),
        (_still(6, rng), side),
    )
    return Trajectory(acceleration, lean, float(rng.uniform(-np.pi, np.pi)))


def _get_up(who: Subject, rng: np.random.Generator) -> Trajectory:
    seconds = rng.uniform(1.8, 3.5)
    acceleration, lean = _join(
        (_still(rng.uniform(3, 5), rng), 1.5),
        (_drop(-0.5, seconds), _smooth(1.5, 0.03, seconds)),
        (_steps(4, who.step_hz, who.vigour, rng), 0.05),
    )
    return Trajectory(acceleration, lean, float(rng.uniform(-np.pi, np.pi)))


def _pick_up(who: Subject, rng: np.random.Generator) -> Trajectory:
    deep, seconds = rng.uniform(0.9, 1.7), rng.uniform(0.8, 1.6)
    acceleration, lean = _join(
        (_steps(rng.uniform(2, 4), who.step_hz, who.vigour, rng), 0.05),
        (_drop(0.3, seconds), _smooth(0.05, deep, seconds)),
        (_drop(-0.3, seconds), _smooth(deep, 0.05, seconds)),
        (_steps(4, who.step_hz, who.vigour, rng), 0.05),
    )
    return Trajectory(acceleration, lean, 0.0)


def _jump(who: Subject, rng: np.random.Generator) -> Trajectory:
    pieces = [(_still(1.5, rng), 0.05)]
    for _ in range(rng.integers(1, 5)):
        flight_s = rng.uniform(0.25, 0.5)
        push = np.zeros((round(0.22 * _FINE_HZ), 3))
        push[:, 2] = _pulse(flight_s * _G / 2 / (0.22 * 2 / np.pi), 0.22)[: len(push)]
        air = _zeros(flight_s)
        air[:, 2] = -_G
        landing_s = rng.uniform(0.08, 0.16)
        landing = _zeros(rng.uniform(0.5, 0.9))
        pulse = _pulse(flight_s * _G / 2 / (landing_s * 2 / np.pi), landing_s)
        landing[: len(pulse), 2] = pulse
        pieces += [(push, 0.1), (air, 0.05), (landing, 0.1)]
    acceleration, lean = _join(*pieces, (_still(5, rng), 0.03))
    return Trajectory(acceleration, lean, 0.0)


def _stumble(who: Subject, rng: np.random.Generator) -> Trajectory:
    """Tripping over something, and two quick steps that prevent the fall."""
    before = _steps(rng.uniform(3, 4), who.step_hz, who.vigour, rng)
    caught = _steps(1.2, who.step_hz * 1.6, 2.4 * who.vigour, rng)
    lean = np.concatenate([_smooth(0.05, rng.uniform(0.4, 0.8), 0.35), _smooth(0.5, 0.05, 0.85)])
    acceleration, lean = _join((before, 0.05), (caught, lean), (_steps(5, who.step_hz, who.vigour, rng), 0.05))
    _with_impact(acceleration, len(before), np.array([-0.8, 0.2, 0.6]), rng.uniform(10, 22), 0.06)
    return Trajectory(acceleration, lean, float(rng.normal(0, 0.4)))


def _ride(who: Subject, rng: np.random.Generator) -> Trajectory:
    """Sitting in a bus on a bad road."""
    road = signal.sosfilt(_low_pass(6), rng.normal(0, 9, (10 * _FINE_HZ, 3)), axis=0) * np.array([0.4, 0.5, 1.0])
    for at in rng.integers(0, 9 * _FINE_HZ, rng.integers(1, 5)):
        _with_impact(road, at, np.array([0, 0.2, 1]), rng.uniform(5, 15), 0.09)
    acceleration, lean = _join((road, -0.15))
    return Trajectory(acceleration, lean, 0.0)


# Falls.


def _topple(length_m: float, lean: float, rate: float, most: float) -> tuple[np.ndarray, np.ndarray]:
    """An inverted pendulum from a lean and a turning rate to the lean ``most``.

    Returns:
        The waist's acceleration in the plane of the fall (along the lean's direction, up), m/s2 [n, 2]; the lean [n].
    """
    leans, accelerations = [], []
    while lean < most and len(leans) < 3 * _FINE_HZ:
        turning = _G / length_m * np.sin(lean)
        accelerations.append(
            (
                length_m * (turning * np.cos(lean) - rate**2 * np.sin(lean)),
                -length_m * (turning * np.sin(lean) + rate**2 * np.cos(lean)),
            )
        )
        leans.append(lean)
        rate += turning / _FINE_HZ
        lean += rate / _FINE_HZ
    return np.array(accelerations), np.array(leans)


def _fall(
    who: Subject,
    rng: np.random.Generator,
    before: np.ndarray,
    towards: float,
    rate: float,
    softness: float,
    bend: float,
) -> Trajectory:
    """A fall after ``before``.

    Args:
        towards: direction against forward, radians.
        rate: how fast the trunk turns when the fall begins, radians a second.
        softness: 1 for an impact that nothing softens; less with hands or knees first.
        bend: how far the body shortens by bending the knees while it falls, as a share of the waist's height.
    """
    length_m = who.waist_m * (1 - bend)
    in_plane, lean = _topple(length_m, rng.uniform(0.08, 0.2), rate, rng.uniform(1.35, 1.57))
    direction = np.array([np.cos(towards), np.sin(towards), 0])
    falling = in_plane[:, :1] * direction + in_plane[:, 1:] * np.array([0, 0, 1])
    speed = np.hypot(*(in_plane.sum(axis=0) / _FINE_HZ))
    rest = lean[-1] + rng.uniform(-0.05, 0.1)
    lying_s = rng.uniform(5, 7)
    settling = _smooth(lean[-1], rest, lying_s)
    lying = _still(lying_s, rng, rng.uniform(0.3, 1.5))
    acceleration, leans = _join((before, 0.05), (falling, lean), (lying, settling))
    at = len(before) + len(falling)
    # The ground takes the speed within the pulse; the waist's peak is larger than the mean by pi / 2.
    seconds = rng.uniform(0.03, 0.07) / softness**0.5
    peak = softness * speed / seconds * np.pi / 2
    impact = 0.85 * np.array([0, 0, 1]) - 0.5 * direction + rng.normal(0, 0.15, 3)
    _with_impact(acceleration, at, impact, min(peak, 150), seconds)
    bounce = at + round(rng.uniform(0.1, 0.2) * _FINE_HZ)
    _with_impact(acceleration, bounce, impact, min(peak, 150) * rng.uniform(0.15, 0.4), seconds)
    return Trajectory(acceleration, leans, towards, at / _FINE_HZ)


def _fall_forward(who: Subject, rng: np.random.Generator) -> Trajectory:
    walking = _steps(rng.uniform(3, 4), who.step_hz, who.vigour, rng)
    _with_impact(walking, len(walking) - 20, np.array([-1, 0, 0.4]), rng.uniform(8, 18), 0.05)
    towards = rng.normal(0, 0.3)
    return _fall(who, rng, walking, towards, rng.uniform(0.9, 1.8), rng.uniform(0.45, 0.9), rng.uniform(0, 0.2))


def _fall_backward(who: Subject, rng: np.random.Generator) -> Trajectory:
    walking = _steps(rng.uniform(3, 4), who.step_hz, who.vigour, rng)
    towards = np.pi + rng.normal(0, 0.3)
    return _fall(who, rng, walking, towards, rng.uniform(0.6, 1.6), rng.uniform(0.6, 1.0), rng.uniform(0.1, 0.35))


def _fall_sideways(who: Subject, rng: np.random.Generator) -> Trajectory:
    standing = _still(rng.uniform(3, 4), rng)
    towards = rng.choice([-1, 1]) * np.pi / 2 + rng.normal(0, 0.3)
    return _fall(who, rng, standing, towards, rng.uniform(0.5, 1.2), rng.uniform(0.5, 1.0), rng.uniform(0, 0.25))


def _faint(who: Subject, rng: np.random.Generator) -> Trajectory:
    """The knees give way: the body sinks while it topples, and nothing softens the end much."""
    standing = _still(rng.uniform(3, 4), rng)
    towards = rng.uniform(-np.pi, np.pi)
    return _fall(who, rng, standing, towards, rng.uniform(0.3, 0.7), rng.uniform(0.4, 0.8), rng.uniform(0.35, 0.5))


def _fall_from_chair(who: Subject, rng: np.random.Generator) -> Trajectory:
    sitting = _still(rng.uniform(3, 4), rng)
    towards = rng.uniform(-np.pi, np.pi)
    return _fall(who, rng, sitting, towards, rng.uniform(0.6, 1.2), rng.uniform(0.5, 0.9), rng.uniform(0.4, 0.5))


KINDS: dict[str, Callable[[Subject, np.random.Generator], Trajectory]] = {
    "stand": _stand,
    "walk": _walk,
    "run": _run,
    "stairs": _stairs,
    "sit_down": _sit_down,
    "drop_into_chair": _drop_into_chair,
    "lie_down": _lie_down,
    "get_up": _get_up,
    "pick_up": _pick_up,
    "jump": _jump,
    "stumble": _stumble,
    "ride": _ride,
    "fall_forward": _fall_forward,
    "fall_backward": _fall_backward,
    "fall_sideways": _fall_sideways,
    "faint": _faint,
    "fall_from_chair": _fall_from_chair,
}
FALLS = tuple(kind for kind in KINDS if "fall" in kind or kind == "faint")
