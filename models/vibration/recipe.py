"""Faults of rolling bearings from one axis of vibration: data, architecture and device pipeline."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from picket_host.errors import InputError
from picket_host.models.dataset import Dataset, Split, fingerprint, windows
from picket_host.models.recipes import DEFAULT_SEED, Variant
from picket_host.models.soak import Stretch
from picket_host.native.dsp import Vibration, vibration_params

from . import recordings as folder
from . import synthesis
from .recordings import Recording

_WINDOW = folder.WINDOW
_HOP_MS = 250

# Parts of each recording in time, and the pause between them, so that no window shares samples with another part.
_TRAIN_END, _VALIDATION_END = 0.36, 0.50
_GAP = _WINDOW // 2
_TRAIN_STEP = 512
_SYNTHETIC_TRAIN_STEP = 1024  # there are many more recordings
_VALIDATION_STEP = 1024

_SYNTHETIC_S = 5.0
_GAIN_DB = 3.0
_TRAIN_SNR_DB = (-3.0, 20.0)
_NOISY_SNR_DB = 0.0

# Transfer: what is learnt from the first size of defect is tested on the other one.
_SEEN_MIL, _UNSEEN_MIL = 7, 21
_SEVERITY_IN_NAME = re.compile(r"_(\d+)_mil")

_STRETCH_S = 60.0  # of calm operation; each is another machine

_LOOP_FADE = 1024  # 38 ms over which the end of a replayed recording blends into its beginning
_LOOP_SEARCH = 4096  # and where that end may lie: within the last four or five turns of the shaft


class VibrationRecipe:
    """See ``picket_host.models.recipes.Recipe``."""

    name = "vibration"
    title = "Faults of rolling bearings"
    labels = synthesis.LABELS
    variants: Mapping[str, Variant] = {
        "baseline": Variant(version="1.0.0", epochs=10, quick_epochs=5),
        "better": Variant(version="1.1.0", epochs=10, quick_epochs=5, augmented=True),
    }
    pipeline_kind = "vibration"
    gate: Mapping[str, int] = {
        "threshold_pct": 80,
        "release_pct": 50,
        "min_windows": 2,
        "release_windows": 8,
        "uncertain_pct": 60,
        "anomaly": 1000,
    }
    # Two windows in a row may be one event, and another machine is not quite the one that was recorded.
    false_alarm_rate = 1e-5

    def pipeline(self) -> bytes:
        """``pipeline.bin`` as native_module/dsp/vibration.h describes it."""
        return vibration_params(
            window=_WINDOW, hop_ms=_HOP_MS, rate_hz=synthesis.RATE_HZ, g_per_count=1 / synthesis.COUNTS_PER_G
        )

    def load(self, data_dir: Path | None, quick: bool, seed: int) -> Dataset:
        """Features of all recordings, each recording split in time; see ``Recipe.load``."""
        return self._dataset(self._recordings(data_dir, seed), data_dir, quick, seed)

    def transfer(self, data_dir: Path | None, seed: int) -> tuple[Dataset, str, str]:
        """Data whose training part has defects of 7 mil and whose test part has those of 21 mil, and both in words.

        Healthy recordings are split in time. See ``picket_host.models.transfer``.

        Raises:
            InputError: the names of the recordings (``ir_21_mil...``) give no such sizes.
        """
        recordings = self._recordings(data_dir, seed)

        def with_defects_of(mil: int) -> Dataset:
            chosen = [each for each in recordings if each.label == self.labels[0] or _severity(each) == mil]
            return self._dataset(chosen, data_dir, False, seed)

        seen, unseen = with_defects_of(_SEEN_MIL), with_defects_of(_UNSEEN_MIL)
        parts = replace(seen, test=unseen.test, noisy=unseen.noisy)
        return parts, f"healthy and {_SEEN_MIL} mil", f"healthy (later in time) and {_UNSEEN_MIL} mil"

    def operation(self, seed: int) -> Iterator[Stretch]:
        """Healthy machines that no model has seen, a minute each, without end; see ``picket_host.models.soak``."""
        extractor = Vibration(self.pipeline())
        hop = _HOP_MS * synthesis.RATE_HZ // 1000
        healthy = [machine for machine in synthesis.machines() if machine.label == self.labels[0]]
        while True:
            for machine in healthy:
                samples = synthesis.record(machine, _STRETCH_S, seed)
                yield Stretch(extractor.compute(windows(samples, _WINDOW, hop)), _HOP_MS / 1000)
            seed += 1

    def _dataset(self, recordings: list[Recording], data_dir: Path | None, quick: bool, seed: int) -> Dataset:
        train_step = (_SYNTHETIC_TRAIN_STEP if data_dir is None else _TRAIN_STEP) * (2 if quick else 1)
        rng = np.random.default_rng(seed)
        raw: dict[str, list[np.ndarray]] = {"train": [], "validation": [], "test": []}
        classes: dict[str, list[np.ndarray]] = {part: [] for part in raw}
        for recording in recordings:
            for part, cut in _parts(recording.samples, train_step).items():
                raw[part].append(cut)
                classes[part].append(np.full(len(cut), self.labels.index(recording.label), np.int32))
        x = {part: np.concatenate(cuts) for part, cuts in raw.items()}
        y = {part: np.concatenate(labels) for part, labels in classes.items()}
        extractor = Vibration(self.pipeline())

        def split(samples: np.ndarray, part: str) -> Split:
            return Split(extractor.compute(samples), y[part])

        dataset = Dataset(
            labels=self.labels,
            train=split(x["train"], "train"),
            augmented=split(_augment(x["train"], rng, _GAIN_DB, _TRAIN_SNR_DB), "train"),
            validation=split(x["validation"], "validation"),
            test=split(x["test"], "test"),
            noisy=split(_augment(x["test"], rng, 0.0, (_NOISY_SNR_DB, _NOISY_SNR_DB)), "test"),
            source="synthesised" if data_dir is None else str(data_dir),
            fingerprint=fingerprint((recording.name, recording.samples) for recording in recordings),
        )
        dataset.check()
        return dataset

    def build(
        self,
        variant: str,
        dataset: Dataset,
        filters: int | None = None,
        hidden: int | None = None,
        width: int = 5,
        stride: int = 2,
    ) -> Any:
        """Convolutions along the spectra, then dense layers; one tensor in, the four probabilities out.

        Args:
            filters, hidden: channels of the convolutions and units of the dense layer; by default the variant's.
            width, stride: of both convolutions, in features.
        """
        import keras
        from keras import layers

        usual_filters, usual_hidden = {"baseline": (8, 16), "better": (16, 32)}[variant]
        filters, hidden = filters or usual_filters, hidden or usual_hidden
        mean, deviation = dataset.train.x.mean(0), dataset.train.x.std(0) + 0.02
        # A depthwise 1x1 convolution with the features as channels standardises each with its own int8 scale.
        standardise = layers.DepthwiseConv2D(1, name="standardise", trainable=False)
        model = keras.Sequential(
            [
                keras.Input((dataset.features,), name="features"),
                layers.Reshape((1, 1, dataset.features), name="as_channels"),
                standardise,
                layers.Reshape((dataset.features, 1, 1), name="as_line"),
                layers.Conv2D(filters, (width, 1), strides=stride, padding="same", activation="relu", name="edges"),
                layers.DepthwiseConv2D((width, 1), strides=stride, padding="same", activation="relu", name="shapes"),
                layers.Conv2D(filters, 1, activation="relu", name="mix"),
                layers.Flatten(name="flat"),
                layers.Dropout(0.2, name="dropout"),
                layers.Dense(hidden, activation="relu", name="combine"),
                layers.Dense(len(self.labels), activation="softmax", name="classes"),
            ],
            name="vibration",
        )
        standardise.set_weights([(1 / deviation).reshape(1, 1, -1, 1), -mean / deviation])
        return model

    def space(self, trial: Any) -> dict[str, int]:
        """See ``picket_host.models.recipes.SearchableRecipe``."""
        return {
            "filters": trial.suggest_categorical("filters", [2, 4, 8, 16, 24]),
            "hidden": trial.suggest_categorical("hidden", [4, 8, 16, 32, 64]),
            "width": trial.suggest_categorical("width", [3, 5, 9]),
            "stride": trial.suggest_categorical("stride", [2, 3, 4]),
        }

    def recordings(self, data_dir: Path | None = None, seed: int = DEFAULT_SEED) -> dict[str, np.ndarray]:
        """By label, the held-back part of its first recording: int16 [n] at 26,667 Hz that repeats without a step."""
        replay: dict[str, np.ndarray] = {}
        for recording in self._recordings(data_dir, seed):
            if recording.label not in replay:
                start = int(len(recording.samples) * _VALIDATION_END) + _GAP
                replay[recording.label] = _seamless(recording.samples[start:])
        return replay

    def _recordings(self, data_dir: Path | None, seed: int) -> list[Recording]:
        if data_dir is not None:
            shortest = int((_WINDOW + _GAP) / (_VALIDATION_END - _TRAIN_END)) + 1
            return folder.load_folder(Path(data_dir), shortest)
        return _synthesised(seed)


@functools.lru_cache(maxsize=1)  # to train and to replay
def _synthesised(seed: int) -> list[Recording]:
    return [
        Recording(machine.name, machine.label, synthesis.record(machine, _SYNTHETIC_S, seed))
        for machine in synthesis.machines()
    ]


def _severity(recording: Recording) -> int:
    """Size of the defect in thousandths of an inch, as the name has it."""
    match = _SEVERITY_IN_NAME.search(recording.name)
    if match is None:
        raise InputError("the name does not give the size of the defect", recording.name, "as in ir_21_mil_1797rpm.npy")
    return int(match.group(1))


def _parts(samples: np.ndarray, train_step: int) -> dict[str, np.ndarray]:
    """Windows of the three parts in time; only those of the test part don't overlap each other."""
    train_end, validation_end = (int(len(samples) * share) for share in (_TRAIN_END, _VALIDATION_END))
    return {
        "train": windows(samples[:train_end], _WINDOW, train_step),
        "validation": windows(samples[train_end + _GAP : validation_end], _WINDOW, _VALIDATION_STEP),
        "test": windows(samples[validation_end + _GAP :], _WINDOW, _WINDOW),
    }


