"""A spoken word against other words, noise and silence: data, architecture and device pipeline."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from picket_host.models.dataset import Dataset, fingerprint
from picket_host.models.recipes import DEFAULT_SEED, Variant
from picket_host.models.soak import Stretch
from picket_host.native.dsp import Mel, mel_params

from . import recordings as folder
from . import speech
from .recordings import PARTS, Part
from .scenes import Background, scene
from .windows import FRAMES, make

_STEP = 4  # frames that the model takes at a time: it says something every 40 ms

_CLEAR_DB, _NOISY_DB = (10.0, 40.0), (0.0, 10.0)  # signal-to-noise ratios
_WINDOWS = {"train": 6000, "validation": 800, "test": 800}
_QUICK_WINDOWS = {"train": 1800, "validation": 150, "test": 150}
_REPLAYED = 12  # utterances in a recording for the simulator
_SAID, _TALK_DB = 60, (5.0, 30.0)  # utterances and signal-to-noise ratio of a stretch of talk
_BANDS = 40


class WakewordRecipe:
    """See ``picket_host.models.recipes.Recipe``."""

    name = "wakeword"
    title = "A spoken word"
    labels = ("background", speech.WORD)
    variants: Mapping[str, Variant] = {
        "small": Variant(version="1.0.0", epochs=24, quick_epochs=5, steps=70, batch=128, augmented=True),
    }
    pipeline_kind = "mel"
    gate: Mapping[str, int] = {
        "threshold_pct": 90,
        "release_pct": 50,
        "min_windows": 4,
        "release_windows": 10,
        "uncertain_pct": 60,
        "anomaly": 1000,
    }
    false_alarm_rate = None
    stream_step = _STEP

    def pipeline(self) -> bytes:
        """``pipeline.bin`` as native_module/dsp/mel.h describes it."""
        return mel_params(rate_hz=speech.RATE_HZ, bands=_BANDS, step=_STEP)

    def load(self, data_dir: Path | None, quick: bool, seed: int) -> Dataset:
        """Windows of 1.2 seconds from scenes in which the words are said; voices of each part are its own."""
        word, parts = self._parts(data_dir, quick, seed)
        counts = _QUICK_WINDOWS if quick else _WINDOWS
        made = {}
        for i, (name, of, snr_db) in enumerate((
            ("train", "train", _CLEAR_DB),
            ("augmented", "train", _NOISY_DB),
            ("validation", "validation", _CLEAR_DB),
            ("test", "test", _CLEAR_DB),
            ("noisy", "test", _NOISY_DB),
        )):  # fmt: skip
            behind = background(parts[of], word)
            made[name] = make(parts[of].utterances, behind, word, self.pipeline(), snr_db, counts[of], [seed, i])
        dataset = Dataset(
            labels=("background", word),
            **made,
            source="synthesised" if data_dir is None else str(data_dir),
            fingerprint=fingerprint(folder.fingerprint_of(parts)),
        )
        dataset.check()
        return dataset

    def build(self, variant: str, dataset: Dataset, channels: int = 48) -> Any:
        """A depthwise separable network that strides over time and never pads it, so that it can stream.

        Zhang et al. 2017, "Hello Edge", DS-CNN, with a smaller time step and the bands reduced by the convolutions.

        Args:
            channels: of every convolution.
        """
        import keras
        from keras import layers

        def norm(name: str) -> Any:
            # Its running averages must be those of the weights at hand after a few hundred steps, too (quick mode).
            return layers.BatchNormalization(momentum=0.95, name=f"{name}_norm")

        stack = [
            keras.Input((FRAMES, _BANDS, 1), name="frames"),
            layers.GaussianNoise(0.1, name="noise"),
            layers.Conv2D(channels, (8, 8), strides=(4, 4), use_bias=False, name="sounds"),
            norm("sounds"),
            layers.ReLU(name="sounds_relu"),
        ]
        for i in range(1, 5):
            stack += [
                layers.DepthwiseConv2D((3, 3), use_bias=False, name=f"shape{i}"),
                norm(f"shape{i}"),
                layers.ReLU(name=f"shape{i}_relu"),
                layers.Conv2D(channels, 1, use_bias=False, name=f"mix{i}"),
                norm(f"mix{i}"),
                layers.ReLU(name=f"mix{i}_relu"),
                layers.SpatialDropout2D(0.05, name=f"mix{i}_dropout"),
            ]
        steps = (FRAMES - 8) // 4 + 1 - 4 * 2
        stack += [
            layers.AveragePooling2D((steps, 1), name="whole"),
            layers.Flatten(name="flat"),
            layers.Dropout(0.3, name="dropout"),
            layers.Dense(len(dataset.labels), activation="softmax", name="classes"),
        ]
        return keras.Sequential(stack, name="wakeword")

    def recordings(self, data_dir: Path | None = None, seed: int = DEFAULT_SEED) -> dict[str, np.ndarray]:
        """By label, a scene of the held-back voices: other words, or the wake word again and again; int16 at 16 kHz."""
        word, parts = self._parts(data_dir, False, seed)
        rng = np.random.default_rng([seed, 99])
        replay = {}
        for label, own in (("background", False), (word, True)):
            spoken = [u for u in parts["test"].utterances if (u.word == word) is own]
            picked = [spoken[i] for i in rng.permutation(len(spoken))[:_REPLAYED]]
            replay[label] = scene(picked, Background(), (25.0, 30.0), rng).samples
        return replay

    def operation(self, seed: int) -> Iterator[Stretch]:
        """Hours in which the held-back voices talk, in noise, and nobody says the wake word; see ``soak``.

        They say the words and sentences of the test part without a break, a third of them neighbours of the wake word
        and a quarter behind a "hey": nobody talks so in earnest, so the model is judged hard.
        """
        _, parts = self._parts(None, False, seed)
        behind = background(parts["test"], speech.WORD)
        mel = Mel(self.pipeline())
        for number in itertools.count():
            rng = np.random.default_rng([seed, number])
            said = [behind.talk[i] for i in rng.permutation(len(behind.talk))[:_SAID]]
            frames = mel.frames(scene(said, behind, _TALK_DB, rng).samples)
            steps = len(frames) // _STEP
            yield Stretch(frames[: steps * _STEP].reshape(steps, _STEP, _BANDS, 1), _STEP * mel.hop / speech.RATE_HZ)

    def trial(self, package: Path, seed: int) -> Mapping[str, Mapping[str, Any]]:
        """Scenes of talk in little noise and in much; see ``listening.Hearing``."""
        from .listening import trial  # needs a package's files, which training does not

        return {name: hearing.figures() for name, hearing in trial(package, seed).items()}

    def _parts(self, data_dir: Path | None, quick: bool, seed: int) -> tuple[str, dict[str, Part]]:
        if data_dir is not None:
            return folder.load_folder(Path(data_dir), seed)
        return speech.WORD, {part: Part(speech.synthesise(speech.plan(part, quick)), []) for part in PARTS}


def background(part: Part, word: str) -> Background:
    """What stands behind the words of a part: its own voices, none of which says the wake word, and its noises."""
    return Background([utterance for utterance in part.utterances if utterance.word != word], part.noises)


RECIPE = WakewordRecipe()
