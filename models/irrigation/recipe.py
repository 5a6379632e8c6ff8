"""When to water a field, and for how long: data, architecture and device pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from picket_host.errors import InputError
from picket_host.models.dataset import Dataset, Split, fingerprint
from picket_host.models.recipes import DEFAULT_SEED, Variant

from . import farm, records
from .farm import View
from .instruments import Instruments, random_faults
from .oracle import LABELS, SHARES, SLOTS_H
from .site import Site, sites
from .weather import DAY_H, Season, season

SEASON_DAYS = 130
# Fields of each part; no field and no year is in two of them.
_TRAIN, _VALIDATION, _TEST = range(36), range(36, 44), range(44, 60)
_TRAIN_YEARS, _VALIDATION_YEARS, TEST_YEARS = (2017, 2018, 2019), (2020,), (2021, 2022)
_QUICK_FIELDS = 18  # in a row, because soils, crops and climates take turns
_LAST_DAYS = 8  # at the season's end the oracle lets the soil dry out; nobody should learn that
_NOISE = 2.0  # on the probes of the noisy part, as a factor
_REPLAY_DAYS = 5
_FIELD, _SENSORS, _FAULTS = 0, 10, 20  # purposes of randomness


@dataclass(frozen=True)
class Held:
    """A field in a season of a part of the data."""

    site: Site
    season: Season
    seed: tuple[int, ...]

    def rng(self, purpose: int) -> np.random.Generator:
        """Randomness of its own for each purpose."""
        return np.random.default_rng([*self.seed, purpose])


class IrrigationRecipe:
    """See ``picket_host.models.recipes.Recipe``."""

    name = "irrigation"
    title = "When to water a field, and for how long"
    labels = LABELS
    variants: Mapping[str, Variant] = {
        "baseline": Variant(version="1.0.0", epochs=30, quick_epochs=10, steps=150, augmented=True, learning_rate=4e-3),
    }
    pipeline_kind = "soil"
    # One decision stands for itself: there is no second window to wait for.
    gate: Mapping[str, int] = {
        "threshold_pct": 50,
        "release_pct": 50,
        "min_windows": 1,
        "release_windows": 1,
        "uncertain_pct": 40,
        "anomaly": 1000,
    }
    false_alarm_rate = None  # the readings are checked one by one; what the checks let through is decided about

    def pipeline(self) -> bytes:
        """``pipeline.bin``: hours of decision, and for each class the share of the reachable water that it gives."""
        shares = [round(100 * share) for share in SHARES]
        return b"PSO1" + bytes([farm.FEATURES, len(SLOTS_H), len(shares), *SLOTS_H, *shares])

    def load(self, data_dir: Path | None, quick: bool, seed: int) -> Dataset:
        """Features at every decision of every field and season, split by field and by year; see ``Recipe.load``."""
        if data_dir is not None:
            return records.load_folder(Path(data_dir), self.labels)
        train = held(_TRAIN[:_QUICK_FIELDS] if quick else _TRAIN, _TRAIN_YEARS[: 2 if quick else None], seed)
        test = held(_TEST[::4] if quick else _TEST, TEST_YEARS, seed)
        dataset = Dataset(
            labels=self.labels,
            train=_decisions(train),
            augmented=_decisions(train, faulty=True, noise=_NOISE),
            validation=_decisions(held(_VALIDATION[::2] if quick else _VALIDATION, _VALIDATION_YEARS, seed)),
            test=_decisions(test),
            noisy=_decisions(test, faulty=True, noise=_NOISE),
            source="simulated",
            fingerprint=fingerprint((item.site.name, item.season.rain_mm) for item in [*train, *test]),
        )
        dataset.check()
        return dataset

    def build(self, variant: str, dataset: Dataset, weigh: int = 24, combine: int = 16) -> Any:
        """Two dense layers over standardised features; one tensor in, the probabilities of the decisions out.

        Args:
            weigh, combine: units of the dense layers.
        """
        import keras
        from keras import layers

        count = dataset.features
        mean, deviation = dataset.train.x.mean(0), dataset.train.x.std(0) + 20
        # A depthwise 1x1 convolution with the features as channels standardises each with its own int8 scale.
        standardise = layers.DepthwiseConv2D(1, name="standardise", trainable=False)
        model = keras.Sequential(
            [
                keras.Input((count,), name="features"),
                layers.Reshape((1, 1, count), name="as_channels"),
                standardise,
                layers.Flatten(name="flat"),
                layers.Dense(weigh, activation="relu", name="weigh"),
                layers.Dense(combine, activation="relu", name="combine"),
                layers.Dense(len(self.labels), activation="softmax", name="decisions"),
            ],
            name="irrigation",
        )
        standardise.set_weights([(1 / deviation).reshape(1, 1, -1, 1), -mean / deviation])
        return model

    def space(self, trial: Any) -> dict[str, int]:
        """See ``picket_host.models.recipes.SearchableRecipe``."""
        return {name: trial.suggest_categorical(name, [4, 8, 12, 16, 24, 32, 48]) for name in ("weigh", "combine")}

    def recordings(self, data_dir: Path | None = None, seed: int = DEFAULT_SEED) -> dict[str, np.ndarray]:
        """By label, the hourly frames of the days before such a decision on a held-back field: int16 [hours, 5]."""
        if data_dir is not None:
            raise InputError("records of one's own can't be replayed by label", data_dir)
        found: dict[str, np.ndarray] = {}
        for item in held(_TEST, TEST_YEARS, seed):
            instruments = Instruments(item.site, item.season, item.rng(_SENSORS))
            due: dict[str, int] = {}

            def decide(view: View, due: dict[str, int] = due) -> int:
                if view.slot > 2 * _REPLAY_DAYS:
                    due.setdefault(LABELS[view.best], view.slot)
                return view.best

            slots = farm.run(item.site, item.season, instruments, decide, item.rng(_FIELD)).slots
            for label, slot in due.items():
                end = slots[slot] + 1
                frames = instruments.taken[end - _REPLAY_DAYS * DAY_H : end]
                found.setdefault(label, np.array(frames, np.int16))
            if len(found) == len(self.labels):
                break
        return {label: found[label] for label in self.labels}


def held(fields: Sequence[int], years: Sequence[int], seed: int) -> list[Held]:
    """Fields in seasons, by number and year."""
    known = sites(max(fields) + 1, seed)
    return [
        Held(
            known[i],
            season(known[i].climate, SEASON_DAYS, year, np.random.default_rng([seed, i, year])),
            (seed, i, year),
        )
        for i in fields
        for year in years
    ]


def held_back(seed: int = DEFAULT_SEED) -> list[Held]:
    """The fields and seasons of the test part, which no model has seen."""
    return held(_TEST, TEST_YEARS, seed)


def _decisions(items: Sequence[Held], faulty: bool = False, noise: float = 1.0) -> Split:
    """Features and best decisions of seasons that somebody careless has managed."""
    outcomes = []
    for item in items:
        rng = item.rng(_FAULTS + faulty)
        faults = random_faults(item.season.hours, rng) if faulty else ()
        instruments = Instruments(item.site, item.season, item.rng(_SENSORS + faulty), faults, noise)
        outcomes.append(farm.run(item.site, item.season, instruments, farm.careless(rng), item.rng(_FIELD)))
    kept = [outcome.at < len(SLOTS_H) * (SEASON_DAYS - _LAST_DAYS) for outcome in outcomes]
    return Split(
        np.concatenate([outcome.x[keep] for outcome, keep in zip(outcomes, kept, strict=True)]),
        np.concatenate([outcome.y[keep] for outcome, keep in zip(outcomes, kept, strict=True)]),
    )


RECIPE = IrrigationRecipe()
