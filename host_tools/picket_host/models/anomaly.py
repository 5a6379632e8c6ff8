"""The anomaly score: distance to the nearest centroid, or Gaussian, of healthy features.

It raises the alert that the classifier can't: for a condition that nobody had data of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from picket_host.errors import InputError
from picket_host.models import mixture
from picket_host.native.dsp import anomaly_table, centroid_distance, gaussian_table

KINDS = ("kmeans", "gmm")
DEFAULT_COMPONENTS = 4

# Features that hardly vary among the healthy windows of one machine may do so on another day.
_LEAST_DEVIATION = 0.05
_ITERATIONS = 50


@dataclass(frozen=True)
class AnomalyReport:
    """What the score does to held-back data.

    Attributes:
        threshold: distance that scores 1000.
        wanted_rate: share of healthy windows that was allowed to exceed it.
        healthy_windows, false_alarms: held-back healthy windows, and how many of them exceed it.
        healthy_median, healthy_max: scores of held-back healthy windows, in thousandths of the threshold.
        detected: by label of the other classes, the share of their held-back windows that exceed it.
    """

    threshold: float
    wanted_rate: float
    healthy_windows: int
    false_alarms: int
    healthy_median: int
    healthy_max: int
    detected: dict[str, float]


def fit(
    train: np.ndarray,
    held_back: np.ndarray,
    false_alarm_rate: float,
    seed: int,
    kind: str = KINDS[0],
    components: int = DEFAULT_COMPONENTS,
    where: object = None,
) -> bytes:
    """The table of the device (``anomaly.bin``) from healthy feature vectors.

    The cube root of a squared distance is nearly normal (Wilson and Hilferty), so a few held-back windows suffice to
    extrapolate to a small rate: the threshold is the upper end of the prediction interval of one more window.

    Args:
        train: float32 [n, features], for centre, scale and components.
        held_back: float32 [m, features], at least three windows not in ``train``, for the threshold.
        false_alarm_rate: share of healthy windows that may exceed the threshold, 0 < rate < 0.5.
        seed: of the components' first places.
        kind: ``kmeans``: distance to the nearest centroid; ``gmm``: to the nearest Gaussian of a mixture, which knows
            how far the features spread there.
        components: centroids or Gaussians.
        where: the windows come from, for the error.

    Raises:
        InputError: another kind, a rate that does not fit, too few windows, or values that are not numbers or never
            change.
    """
    if kind not in KINDS:
        raise InputError(f"no kind {kind}", hint=f"one of {', '.join(KINDS)}")
    if len(train) < components or len(held_back) < 3:
        raise InputError(f"{len(train)} and {len(held_back)} healthy windows are too few", hint="record for longer")
    if not 0 < false_alarm_rate < 0.5:
        raise InputError(f"a false-alarm rate of {false_alarm_rate:g} is not between 0 and 0.5")
    if not (np.isfinite(train).all() and np.isfinite(held_back).all()):
        raise InputError("a feature of a healthy window is not a number")
    for part in (train, held_back):
        if (part == part[0]).all():
            what = f"the healthy windows are constant: feature 0 is {part[0][0]:g} in all {len(part)}, others likewise"
            raise InputError(what, where, "windows of a sensor that is alive, recorded for longer")
    mean = train.mean(axis=0, dtype=np.float64)
    inverse_deviation = 1 / np.maximum(train.std(axis=0, dtype=np.float64), _LEAST_DEVIATION)
    standardised, fresh = ((x - mean) * inverse_deviation for x in (train, held_back))
    rng = np.random.default_rng(seed)
    centroids = _k_means(standardised, components, rng)
    if kind == "kmeans":
        limit = _limit(_squared_distances(fresh, centroids).min(axis=1), false_alarm_rate)
        return anomaly_table(limit, mean, inverse_deviation, centroids)
    gaussians = mixture.fit(standardised, centroids)
    limit = _limit(gaussians.squared_distances(fresh).min(axis=1), false_alarm_rate)
    return gaussian_table(
        limit, mean, inverse_deviation, gaussians.offsets, gaussians.centres, 1 / np.sqrt(gaussians.variances)
    )


def _limit(squared: np.ndarray, false_alarm_rate: float) -> float:
    """The distance that one more window exceeds with that probability, from squared distances [m]."""
    normal = np.cbrt(squared)
    count = len(normal)
    spread = normal.std(ddof=1) * np.sqrt(1 + 1 / count)
    return float((normal.mean() + stats.t.ppf(1 - false_alarm_rate, count - 1) * spread) ** 1.5)


def scores(x: np.ndarray, table: bytes) -> np.ndarray:
    """The device's scores of float32 [n, features], in thousandths of the threshold: int64 [n]."""
    return np.array([centroid_distance(features, table) for features in x], np.int64)


def report(table: bytes, x: np.ndarray, y: np.ndarray, labels: tuple[str, ...], wanted_rate: float) -> AnomalyReport:
    """Judge a table by held-back windows: float32 [n, features] and their classes, of which 0 is healthy."""
    values = scores(x, table)
    healthy = values[y == 0]
    return AnomalyReport(
        threshold=float(np.frombuffer(table, "<f4", 1, 8)[0]),
        wanted_rate=wanted_rate,
        healthy_windows=len(healthy),
        false_alarms=int((healthy > 1000).sum()),
        healthy_median=int(np.median(healthy)),
        healthy_max=int(healthy.max()),
        detected={label: float((values[y == i] > 1000).mean()) for i, label in enumerate(labels) if i > 0},
    )


def _k_means(x: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Lloyd's algorithm from k-means++ places: float64 [count, features]."""
    centroids = x[rng.integers(len(x))][None]
    while len(centroids) < count:
        weights = _squared_distances(x, centroids).min(axis=1)
        if not weights.any():  # fewer different vectors than centroids
            break
        centroids = np.vstack([centroids, x[rng.choice(len(x), p=weights / weights.sum())]])
    for _ in range(_ITERATIONS):
        nearest = _squared_distances(x, centroids).argmin(axis=1)
        moved = np.stack(
            [x[nearest == i].mean(axis=0) if (nearest == i).any() else centroids[i] for i in range(len(centroids))]
        )
        if np.array_equal(moved, centroids):
            break
        centroids = moved
    return centroids


def _squared_distances(x: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    return ((x[:, None, :] - centroids[None]) ** 2).sum(axis=2)
