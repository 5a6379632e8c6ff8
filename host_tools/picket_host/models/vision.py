"""What recipes on images share: the network, the device's pipeline, and the way from pictures to a data set.

Images are 96x96 pixels of one byte, as a small camera gives them. A recipe adds what is in the pictures (see
``ImageRecipe.render``); with a folder of the user's own pictures, not even that is needed.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from picket_host.models import pictures
from picket_host.models.dataset import Dataset, Split, fingerprint
from picket_host.models.recipes import DEFAULT_SEED, Variant

SIZE = 96  # pixels, width and height

# Pictures of the held-back part in dim light: what is left of the contrast, and the noise in steps of grey.
_DIM_CONTRAST = 0.6
_DIM_NOISE = 8.0

# What the training pictures are changed by: shift in pixels, gain, offset and noise in steps of grey.
_SHIFT = 6
_GAIN = (0.75, 1.25)
_OFFSET = 25.0
_NOISE = 6.0

_AUGMENTED = 5000  # pictures; who has more of them needs no changed copies
_REPLAYED = 24  # pictures of each class that a simulated camera shows


@dataclass(frozen=True)
class Plan:
    """How many pictures to render: ``places`` of their own for each part, and pictures of each of them.

    A place (a room with the people who come there, a work piece) belongs to one part only.
    """

    train: tuple[int, int]
    validation: tuple[int, int]
    test: tuple[int, int]

    @property
    def quick(self) -> Plan:
        """A third of the places to train on."""
        return Plan((max(1, self.train[0] // 3), self.train[1]), self.validation, self.test)


class ImageRecipe(ABC):
    """The part of ``picket_host.models.recipes.Recipe`` that does not depend on what is to be seen.

    Attributes:
        plan: how many pictures are rendered.
        widths: channels of the network's stages.
        hop_ms: time between two frames on the device.
    """

    name: str
    title: str
    labels: tuple[str, ...]
    plan: Plan
    variants: Mapping[str, Variant] = {
        "small": Variant("1.0.0", epochs=12, quick_epochs=5, steps=110, batch=64, learning_rate=3e-3, augmented=True),
    }
    widths: tuple[int, ...] = (8, 16, 32, 64, 96)
    pipeline_kind = "image"
    gate: Mapping[str, int] = {
        "threshold_pct": 80,
        "release_pct": 50,
        "min_windows": 2,
        "release_windows": 4,
        "uncertain_pct": 60,
        "anomaly": 1000,
    }
    false_alarm_rate = None
    hop_ms = 500

    @abstractmethod
    def render(self, rng: np.random.Generator, place: int, label: str) -> np.ndarray:
        """One picture of a class at a place: uint8 [SIZE, SIZE].

        Args:
            place: names what pictures have in common; the same number gives the same place.
        """

    def pipeline(self) -> bytes:
        """``pipeline.bin``: see docs/contracts.md, "Images"."""
        return image_params(SIZE, SIZE, self.hop_ms)

    def load(self, data_dir: Path | None, quick: bool, seed: int) -> Dataset:
        """Pictures rendered or from a folder (``pictures.read_folder``); see ``Recipe.load``."""
        if data_dir is None:
            parts, source = self._rendered(self.plan.quick if quick else self.plan, seed), "rendered"
        else:
            parts, source = _from_folder(Path(data_dir), self.labels, seed), str(data_dir)
        rng = np.random.default_rng([seed, 7])
        train, test = parts["train"], parts["test"]
        dataset = Dataset(
            labels=self.labels,
            train=train,
            augmented=Split(augment(train.x[:_AUGMENTED], rng), train.y[:_AUGMENTED]),
            validation=parts["validation"],
            test=test,
            noisy=Split(_dim(test.x, rng), test.y),
            source=source,
            fingerprint=fingerprint((name, part.x) for name, part in parts.items()),
        )
        dataset.check()
        return dataset

    def build(self, variant: str, dataset: Dataset) -> Any:
        """A network of depthwise separable convolutions in the manner of MobileNet v1 (Howard et al. 2017).

        It takes pixels from 0 to 255 as they are: the first normalisation takes their scale out.
        """
        import keras
        from keras import layers

        def normalised(x: Any, name: str) -> Any:
            # Trained for some thousand steps at most: the running statistics must follow faster than by default.
            return layers.ReLU(name=f"{name}_relu")(layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x))

        widths = self.widths
        inputs = keras.Input(dataset.shape, name="pixels")
        x = layers.Conv2D(widths[0], 3, strides=2, padding="same", use_bias=False, name="edges")(inputs)
        x = normalised(x, "edges")
        for stage, width in enumerate(widths[1:], 1):
            # At the largest resolution one block is dear enough.
            for block, stride in (("a", 1),) if stage == 1 else (("a", 2), ("b", 1)):
                name = f"stage{stage}{block}"
                x = layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False, name=f"{name}_space")(x)
                x = normalised(x, f"{name}_space")
                x = layers.Conv2D(width, 1, use_bias=False, name=f"{name}_mix")(x)
                x = normalised(x, f"{name}_mix")
        x = layers.GlobalAveragePooling2D(name="pool")(x)
        x = layers.Dropout(0.2, name="dropout")(x)
        outputs = layers.Dense(len(self.labels), activation="softmax", name="classes")(x)
        return keras.Model(inputs, outputs, name=self.name)

    def recordings(self, data_dir: Path | None = None, seed: int = DEFAULT_SEED) -> dict[str, np.ndarray]:
        """By label, pictures of the held-back part for a simulated camera to show: uint8 [n, SIZE, SIZE]."""
        if data_dir is None:
            places, _ = self.plan.test
            return {
                label: np.stack([self._picture("test", i % places, i, label, seed) for i in range(_REPLAYED)])
                for label in self.labels
            }
        test = _from_folder(Path(data_dir), self.labels, seed)["test"]
        return {label: test.of_class(i)[:_REPLAYED, :, :, 0] for i, label in enumerate(self.labels)}

    def _rendered(self, plan: Plan, seed: int) -> dict[str, Split]:
        parts = {}
        for part, (places, each) in (("train", plan.train), ("validation", plan.validation), ("test", plan.test)):
            y = np.arange(places * each, dtype=np.int32) % len(self.labels)
            x = [self._picture(part, i // each, i, self.labels[label], seed) for i, label in enumerate(y)]
            parts[part] = Split(np.stack(x)[..., None], y)
        return parts

    def _picture(self, part: str, place: int, index: int, label: str, seed: int) -> np.ndarray:
        """Picture number ``index`` of a part; no part has a place of another."""
        number = ("train", "validation", "test").index(part)
        return self.render(np.random.default_rng([seed, number, index]), 3 * place + number, label)


def image_params(width: int, height: int, hop_ms: int, min_contrast: int = 8, frozen_frames: int = 4) -> bytes:
    """``pipeline.bin`` of kind ``image``.

    Args:
        width, height: pixels that the model takes.
        hop_ms: time between two frames.
        min_contrast: a frame whose brightest and darkest pixel lie closer together, in steps of grey, shows nothing.
        frozen_frames: as many equal frames in a row are a camera that hangs.
    """
    return struct.pack("<4sHHHBB", b"PIM1", width, height, hop_ms, min_contrast, frozen_frames)


def augment(pictures_u8: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each picture mirrored at random, shifted, in another light and with noise: uint8 of the same shape."""
    changed = np.empty_like(pictures_u8)
    for i, picture in enumerate(pictures_u8):
        flipped = picture[:, ::-1] if rng.random() < 0.5 else picture
        dy, dx = rng.integers(-_SHIFT, _SHIFT + 1, 2)
        padded = np.pad(flipped, ((_SHIFT, _SHIFT), (_SHIFT, _SHIFT), (0, 0)), mode="edge")
        height, width = picture.shape[:2]
        moved = padded[_SHIFT + dy : _SHIFT + dy + height, _SHIFT + dx : _SHIFT + dx + width].astype(np.float32)
        lit = (moved - 128) * rng.uniform(*_GAIN) + 128 + rng.uniform(-_OFFSET, _OFFSET)
        changed[i] = to_pixels(lit + rng.normal(0, rng.uniform(0, _NOISE), moved.shape))
    return changed


def to_pixels(values: np.ndarray) -> np.ndarray:
    """Real steps of grey to bytes: rounded, saturated."""
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def _dim(pictures_u8: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    dark = pictures_u8.astype(np.float32) * _DIM_CONTRAST
    return to_pixels(dark + rng.normal(0, _DIM_NOISE, dark.shape))


def _from_folder(folder: Path, labels: Iterable[str], seed: int) -> dict[str, Split]:
    """``train`` and ``val`` of a folder; ``val`` is held back, every eighth picture of ``train`` is for validation."""
    labels = tuple(labels)
    train, test = (pictures.read_folder(folder, part, labels, SIZE) for part in ("train", "val"))
    order = np.random.default_rng([seed, 8]).permutation(len(train.y))
    held = order[::8]
    kept = np.delete(order, np.s_[::8])
    return {
        "train": Split(train.x[kept], train.y[kept]),
        "validation": Split(train.x[held], train.y[held]),
        "test": Split(test.x, test.y),
    }
