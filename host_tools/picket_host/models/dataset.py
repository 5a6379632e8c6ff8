"""What models are trained on, with its classes, split so that nothing of the test part was seen in training."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from picket_host.errors import InputError
from picket_host.models.labels import check_labels


@dataclass(frozen=True)
class Split:
    """One part of a data set.

    Attributes:
        x: [n, ...]: float32, or uint8 for pixels, which models take as 0 to 255.
        y: int32 [n], indices into the labels.
    """

    x: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.y)

    def of_class(self, index: int) -> np.ndarray:
        """The samples of one class, [m, ...]."""
        return self.x[self.y == index]


@dataclass(frozen=True)
class Dataset:
    """What a recipe loads.

    Attributes:
        labels: names of the classes; the first is the healthy one.
        train: for the weights.
        augmented: more for the weights: the training part with other gains and added noise.
        validation: for the curves and for the threshold of the anomaly score; of other recordings than ``train``, or
            later in time.
        test: the held-back part, of others again; only ever used to report.
        noisy: the held-back part with noise added, to see how robust a model is.
        source: where the recordings came from, for people.
        fingerprint: SHA-256 of all recordings, hexadecimal.
    """

    labels: tuple[str, ...]
    train: Split
    augmented: Split
    validation: Split
    test: Split
    noisy: Split
    source: str
    fingerprint: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return self.train.x.shape[1:]

    @property
    def features(self) -> int:
        """Length of a feature vector."""
        return self.train.x.shape[1]

    def representative(self, count: int = 400) -> np.ndarray:
        """Samples to calibrate int8, evenly picked from the training parts: float32 [about count, ...].

        Of pixels, those with the darkest and the brightest are among them: where they reach 0 and 255, the scale of the
        input is exactly 1.
        """
        pool = np.concatenate([self.train.x, self.augmented.x])
        picked = np.linspace(0, len(pool) - 1, min(count, len(pool))).astype(int)
        if pool.dtype == np.uint8:
            each = pool.reshape(len(pool), -1)
            picked = np.append(picked, [each.min(axis=1).argmin(), each.max(axis=1).argmax()])
        return pool[picked].astype(np.float32)

    def check(self) -> None:
        """Refuse what no model should be trained on.

        Raises:
            InputError: a class is missing from a part or has a name that no device takes, or a feature is not a number.
        """
        check_labels(self.labels, self.source)
        for name in _PARTS:
            split: Split = getattr(self, name)
            missing = [label for i, label in enumerate(self.labels) if not (split.y == i).any()]
            if missing:
                raise InputError(f"no {', '.join(missing)} in the {name} part", self.source, "give more data of it")
            if not np.isfinite(split.x).all():
                raise InputError(f"a feature of the {name} part is not a number", self.source)

    def save(self, file: Path) -> None:
        """Write as one ``.npz``."""
        arrays = {f"{name}_{axis}": getattr(getattr(self, name), axis) for name in _PARTS for axis in "xy"}
        texts = {
            "labels": np.array(self.labels),
            "source": np.array(self.source),
            "fingerprint": np.array(self.fingerprint),
        }
        np.savez(file, **arrays, **texts)

    @classmethod
    def load(cls, file: Path) -> Dataset:
        """Read what ``save`` wrote.

        Raises:
            InputError: the file is missing or is not such a file.
        """
        try:
            with np.load(file, allow_pickle=False) as data:
                parts = {name: Split(data[f"{name}_x"], data[f"{name}_y"]) for name in _PARTS}
                return cls(
                    labels=tuple(str(label) for label in data["labels"]),
                    source=str(data["source"]),
                    fingerprint=str(data["fingerprint"]),
                    **parts,
                )
        except (OSError, ValueError, KeyError) as error:
            raise InputError("not a data set of a training run", file, "run picket model train again") from error


_PARTS = ("train", "augmented", "validation", "test", "noisy")


def fingerprint(arrays: Iterable[tuple[str, np.ndarray]]) -> str:
    """SHA-256 over names and contents in the order given, hexadecimal."""
    digest = hashlib.sha256()
    for name, array in arrays:
        digest.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def windows(samples: np.ndarray, length: int, step: int) -> np.ndarray:
    """Windows of ``length`` every ``step`` samples, a read-only view [n, length]; none of a recording too short."""
    if len(samples) < length:
        return np.empty((0, length), samples.dtype)
    return np.lib.stride_tricks.sliding_window_view(samples, length)[::step]
