"""Stress, told from how the time between heartbeats varies: data, architecture and device pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from picket_host.models.dataset import Dataset, Split, fingerprint
from picket_host.models.recipes import DEFAULT_SEED, Variant
from picket_host.models.soak import Stretch
from picket_host.native.dsp import Heart, heart_params

from . import measures, pulse
from . import records as folder
from .pulse import LABELS, RATE_HZ

# People of each part; nobody is in two of them.
_TRAIN, _VALIDATION, _TEST = range(60), range(60, 80), range(80, 120)
_SECONDS = 240.0
_MOVED = 0.02  # share of the time in which the sensor moves: a little always, more in the noisy part
_NOISY_MOVED = 0.06
_EVERY_S = 10  # seconds from judgement to judgement, as on the device
_SPAN_S = 60
_REPLAY_S = 150.0


class HeartRecipe:
    """See ``picket_host.models.recipes.Recipe``."""

    name = "heart"
    title = "Stress, from the time between heartbeats"
    labels = LABELS
    variants: Mapping[str, Variant] = {
        "baseline": Variant(version="1.0.0", epochs=15, quick_epochs=8, steps=60, augmented=True, learning_rate=5e-3),
    }
    pipeline_kind = "heart"
    # Three judgements in a row are half a minute.
    gate: Mapping[str, int] = {
        "threshold_pct": 80,
        "release_pct": 50,
        "min_windows": 3,
        "release_windows": 3,
        "uncertain_pct": 60,
        "anomaly": 1000,
    }
    false_alarm_rate = None  # a heart may beat in many healthy ways

    def pipeline(self) -> bytes:
        """``pipeline.bin`` as native_module/dsp/heart.h describes it: pieces of a second, features of a minute."""
        return heart_params(hop=RATE_HZ, span_s=_SPAN_S, rate_hz=RATE_HZ)

    def load(self, data_dir: Path | None, quick: bool, seed: int) -> Dataset:
        """Features of every ten seconds, split by person; see ``Recipe.load``."""
        if data_dir is not None:
            dataset = folder.load_folder(Path(data_dir), Heart(self.pipeline()), _EVERY_S)
        else:
            heart = Heart(self.pipeline())
            train = _TRAIN[::2] if quick else _TRAIN
            dataset = Dataset(
                labels=self.labels,
                train=_split(heart, train, _MOVED, seed),
                augmented=_split(heart, train, _NOISY_MOVED, seed),
                validation=_split(heart, _VALIDATION, _MOVED, seed),
                test=_split(heart, _TEST, _MOVED, seed),
                noisy=_split(heart, _TEST, _NOISY_MOVED, seed),
                source="synthesised",
                fingerprint=fingerprint([("hearts", np.array([seed, *train, *_VALIDATION, *_TEST]))]),
            )
        dataset.check()
        return dataset

    def build(self, variant: str, dataset: Dataset) -> Any:
        """Two dense layers over the standardised features; one vector in, the probabilities of both classes out."""
        import keras
        from keras import layers

        standardise = layers.DepthwiseConv2D(1, name="standardise", trainable=False)
        model = keras.Sequential(
            [
                keras.Input((dataset.features,), name="features"),
                layers.Reshape((1, 1, dataset.features), name="as_channels"),
                standardise,
                layers.Flatten(name="flat"),
                layers.Dense(16, activation="relu", name="combine"),
                layers.Dense(len(self.labels), activation="softmax", name="classes"),
            ],
            name="heart",
        )
        mean, deviation = dataset.train.x.mean(0), dataset.train.x.std(0) + 0.02
        standardise.set_weights([(1 / deviation).reshape(1, 1, -1, 1), -mean / deviation])
        return model

    def recordings(self, data_dir: Path | None = None, seed: int = DEFAULT_SEED) -> dict[str, np.ndarray]:
        """By label, the light of somebody of the held-back part, int16 [n] at 100 Hz; always synthesised."""
        return {label: pulse.record(_TEST[0], label, _REPLAY_S, seed)[0] for label in self.labels}

    def operation(self, seed: int) -> Iterator[Stretch]:
        """Calm people that no model has seen, ten minutes each; see ``picket_host.models.soak``."""
        heart = Heart(self.pipeline())
        person = 1000
        while True:
            samples, _ = pulse.record(person, LABELS[0], 600.0, seed, _MOVED)
            yield Stretch(windows(heart, samples), float(_EVERY_S))
            person += 1

    def trial(self, package: Path, seed: int) -> Mapping[str, Mapping[str, Any]]:
        """What the model gets to see, against the truth: errors of the measures; see ``measures.Errors``."""
        return {
            "at rest": measures.errors(seed=seed).figures(),
            "moves 6 % of the time": measures.errors(moved=_NOISY_MOVED, seed=seed).figures(),
        }


def windows(heart: Heart, samples: np.ndarray) -> np.ndarray:
    """Features of every ten seconds of light, from half a span on: float32 [n, 5]."""
    heart.reset()
    found = []
    for second in range(1, len(samples) // heart.hop + 1):
        heart.feed(samples[(second - 1) * heart.hop : second * heart.hop])
        if second % _EVERY_S == 0 and second >= heart.span_s // 2:
            features, beats = heart.compute()
            if beats:
                found.append(features)
    return np.array(found, np.float32).reshape(-1, heart.features)


def _split(heart: Heart, people: Sequence[int], moved: float, seed: int) -> Split:
    x, y = [], []
    for person in people:
        for index, label in enumerate(LABELS):
            x.append(windows(heart, pulse.record(person, label, _SECONDS, seed, moved)[0]))
            y.append(np.full(len(x[-1]), index, np.int32))
    return Split(np.concatenate(x), np.concatenate(y))


RECIPE = HeartRecipe()
