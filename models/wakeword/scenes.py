"""Sound as a microphone in a room hears it: utterances one after the other, with echoes, at distances, in noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft, signal

from .speech import RATE_HZ, Utterance

_LEAD_S = 1.5  # of noise before the first word: the bands find their background
_LEVEL_DB = (-45.0, -20.0)  # of speech in a scene, root mean square against full scale
_DISTANCE_DB = 5.0  # how much louder or softer one utterance may be than the scene's level
_GAP_S = (0.08, 0.9)  # between utterances
_PAUSE_SHARE, _PAUSE_S = 0.06, (1.5, 3.0)  # some gaps are pauses, in which only noise is heard
_RT60_S = (0.12, 0.6)  # time in which an echo fades by 60 dB
_DIRECT_DB = (0.0, 14.0)  # by which the direct sound is stronger than all echoes together
_SILENCE_DB = -82.0  # the microphone's own noise
_BABBLERS = 5


@dataclass(frozen=True)
class Spoken:
    """Where an utterance stands in a scene: samples from its first sound to the end of its last, echoes aside."""

    word: str
    start: int
    end: int


@dataclass(frozen=True)
class Background:
    """What noise is made from beside what a formula gives.

    Attributes:
        talk: voices, of which babble is mixed.
        recorded: recordings of noise, int16 [n] each.
    """

    talk: Sequence[Utterance] = ()
    recorded: Sequence[np.ndarray] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of noise that can be had."""
        return ("white", "pink", "hum", *(["babble"] if self.talk else []), *(["recorded"] if self.recorded else []))


@dataclass(frozen=True)
class Scene:
    """A stretch of sound.

    Attributes:
        samples: int16 [n] at 16 kHz.
        spoken: what is said in it, in order.
        noise: which of the background's kinds stands behind it.
        snr_db: of the scene's level of speech.
    """

    samples: np.ndarray
    spoken: tuple[Spoken, ...]
    noise: str
    snr_db: float


def scene(
    utterances: Sequence[Utterance],
    background: Background,
    snr_db: tuple[float, float],
    rng: np.random.Generator,
) -> Scene:
    """One scene in which the utterances are said in the order given.

    Args:
        background: what stands behind them.
        snr_db: range of the signal-to-noise ratio.
    """
    starts, at = [], round(_LEAD_S * RATE_HZ)
    for utterance in utterances:
        starts.append(at)
        gap_s = rng.uniform(*(_PAUSE_S if rng.random() < _PAUSE_SHARE else _GAP_S))
        at += len(utterance.samples) + round(gap_s * RATE_HZ)
    length = at + RATE_HZ
    level = 10 ** (rng.uniform(*_LEVEL_DB) / 20)
    voice = np.zeros(length)
    room_s = rng.uniform(*_RT60_S)
    for utterance, start in zip(utterances, starts, strict=True):
        heard = signal.fftconvolve(utterance.samples, echoes(room_s, rng))
        heard *= level * 10 ** (rng.uniform(-_DISTANCE_DB, _DISTANCE_DB) / 20) / (utterance.samples.std() + 1e-9)
        end = min(length, start + len(heard))
        voice[start:end] += heard[: end - start]
    kind = str(rng.choice(background.kinds))
    snr = float(rng.uniform(*snr_db))
    behind = noise(kind, length, background, rng) * level * 10 ** (-snr / 20)
    own = rng.standard_normal(length) * 10 ** (_SILENCE_DB / 20)
    samples = np.clip(np.round((voice + behind + own) * 32768), -32768, 32767).astype(np.int16)
    spoken = tuple(Spoken(u.word, s, s + len(u.samples)) for u, s in zip(utterances, starts, strict=True))
    return Scene(samples, spoken, kind, snr)


def echoes(rt60_s: float, rng: np.random.Generator) -> np.ndarray:
    """A room's impulse response: the direct sound, then noise that fades exponentially; its power is 1, [n].

    60 dB are a factor of 10^-3 in amplitude: exp(-6.91 t / rt60).
    """
    t = np.arange(round(rt60_s * 0.7 * RATE_HZ)) / RATE_HZ
    tail = rng.standard_normal(len(t)) * np.exp(-6.91 * t / rt60_s)
    tail[: round(rng.uniform(0.001, 0.008) * RATE_HZ)] = 0  # until the first wall answers
    tail *= 10 ** (-rng.uniform(*_DIRECT_DB) / 20) / (np.linalg.norm(tail) + 1e-9)
    tail[0] = 1
    return tail / np.linalg.norm(tail)


def noise(kind: str, length: int, background: Background, rng: np.random.Generator) -> np.ndarray:
    """Noise with a root mean square of 1, [length]."""
    if kind == "babble":
        made = sum(_drawn([u.samples for u in background.talk], length, rng) for _ in range(_BABBLERS))
    elif kind == "recorded":
        made = _drawn(background.recorded, length, rng)
    elif kind == "hum":
        t = np.arange(length) / RATE_HZ
        mains_hz = float(rng.choice([50.0, 60.0])) + rng.uniform(-0.1, 0.1)
        made = 0.2 * coloured(length, 1.0, rng)
        for k in range(1, 13):
            made += rng.uniform(0.3, 1) / k * np.sin(2 * np.pi * (mains_hz * k * t + rng.random()))
    else:
        made = coloured(length, {"white": 0.0, "pink": 1.0}[kind], rng)
    return made / (made.std() + 1e-9)


def _drawn(pieces: Sequence[np.ndarray], length: int, rng: np.random.Generator) -> np.ndarray:
    """Pieces one after the other at random, from a random place on: float64 [length]."""
    drawn, total = [], 0
    while total < length or not drawn:
        drawn.append(pieces[int(rng.integers(len(pieces)))].astype(np.float64))
        total += len(drawn[-1])
    return np.roll(np.concatenate(drawn), int(rng.integers(total)))[:length]


def coloured(length: int, slope: float, rng: np.random.Generator) -> np.ndarray:
    """Noise whose power falls with frequency to the power of ``slope``; flat below 20 Hz; root mean square 1."""
    size = fft.next_fast_len(length, real=True)
    spectrum = fft.rfft(rng.standard_normal(size))
    hz = np.maximum(np.fft.rfftfreq(size, 1 / RATE_HZ), 20.0)
    made = fft.irfft(spectrum * hz ** (-slope / 2), size)[:length]
    return made / made.std()
