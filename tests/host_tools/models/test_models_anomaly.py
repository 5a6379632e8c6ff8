"""The anomaly table keeps to the wanted rate of false alarms, and has the layout and the distance of the contract."""

import struct

import numpy as np
import pytest
import tiny_runs
from scipy import stats

from picket_host.errors import InputError
from picket_host.models import anomaly, anomaly_fit, mixture, recipes

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
@pytest.mark.parametrize("kind", anomaly.KINDS)
def test_false_alarms_keep_to_the_wanted_rate(kind, held_back, rate):
    fresh = healthy(4000, seed=1000)
    rates = []
    for seed in range(8):
        table = anomaly.fit(healthy(400, seed), healthy(held_back, seed + 50), rate, seed, kind)
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


def test_other_kinds_and_values_that_are_no_numbers_are_refused():
    with pytest.raises(InputError, match="no kind forest"):
        anomaly.fit(healthy(300, 1), healthy(50, 2), 0.01, 1, "forest")
    spoilt = healthy(50, 2)
    spoilt[7, 3] = np.nan
    with pytest.raises(InputError, match="not a number"):
        anomaly.fit(healthy(300, 1), spoilt, 0.01, 1)


def test_mixture_finds_the_gaussians_that_made_the_data():
    rng = np.random.default_rng(0)
    first = rng.normal([0, 0], [1.0, 0.7], (3000, 2))
    second = rng.normal([6, 3], [0.8, 2.0], (1000, 2))
    found = mixture.fit(np.concatenate([first, second]), np.array([[1.0, 1.0], [5.0, 2.0]]))
    assert found.weights == pytest.approx([0.75, 0.25], abs=0.01)
    assert found.centres == pytest.approx(np.array([[0, 0], [6, 3]]), abs=0.15)
    assert np.sqrt(found.variances) == pytest.approx(np.array([[1.0, 0.7], [0.8, 2.0]]), abs=0.1)


def test_squared_distances_of_a_mixture_are_its_log_densities():
    found = mixture.Mixture(np.array([0.3, 0.7]), np.array([[0.0, 1], [2, -1]]), np.array([[1.0, 2], [0.5, 3]]))
    x = np.random.default_rng(1).normal(0, 2, (20, 2))
    wanted = np.stack(
        [
            -2 * np.log(w) - 2 * stats.multivariate_normal(m, np.diag(v)).logpdf(x)
            for w, m, v in zip(found.weights, found.centres, found.variances, strict=True)
        ],
        axis=1,
    )
    given = found.squared_distances(x)
    assert given - given[0, 0] == pytest.approx(wanted - wanted[0, 0])
    assert found.offsets.min() == 0


def test_mixture_sees_what_lies_within_the_range_of_a_centroid():
    """A feature that hardly varies at one operating point, and much at the other."""
    rng = np.random.default_rng(2)

    def points(count, seed):
        rng = np.random.default_rng(seed)
        still = rng.normal([0, 0], [0.3, 0.3], (count, 2))
        moving = rng.normal([8, 0], [0.3, 3.0], (count, 2))
        return rng.permutation(np.concatenate([still, moving])).astype(np.float32)

    strange = rng.normal([0, 3.5], 0.2, (100, 2)).astype(np.float32)
    tables = {kind: anomaly.fit(points(300, 1), points(100, 2), 0.005, 1, kind, 2) for kind in anomaly.KINDS}
    seen = {kind: (anomaly.scores(strange, table) > 1000).mean() for kind, table in tables.items()}
    assert seen["gmm"] > 0.9 > seen["kmeans"]


def test_fit_from_recorded_features_and_from_a_run(bench, tmp_path):
    file = tmp_path / "healthy.npy"
    np.save(file, healthy(300, 1))
    report = anomaly_fit.fit(file, 0.01, "gmm", 3)
    assert (report.held_back, report.components, report.test) == (100, 3, None)
    assert report.file.read_bytes()[:4] == b"PAN2"
    run = tiny_runs.train(bench, tmp_path / "run")
    report = anomaly_fit.fit(run.path, None, "kmeans", 2)
    assert report.file == run.anomaly_file
    assert report.wanted_rate == recipes.find("vibration").false_alarm_rate
    assert report.test.healthy_windows == 30
    run.begin()
    assert not run.anomaly_file.exists()


@pytest.mark.parametrize(
    ("values", "rate", "complaint"),
    [
        (healthy(300, 1), None, "rate is missing"),
        (healthy(300, 1), 0.7, "rate of 0.7 is not between"),
        (np.full((50, 4), np.nan, np.float32), 0.01, "not a number"),
        (np.zeros((50, 4, 4), np.float32), 0.01, "no feature vectors"),
        (healthy(5, 1), 0.01, "too few"),
    ],
    ids=["no rate", "rate", "NaN", "images", "few"],
)
def test_unusable_features_are_one_clear_line(tmp_path, values, rate, complaint):
    file = tmp_path / "features.npy"
    np.save(file, values)
    with pytest.raises(InputError) as caught:
        anomaly_fit.fit(file, rate)
    assert complaint in str(caught.value)


@pytest.mark.parametrize("kind", anomaly.KINDS)
def test_windows_that_never_change_are_named_as_the_cause(kind, tmp_path):
    np.save(tmp_path / "still.npy", np.full((60, FEATURES), 0.25, np.float32))
    with pytest.raises(InputError, match=r"still\.npy: the healthy windows are constant: feature 0 is 0\.25 in all 40"):
        anomaly_fit.fit(tmp_path / "still.npy", 0.01, kind)
