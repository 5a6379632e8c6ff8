"""The anomaly table keeps to the wanted rate of false alarms, and has the layout and the distance of the contract."""

import struct

import numpy as np
import pytest

from picket_host.errors import InputError
from picket_host.models import anomaly

FEATURES = 20


def healthy(count, seed):
    """Two operating points, correlated features of different spread."""
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).normal(0, 0.3, (FEATURES, FEATURES)) + np.eye(FEATURES)
    centre = np.where(rng.random((count, 1)) < 0.5, 0.0, 1.5)
    return (centre + rng.normal(size=(count, FEATURES)) @ mixing * np.linspace(0.2, 2, FEATURES)).astype(np.float32)


def parse(table):
    features, centroids, threshold = struct.unpack_from("<HHf", table, 4)
    values = np.frombuffer(table, "<f4", offset=12)
    mean, inverse, rest = values[:features], values[features : 2 * features], values[2 * features :]
    return mean, inverse, rest.reshape(centroids, features), threshold


@pytest.mark.parametrize("held_back", [8, 40, 300])
@pytest.mark.parametrize("rate", [0.05, 0.005])
def test_false_alarms_keep_to_the_wanted_rate(held_back, rate):
    fresh = healthy(4000, seed=1000)
    rates = []
    for seed in range(8):
        table = anomaly.fit(healthy(400, seed), healthy(held_back, seed + 50), rate, seed)
        rates.append((anomaly.scores(fresh, table) > 1000).mean())
    assert np.mean(rates) < 2 * rate + 0.001


def test_threshold_is_not_so_high_that_it_hides_a_new_condition():
    table = anomaly.fit(healthy(400, 1), healthy(40, 2), 0.001, seed=1)
    shifted = healthy(200, 3) + np.float32(6)
    assert (anomaly.scores(shifted, table) > 1000).mean() > 0.95


def test_table_has_the_contracts_layout_and_scores_are_its_distances():
    table = anomaly.fit(healthy(300, 1), healthy(50, 2), 0.01, seed=1)
    assert table[:4] == b"PAN1"
    mean, inverse, centroids, threshold = parse(table)
    x = healthy(20, 5)
    standardised = (x.astype(np.float64) - mean) * inverse
    distance = np.sqrt(((standardised[:, None] - centroids) ** 2).sum(axis=2)).min(axis=1)
    assert anomaly.scores(x, table) == pytest.approx(1000 * distance / threshold, abs=1.01)


def test_feature_that_never_varies_does_not_dominate():
    train, held_back = healthy(300, 1), healthy(50, 2)
    train[:, 3] = held_back[:, 3] = 0.25
    table = anomaly.fit(train, held_back, 0.01, seed=1)
    nudged = held_back.copy()
    nudged[:, 3] += 0.01
    assert np.abs(anomaly.scores(nudged, table) - anomaly.scores(held_back, table)).max() < 20


def test_same_seed_gives_the_same_table():
    fits = [anomaly.fit(healthy(300, 1), healthy(50, 2), 0.01, seed) for seed in (1, 1)]
    assert fits[0] == fits[1]


def test_centroids_lie_at_the_operating_points():
    rng = np.random.default_rng(0)
    points = np.array([[0, 0], [4, 0], [0, 4], [4, 4]])
    x = (points[rng.integers(0, 4, 400)] + rng.normal(0, 0.1, (400, 2))).astype(np.float32)
    mean, inverse, centroids, _ = parse(anomaly.fit(x, x[:50], 0.01, seed=2))
    found = np.round(centroids / inverse + mean).astype(int).tolist()
    assert sorted(found) == sorted(points.tolist())


def test_report_counts_false_alarms_and_detections():
    table = anomaly.fit(healthy(400, 1), healthy(60, 2), 0.001, seed=1)
    x = np.concatenate([healthy(50, 7), healthy(50, 8) + np.float32(8)])
    y = np.repeat([0, 1], 50)
    report = anomaly.report(table, x, y, ("healthy", "worn"), 0.001)
    assert report.healthy_windows == 50
    assert report.false_alarms == int((anomaly.scores(x[:50], table) > 1000).sum())
    assert report.detected["worn"] > 0.95


@pytest.mark.parametrize(
    ("train", "held_back", "rate"), [(2, 50, 0.01), (300, 2, 0.01), (300, 50, 0.0), (300, 50, 0.5)]
)
def test_too_little_data_or_an_absurd_rate_is_refused(train, held_back, rate):
    with pytest.raises(InputError):
        anomaly.fit(healthy(train, 1), healthy(held_back, 2), rate, seed=1)
