"""The anomaly score against its definition in float64."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from picket_host.errors import InputError
from picket_host.native import dsp


def _table(seed: int, features: int, centroids: int, threshold: float = 2.5) -> tuple[bytes, tuple]:
    rng = np.random.default_rng(seed)
    parts = (
        rng.normal(size=features).astype(np.float32),
        rng.uniform(0.2, 5, features).astype(np.float32),
        rng.normal(size=(centroids, features)).astype(np.float32),
    )
    return dsp.anomaly_table(threshold, *parts), parts


@given(st.integers(0, 10_000), st.integers(1, 80), st.integers(1, 6))
@settings(max_examples=100)
def test_is_the_distance_to_the_nearest_centroid(seed: int, features: int, centroids: int) -> None:
    table, (mean, inv_std, centres) = _table(seed, features, centroids)
    x = np.random.default_rng(seed + 1).normal(size=features).astype(np.float32)
    standardised = (x.astype(float) - mean) * inv_std
    want = 1000 * np.linalg.norm(standardised - centres, axis=1).min() / 2.5
    assert dsp.centroid_distance(x, table) == pytest.approx(want, abs=0.501 + want * 1e-5)


def test_at_the_threshold_it_is_a_thousand_and_at_a_centroid_nothing() -> None:
    table = dsp.anomaly_table(3.0, np.zeros(4), np.ones(4), np.eye(4)[:2])
    assert dsp.centroid_distance(np.array([0, 1, 0, 0], np.float32), table) == 0
    assert dsp.centroid_distance(np.array([1, 0, 3, 0], np.float32), table) == 1000


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_features_that_are_not_numbers_score_highest(value: float) -> None:
    table, _ = _table(1, 3, 2)
    assert dsp.centroid_distance(np.array([0, value, 0], np.float32), table) == 999_999


def test_every_truncation_and_every_changed_count_is_refused() -> None:
    table, _ = _table(1, 5, 2)
    x = np.zeros(5, np.float32)
    for length in range(len(table)):
        with pytest.raises(InputError):
            dsp.centroid_distance(x, table[:length])
    for at in range(8):
        with pytest.raises(InputError):
            dsp.centroid_distance(x, table[:at] + bytes([table[at] ^ 1]) + table[at + 1 :])
    with pytest.raises(InputError, match="length"):
        dsp.centroid_distance(x, table + b"\0")


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_threshold_must_be_a_positive_number(value: float) -> None:
    with pytest.raises(InputError, match="scale"):
        dsp.anomaly_table(value, np.zeros(2), np.ones(2), np.zeros((1, 2)))


def test_values_must_be_numbers_and_fit_each_other() -> None:
    with pytest.raises(InputError, match="scale"):
        dsp.anomaly_table(1.0, np.array([0, np.nan]), np.ones(2), np.zeros((1, 2)))
    with pytest.raises(InputError, match="shapes"):
        dsp.anomaly_table(1.0, np.zeros(2), np.ones(3), np.zeros((1, 2)))
    with pytest.raises(InputError, match="number of features"):
        table = dsp.anomaly_table(1.0, np.zeros(2), np.ones(2), np.zeros((1, 2)))
        dsp.centroid_distance(np.zeros(3, np.float32), table)


def test_layout_is_the_contract_s() -> None:
    table = dsp.anomaly_table(0.5, np.array([1, 2]), np.array([3, 4]), np.array([[5, 6]]))
    assert table == b"PAN1" + struct.pack("<2H7f", 2, 1, 0.5, 1, 2, 3, 4, 5, 6)


def _mixture(seed: int, features: int, count: int, threshold: float = 2.5) -> tuple[bytes, tuple]:
    rng = np.random.default_rng(seed)
    parts = (
        rng.normal(size=features).astype(np.float32),
        rng.uniform(0.2, 5, features).astype(np.float32),
        rng.uniform(0, 9, count).astype(np.float32),
        rng.normal(size=(count, features)).astype(np.float32),
        rng.uniform(0.2, 5, (count, features)).astype(np.float32),
    )
    return dsp.gaussian_table(threshold, *parts), parts


@given(st.integers(0, 10_000), st.integers(1, 80), st.integers(1, 6))
@settings(max_examples=100)
def test_gaussians_weigh_each_feature_and_have_an_offset(seed: int, features: int, count: int) -> None:
    table, (mean, inv_std, offsets, centres, inv_dev) = _mixture(seed, features, count)
    x = np.random.default_rng(seed + 1).normal(size=features).astype(np.float32)
    scaled = ((x.astype(float) - mean) * inv_std - centres) * inv_dev
    want = 1000 * np.sqrt((offsets + (scaled**2).sum(axis=1)).min()) / 2.5
    assert dsp.centroid_distance(x, table) == pytest.approx(want, abs=0.501 + want * 1e-5)


def test_gaussians_of_equal_weight_and_spread_score_as_centroids() -> None:
    _, (mean, inv_std, centres) = _table(4, 12, 3)
    centroids = dsp.anomaly_table(1.5, mean, inv_std, centres)
    gaussians = dsp.gaussian_table(1.5, mean, inv_std, np.zeros(3), centres, np.ones((3, 12)))
    x = np.random.default_rng(5).normal(size=(50, 12)).astype(np.float32)
    assert [dsp.centroid_distance(row, centroids) for row in x] == [dsp.centroid_distance(row, gaussians) for row in x]


def test_every_truncation_of_gaussians_and_a_negative_offset_are_refused() -> None:
    table, (mean, inv_std, offsets, centres, inv_dev) = _mixture(1, 3, 2)
    x = np.zeros(3, np.float32)
    for length in range(len(table)):
        with pytest.raises(InputError):
            dsp.centroid_distance(x, table[:length])
    with pytest.raises(InputError, match="length"):
        dsp.centroid_distance(x, b"PAN1" + table[4:])
    for bad in (-0.5, np.nan):
        with pytest.raises(InputError, match="scale"):
            dsp.gaussian_table(1.0, mean, inv_std, np.array([bad, 1]), centres, inv_dev)
    with pytest.raises(InputError, match="shapes"):
        dsp.gaussian_table(1.0, mean, inv_std, offsets[:1], centres, inv_dev)


def test_layout_of_gaussians_is_the_contract_s() -> None:
    table = dsp.gaussian_table(0.5, np.array([1, 2]), np.array([3, 4]), [5], [[6, 7]], [[8, 9]])
    assert table == b"PAN2" + struct.pack("<2H10f", 2, 1, 0.5, 1, 2, 3, 4, 5, 6, 7, 8, 9)
