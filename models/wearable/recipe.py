"""Falls, felt by a motion sensor at the waist: data, architecture and device pipeline."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from picket_host.models.dataset import Dataset, Split, fingerprint
from picket_host.models.recipes import DEFAULT_SEED, Variant
from picket_host.models.soak import Stretch
from picket_host.native.dsp import Motion, motion_params

from . import movement
from . import recordings as folder
from .movement import FALLS, KINDS, LABELS, RATE_HZ, Recording

# People of each part; nobody is in two of them.
_TRAIN, _VALIDATION, _TEST = range(24), range(24, 32), range(32, 48)
_TAKES = 2
_FALL_TAKES = 4  # there are fewer kinds of them

# A window shows a fall when the impact and what follows are in it; windows in between say nothing sure.
_AFTER_IMPACT_S = (0.5, 1.7)
_BEFORE_IMPACT_S = 1.2  # the fall itself begins at most so long before

_NOISE_COUNTS = (100, 100)  # of the noisy part: 0.05 g and 6 degrees a second
# Movements of a day and their shares; who has lain down gets up next.
_DAY = {
    ("stand",): 0.30,
    ("walk",): 0.28,
    ("run",): 0.03,
    ("stairs",): 0.07,
    ("sit_down",): 0.08,
    ("drop_into_chair",): 0.02,
    ("lie_down", "get_up"): 0.02,
    ("pick_up",): 0.08,
    ("ride",): 0.08,
    ("jump",): 0.02,
    ("stumble",): 0.02,
}
_DAY_MOVEMENTS = 60
_DAY_EVERY = 2  # whose day is in the data: every second one's, which is half of the windows


class WearableRecipe:
    """See ``picket_host.models.recipes.Recipe``."""

    name = "wearable"
    title = "Falls, felt at the waist"
    labels = LABELS
    variants: Mapping[str, Variant] = {
        "baseline": Variant(version="1.0.0", epochs=15, quick_epochs=6, steps=60, augmented=True, learning_rate=3e-3),
    }
    pipeline_kind = "motion"
    gate: Mapping[str, int] = {
        "threshold_pct": 90,
        "release_pct": 50,
        "min_windows": 3,
        "release_windows": 8,
        "uncertain_pct": 60,
        "anomaly": 1000,
    }
    false_alarm_rate = None  # what people do besides is too various for a distance to the ordinary

    def pipeline(self) -> bytes:
        """``pipeline.bin`` as native_module/dsp/motion.h describes it: windows of 2.56 s, one every 0.32 s."""
        return motion_params(
            rate_hz=RATE_HZ,
            counts_per_g=movement.ACCEL_COUNTS_PER_G,
            counts_per_dps=movement.GYRO_COUNTS_PER_DPS,
        )

    def load(self, data_dir: Path | None, quick: bool, seed: int) -> Dataset:
        """Windows of all recordings, split by person; see ``Recipe.load``."""
        if data_dir is not None:
            parts = folder.load_folder(Path(data_dir))
            source = str(data_dir)
        else:
            parts = [_recordings(people[:: 4 if quick else 1], seed) for people in (_TRAIN, _VALIDATION, _TEST)]
            source = "synthesised"
        train, validation, test = parts
        motion = Motion(self.pipeline())
        rng = np.random.default_rng(seed)
        dataset = Dataset(
            labels=self.labels,
            train=_split(motion, train),
            augmented=_split(motion, [_noisy(each, rng) for each in train]),
            validation=_split(motion, validation),
            test=_split(motion, test),
            noisy=_split(motion, [_noisy(each, rng) for each in test]),
            source=source,
            fingerprint=fingerprint((f"{r.subject}/{r.kind}", r.frames) for part in parts for r in part),
        )
        dataset.check()
        return dataset

    def build(self, variant: str, dataset: Dataset) -> Any:
        """Convolutions along time, then dense layers; one window in, the probabilities of both classes out."""
        import keras
        from keras import layers

        bins = dataset.features // 4
        x = dataset.train.x.reshape(-1, 4)
        standardise = layers.DepthwiseConv2D(1, name="standardise", trainable=False)
        model = keras.Sequential(
            [
                keras.Input((dataset.features,), name="features"),
                layers.Reshape((bins, 1, 4), name="in_time"),
                standardise,
                layers.Conv2D(12, (5, 1), strides=2, padding="same", activation="relu", name="jolts"),
                layers.DepthwiseConv2D((5, 1), strides=2, padding="same", activation="relu", name="phases"),
                layers.Conv2D(12, 1, activation="relu", name="mix"),
                layers.Flatten(name="flat"),
                layers.Dropout(0.3, name="dropout"),
                layers.Dense(16, activation="relu", name="combine"),
                layers.Dense(len(self.labels), activation="softmax", name="classes"),
            ],
            name="wearable",
        )
        mean, deviation = x.mean(0), x.std(0)
        standardise.set_weights([(1 / deviation).reshape(1, 1, 4, 1), -mean / deviation])
        return model

    def recordings(self, data_dir: Path | None = None, seed: int = DEFAULT_SEED) -> dict[str, np.ndarray]:
        """By kind of movement, what the chip's FIFO gives of somebody of the held-back part: int16 [n, 7] at 100 Hz."""
        test = folder.load_folder(Path(data_dir))[2] if data_dir else _recordings(_TEST[:1], seed)
        return {recording.kind: recording.frames for recording in test}

    def operation(self, seed: int) -> Iterator[Stretch]:
        """Days of people that no model has seen, without a fall; see ``picket_host.models.soak``."""
        motion = Motion(self.pipeline())
        for number in itertools.count(1000):
            yield Stretch(motion.windows(_day(number, seed).frames), motion.hop / motion.rate_hz)

    def trial(self, package: Path, seed: int) -> Mapping[str, Mapping[str, Any]]:
        """Falls of people that no model has seen, by kind; see ``falls.Found``."""
        from . import falls  # needs a package's files, which training does not

        return {kind: asdict(found) for kind, found in falls.found(package, seed=seed).items()}