def _augment(samples: np.ndarray, rng: np.random.Generator, gain_db: float, snr_db: tuple[float, float]) -> np.ndarray:
    """Windows with a random gain and white noise at a random distance below (or above) their own level: int16."""
    count = (len(samples), 1)
    gain = 10 ** (rng.uniform(-gain_db, gain_db, count) / 20)
    level = samples.std(axis=1, keepdims=True) * 10 ** (-rng.uniform(*snr_db, count) / 20)
    changed = (samples + level * rng.standard_normal(samples.shape)) * gain
    return np.clip(np.round(changed), -32768, 32767).astype(np.int16)


def _seamless(samples: np.ndarray) -> np.ndarray:
    """The recording with its end blended into its beginning, so that its repetition has no step.

    It ends where its last samples are most like its first ones, so that the shaft's angle goes on; the blend keeps the
    power.
    """
    first = samples[:_LOOP_FADE].astype(np.float64)
    tail = samples[-_LOOP_FADE - _LOOP_SEARCH :].astype(np.float64)
    candidates = np.lib.stride_tricks.sliding_window_view(tail, _LOOP_FADE)
    likeness = candidates @ first / (np.linalg.norm(candidates, axis=1) * np.linalg.norm(first) + 1e-9)
    best = int(likeness.argmax())
    phase = np.linspace(0, np.pi / 2, _LOOP_FADE)
    blended = first * np.sin(phase) + candidates[best] * np.cos(phase)
    blended /= np.sqrt(1 + likeness[best] * np.sin(2 * phase))
    end = len(samples) - len(tail) + best
    return np.concatenate([np.clip(np.round(blended), -32768, 32767).astype(np.int16), samples[_LOOP_FADE:end]])


RECIPE = VibrationRecipe()
