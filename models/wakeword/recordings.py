"""Recorded words from a folder that is laid out as the Speech Commands data set is.

``DIR/<word>/<speaker>_nohash_<number>.wav``: 16 kHz, mono, 16 bit, one word a file; ``DIR/_background_noise_/*.wav``:
long recordings of noise, in the same form. The wake word is ``hey_picket``, or the one that ``DIR/wakeword.json``
names: ``{"word": "marvin"}``. All other words are what it must not be taken for.

Speakers are divided into train, validation and test by the hash of their name, as the data set's own authors do it
(Warden 2018): about 80, 10 and 10 of 100.
"""

from __future__ import annotations

import hashlib
import json
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from picket_host.errors import InputError

from .speech import RATE_HZ, WORD, Utterance, trimmed

NOISE_FOLDER = "_background_noise_"
PARTS = ("train", "validation", "test")

_DESCRIPTION = "wakeword.json"
_HELD_BACK_PERCENT = 10  # for validation, and again for test
_MOST_HASH = (1 << 27) - 1  # of the data set's own rule
_MOST_FILES = {"train": (1500, 4500), "validation": (200, 600), "test": (300, 1200)}  # of the word, of all others
_SHORTEST_S = 0.1
_NOISE_SHARE = {"train": (0.0, 0.6), "validation": (0.6, 0.8), "test": (0.8, 1.0)}  # of each recording, in time


@dataclass(frozen=True)
class Part:
    """Recordings of one part of the data; noises are int16 [n] each."""

    utterances: list[Utterance]
    noises: list[np.ndarray]


def load_folder(folder: Path, seed: int) -> tuple[str, dict[str, Part]]:
    """The wake word, and by part what its speakers say.

    Where there are more files than a training needs, some are picked at random.

    Raises:
        InputError: no folder, no recordings of the wake word or of other words, a part without one of them, or a file
            that is not mono, 16 bit, 16 kHz.
    """
    if not folder.is_dir():
        raise InputError("no such folder", folder, "give the folder that holds a folder for each word")
    word = _word(folder)
    files: dict[bool, list[Path]] = {True: [], False: []}
    for sub in sorted(path for path in folder.iterdir() if path.is_dir() and path.name != NOISE_FOLDER):
        files[sub.name == word] += sorted(sub.glob("*.wav"))
    for own, what, example in ((True, word, f"{word}/"), (False, "other words", "a folder for each")):
        if not files[own]:
            raise InputError(f"no recordings of {what}", folder, f"add {example} with <speaker>_nohash_<n>.wav")
    noises = [read(path) for path in sorted((folder / NOISE_FOLDER).glob("*.wav"))]
    rng = np.random.default_rng(seed)
    parts = {}
    for part in PARTS:
        utterances = []
        for own, most in zip((True, False), _MOST_FILES[part], strict=True):
            of_part = [path for path in files[own] if part_of(speaker_of(path)) == part]
            picked = rng.permutation(len(of_part))[:most]
            spoken = [_utterance(of_part[i]) for i in sorted(picked)]
            utterances += [utterance for utterance in spoken if len(utterance.samples) >= _SHORTEST_S * RATE_HZ]
        for own, what in ((True, word), (False, "another word")):
            if not any((utterance.word == word) is own for utterance in utterances):
                hint = "speakers are divided by their names: record more of them"
                raise InputError(f"nobody of the {part} part says {what}", folder, hint)
        low, high = _NOISE_SHARE[part]
        cuts = [noise[int(len(noise) * low) : int(len(noise) * high)] for noise in noises]
        parts[part] = Part(utterances, [noise for noise in cuts if len(noise) >= RATE_HZ])
    return word, parts


def part_of(speaker: str) -> str:
    """The part that a speaker belongs to, always the same."""
    number = int(hashlib.sha1(speaker.encode(), usedforsecurity=False).hexdigest(), 16)
    percent = number % (_MOST_HASH + 1) * (100.0 / _MOST_HASH)
    if percent < _HELD_BACK_PERCENT:
        return "validation"
    return "test" if percent < 2 * _HELD_BACK_PERCENT else "train"


def speaker_of(file: Path) -> str:
    """The speaker of ``<speaker>_nohash_<number>.wav``."""
    return file.stem.split("_nohash_")[0]


def read(file: Path) -> np.ndarray:
    """The samples of a WAV file: int16 [n].

    Raises:
        InputError: not a WAV file of 16 kHz, mono, 16 bit.
    """
    try:
        with wave.open(str(file)) as stream:
            rate_hz, channels, width = stream.getframerate(), stream.getnchannels(), stream.getsampwidth()
            samples = stream.readframes(stream.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise InputError(f"not a readable WAV file ({error})", file) from error
    hint = "sox IN.wav -r 16000 -c 1 -b 16 OUT.wav converts it"
    if width != 2:
        raise InputError(f"{8 * width} bit a sample, 16 are expected", file, hint)
    if channels != 1:
        raise InputError(f"{channels} channels, one is expected", file, hint)
    if rate_hz != RATE_HZ:
        raise InputError(f"{rate_hz} samples a second, {RATE_HZ} are expected", file, hint)
    return np.frombuffer(samples[: len(samples) // 2 * 2], "<i2").astype(np.int16)


def _word(folder: Path) -> str:
    file = folder / _DESCRIPTION
    if not file.exists():
        return WORD
    try:
        word = json.loads(file.read_text())["word"]
        if not isinstance(word, str) or not 0 < len(word) <= 24:
            raise ValueError(f"word is {word!r}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"does not name the wake word ({error})", file, 'write {"word": "marvin"}') from error
    return word


def _utterance(file: Path) -> Utterance:
    return Utterance(speaker_of(file), file.parent.name, trimmed(read(file)))


def fingerprint_of(parts: dict[str, Part]) -> Sequence[tuple[str, np.ndarray]]:
    """Names and contents of all recordings, in a fixed order."""
    spoken = [(f"{u.speaker}/{u.word}", u.samples) for part in parts.values() for u in part.utterances]
    return [*spoken, *((NOISE_FOLDER, noise) for part in parts.values() for noise in part.noises)]
