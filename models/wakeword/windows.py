"""From scenes to labelled windows of log-mel frames, as the model hears them while the sound goes by."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from picket_host.models.dataset import Split
from picket_host.native.dsp import Mel

from .scenes import Background, Scene, scene
from .speech import RATE_HZ, Utterance

FRAMES = 120  # of a window: 1.2 seconds
BACKGROUND, WAKE_WORD = 0, 1

_UTTERANCES = 24  # in a scene
_THREADS = 2

# When the model should say what, counted from the word: from shortly after its end, as long as all of it is in the
# window. From when its end becomes guessable until then, and while it leaves the window, nothing is asked.
_GUESSABLE_S = 0.12
_HEARD_S = 0.06
_MARGIN_S = 0.03
_GONE_S = 0.15

_OTHER_EVERY_S = 0.24  # windows without the word are taken at this pace, with jitter
_WORD_EVERY_S = 0.08


def make(
    utterances: Sequence[Utterance],
    background: Background,
    word: str,
    params: bytes,
    snr_db: tuple[float, float],
    most: int,
    seed: Sequence[int],
) -> Split:
    """Windows of scenes in which the utterances are said in a random order.

    Args:
        word: the wake word.
        params: of the log-mel features.
        most: windows to keep at most; wake word and all else are thinned by the same share.
        seed: of everything random; not a matter of the number of threads.

    Returns:
        x float32 [n, FRAMES, bands, 1], y int32 [n].
    """
    order = np.random.default_rng(seed).permutation(len(utterances))
    groups = np.array_split(order, max(1, len(order) // _UTTERANCES))

    def one(number: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng([*seed, number])
        made = scene([utterances[i] for i in groups[number]], background, snr_db, rng)
        return cut(made, word, Mel(params), rng)

    with ThreadPoolExecutor(_THREADS) as pool:
        parts = list(pool.map(one, range(len(groups))))
    x, y = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
    kept = np.random.default_rng(seed).permutation(len(y))[:most]
    return Split(x[kept], y[kept])


def cut(made: Scene, word: str, mel: Mel, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The labelled windows of one scene: x float32 [n, FRAMES, bands, 1], y int32 [n]."""
    frames = mel.frames(made.samples)
    frame_s = mel.hop / RATE_HZ
    ends_s = np.arange(len(frames)) * frame_s + frame_s  # of the last sample of each frame
    asked = labels(made, word, ends_s, FRAMES * frame_s)
    asked[:FRAMES] = -1
    picked = []
    for label, every_s in ((BACKGROUND, _OTHER_EVERY_S), (WAKE_WORD, _WORD_EVERY_S)):
        places = np.flatnonzero(asked == label)
        step = round(every_s / frame_s)
        picked.append(places[int(rng.integers(step)) :: step])
    places = np.concatenate(picked)
    x = np.stack([frames[i + 1 - FRAMES : i + 1] for i in places]) if len(places) else np.empty((0, FRAMES, mel.bands))
    return x[..., None].astype(np.float32), asked[places].astype(np.int32)


def labels(made: Scene, word: str, ends_s: np.ndarray, window_s: float) -> np.ndarray:
    """What a window should be taken for that ends at each of the times: a class, or -1 where nothing is asked."""
    asked = np.full(len(ends_s), BACKGROUND)
    for spoken in made.spoken:
        if spoken.word == word:
            start, end = spoken.start / RATE_HZ, spoken.end / RATE_HZ
            last = start + window_s - _MARGIN_S
            asked[(ends_s > end - _GUESSABLE_S) & (ends_s < max(last, end) + _GONE_S)] = -1
            asked[(ends_s >= end + _HEARD_S) & (ends_s <= last)] = WAKE_WORD
    return asked