def _recordings(people: Sequence[int], seed: int) -> list[Recording]:
    single = [
        movement.record(movement.subject(number, seed), kind, seed, take)
        for number in people
        for kind in KINDS
        for take in range(_FALL_TAKES if kind in FALLS else _TAKES)
    ]
    return single + [_day(number, seed) for number in people[::_DAY_EVERY]]


def _day(number: int, seed: int) -> Recording:
    """Ten minutes of somebody, with each movement as often as in a day."""
    rng = np.random.default_rng([seed, number])
    chosen = rng.choice(len(_DAY), _DAY_MOVEMENTS, p=list(_DAY.values()))
    kinds = [kind for index in chosen for kind in list(_DAY)[index]]
    return Recording(number, "day", LABELS[0], movement.day(movement.subject(number, seed), kinds, seed))


def _split(motion: Motion, recordings: Sequence[Recording]) -> Split:
    """Windows that surely show a fall or surely don't."""
    x, y = [], []
    for recording in recordings:
        windows = motion.windows(recording.frames)
        ends_s = (np.arange(len(windows)) + 1) * motion.hop / motion.rate_hz
        if recording.impact_s is None:
            keep, fallen = np.ones(len(windows), bool), np.zeros(len(windows), bool)
        else:
            after_s = ends_s - recording.impact_s
            fallen = (after_s >= _AFTER_IMPACT_S[0]) & (after_s <= _AFTER_IMPACT_S[1])
            long_since = after_s > motion.window / motion.rate_hz + 0.5
            keep = fallen | (after_s < -_BEFORE_IMPACT_S) | long_since
        x.append(windows[keep])
        y.append(fallen[keep].astype(np.int32))
    return Split(np.concatenate(x), np.concatenate(y))


def _noisy(recording: Recording, rng: np.random.Generator) -> Recording:
    """The same movement with a worse sensor, worn the other way round."""
    frames = recording.frames.astype(np.float64)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    for axes, noise in ((slice(0, 3), _NOISE_COUNTS[0]), (slice(4, 7), _NOISE_COUNTS[1])):
        frames[:, axes] = frames[:, axes] @ turn + rng.normal(0, noise, (len(frames), 3))
    changed = np.clip(np.round(frames), -32768, 32767).astype(np.int16)
    return Recording(recording.subject, recording.kind, recording.label, changed, recording.impact_s)


RECIPE = WearableRecipe()
