"""The anomaly score: tables, and distances to what is healthy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from picket_host.errors import InputError
from picket_host.native.dsp.library import check, native, pointer, vector


def anomaly_table(threshold: float, mean: NDArray[Any], inv_std: NDArray[Any], centroids: NDArray[Any]) -> bytes:
    """The table of ``centroid_distance`` (``anomaly.bin``) with centroids; layout in ``native_module/dsp/centroids.h``.

    Args:
        threshold: the distance that scores 1000.
        mean: shape (features,).
        inv_std: shape (features,).
        centroids: in standardised units, shape (centroids, features).

    Raises:
        InputError: shapes that disagree, or what the device would refuse (a value that is not finite).
    """
    centroids = np.asarray(centroids, "<f4")
    return _anomaly_table(b"PAN1", threshold, mean, inv_std, centroids, centroids)


def gaussian_table(
    threshold: float,
    mean: NDArray[Any],
    inv_std: NDArray[Any],
    offsets: NDArray[Any],
    centres: NDArray[Any],
    inv_dev: NDArray[Any],
) -> bytes:
    """Likewise with Gaussians.

    Args:
        threshold, mean, inv_std: as for ``anomaly_table``.
        offsets: at least 0, shape (gaussians,).
        centres, inv_dev: in standardised units, shape (gaussians, features).

    Raises:
        InputError: shapes that disagree, or what the device would refuse (a value that is not finite).
    """
    offsets, centres, inv_dev = (np.asarray(a, "<f4") for a in (offsets, centres, inv_dev))
    if inv_dev.shape != centres.shape or offsets.shape != centres.shape[:1]:
        raise InputError(f"shapes disagree: {offsets.shape} offsets, {centres.shape} centres, {inv_dev.shape} inv_dev")
    rows = np.concatenate([offsets[:, None], centres, inv_dev], axis=1)
    return _anomaly_table(b"PAN2", threshold, mean, inv_std, centres, rows)


def _anomaly_table(
    magic: bytes,
    threshold: float,
    mean: NDArray[Any],
    inv_std: NDArray[Any],
    centres: NDArray[Any],
    rows: NDArray[Any],
) -> bytes:
    mean, inv_std = np.asarray(mean, "<f4"), np.asarray(inv_std, "<f4")
    if mean.ndim != 1 or inv_std.shape != mean.shape or centres.ndim != 2 or centres.shape[1] != mean.size:
        raise InputError(f"shapes disagree: mean {mean.shape}, inv_std {inv_std.shape}, centroids {centres.shape}")
    if max(centres.shape) > 0xFFFF:
        raise InputError(f"{centres.shape[0]} centroids of {centres.shape[1]} features are too many")
    header = np.array([mean.size, len(centres)], "<u2").tobytes() + np.array([threshold], "<f4").tobytes()
    table = magic + header + mean.tobytes() + inv_std.tobytes() + rows.tobytes()
    check(native().lib.picket_centroids_check(table, len(table), mean.size), "anomaly table")
    return table


def centroid_distance(features: NDArray[np.float32], table: bytes) -> int:
    """Distance of a feature vector to the nearest centroid or Gaussian, in thousandths of the threshold: 0..999999.

    Args:
        features: float32, shape (features,).
        table: as ``anomaly_table`` or ``gaussian_table`` makes it.

    Raises:
        InputError: wrong type or shape, or a table that does not belong to such features.
    """
    features = vector(features, np.float32, "features")
    check(native().lib.picket_centroids_check(table, len(table), features.size), "anomaly table")
    return int(native().lib.picket_centroids_distance(table, pointer(features)))
