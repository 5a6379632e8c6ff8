"""From the recipe to the package: int8 as good as float, bit-exact, complete, reproducible, and better in release 2."""

import json

import numpy as np
import pytest
from vibration_sizes import ANOMALY_BYTES, ARENA_BYTES, MODEL_BYTES

from picket_host.errors import ModelError
from picket_host.models import anomaly, build_packages, golden, package, recipes
from picket_host.models.train import RunFolder, train_variants
from picket_host.native.dsp import Vibration
from picket_host.native.engine import Engine
from picket_host.paths import ROOT
from picket_host.progress import SILENT

RECORDINGS = ROOT.parent / "shared" / "data" / "cwru"
VARIANTS = ("baseline", "better")


@pytest.mark.parametrize("variant", VARIANTS)
def test_int8_is_within_one_point_of_float_and_bit_exact(built, variant):
    proof = built[0][variant].proof
    assert proof.bit_exact
    assert proof.loss_points <= 1
    assert proof.scores["tflm"] == proof.scores["engine"]
    assert proof.scores["engine"].accuracy > 0.97
    assert all(np.sum(score.confusion) == built[0][variant].run.samples["test"] for score in proof.scores.values())


def test_second_release_is_really_better_where_it_is_noisy(built):
    baseline, better = (built[0][variant].proof for variant in VARIANTS)
    assert better.noisy_scores["engine"].accuracy > baseline.noisy_scores["engine"].accuracy + 0.05
    assert better.scores["engine"].accuracy >= baseline.scores["engine"].accuracy - 0.005


@pytest.mark.parametrize("variant", VARIANTS)
def test_package_is_complete_and_nothing_else_is_in_it(built, variant):
    report = built[0][variant]
    assert sorted(path.name for path in report.folder.iterdir()) == sorted(package.FILES)
    description = json.loads((report.folder / "model.json").read_text())
    assert description["format"] == 1
    assert description["name"] == "vibration"
    assert description["version"] == recipes.find("vibration").variants[variant].version
    assert description["labels"][0] == "healthy"
    assert description["pipeline"] == {"kind": "vibration", "params_file": "pipeline.bin"}
    assert set(description["gate"]) >= {"threshold_pct", "min_windows", "anomaly"}
    assert description["metrics"]["accuracy"] == pytest.approx(report.proof.scores["engine"].accuracy, abs=1e-4)
    assert report.package_bytes == sum(path.stat().st_size for path in report.folder.iterdir())


@pytest.mark.parametrize("variant", VARIANTS)
def test_package_takes_no_more_heap_than_the_device_counts_with(built, variant):
    report = built[0][variant]
    assert (report.folder / "model.tflite").stat().st_size <= MODEL_BYTES
    assert (report.folder / "anomaly.bin").stat().st_size <= ANOMALY_BYTES
    assert report.proof.arena_bytes <= ARENA_BYTES


@pytest.mark.parametrize("variant", VARIANTS)
def test_golden_vectors_come_out_on_the_engine(built, variant):
    folder = built[0][variant].folder
    engine = Engine((folder / "model.tflite").read_bytes())
    inputs, outputs = golden.unpack((folder / "golden.bin").read_bytes())
    assert len(inputs) == built[0][variant].golden_vectors >= 16
    for sample, expected in zip(inputs, outputs, strict=True):
        assert np.array_equal(engine.invoke([sample.reshape(engine.inputs[0].shape)])[0].ravel(), expected)


def test_replayed_recordings_are_recognised_and_healthy_ones_raise_nothing(built):
    folder = built[0]["better"].folder
    recipe = recipes.find("vibration")
    engine = Engine((folder / "model.tflite").read_bytes())
    extractor = Vibration((folder / "pipeline.bin").read_bytes())
    table = (folder / "anomaly.bin").read_bytes()
    for label, samples in recipe.recordings().items():
        endless = np.resize(samples, 40 * 6667 + extractor.window)
        features = extractor.compute(np.stack([endless[i : i + extractor.window] for i in range(0, 40 * 6667, 6667)]))
        scores = np.stack([engine.invoke([engine.quantize(0, x)])[0][0] for x in features])
        right = (scores.argmax(axis=1) == recipe.labels.index(label)).mean()
        alarms = (anomaly.scores(features, table) > 1000).mean()
        assert right > 0.95
        assert alarms == 0 if label == "healthy" else alarms > 0.95


def test_anomaly_score_is_quiet_on_healthy_data(built):
    report = built[0]["better"].anomaly
    assert report.false_alarms == 0
    assert report.healthy_max < 1000
    assert min(report.detected.values()) > 0.95


def test_progress_is_told_step_by_step(built):
    texts = built[1].texts
    for text in ("preparing recordings", "training baseline", "quantising to int8", "packaging"):
        assert text in texts


def test_same_seed_gives_the_same_model_and_a_faulty_one_is_not_packaged(tmp_path, bench, judge):
    recipe = recipes.find("vibration")
    models = []
    for name in ("first", "second"):
        folder = RunFolder(tmp_path / name)
        train_variants(bench, "vibration", {"baseline": folder.path}, None, True, 5, SILENT)
        dataset = folder.dataset()
        models.append(package.to_int8(bench, folder.keras_file, dataset.representative()))
        folder.tflite_file.write_bytes(models[-1])
    assert models[0] == models[1]
    proof = package.verify_on(bench, judge, folder.keras_file, models[0], dataset, SILENT)
    faulty = package.VerifyReport(**{**vars(proof), "fault": "something is wrong"})
    with pytest.raises(ModelError, match="something is wrong"):
        package.write_package(judge, recipe, folder, faulty, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings in {RECORDINGS}")
def test_real_recordings_give_a_good_and_bit_exact_model(tmp_path):
    outs = {variant: tmp_path / variant for variant in VARIANTS}
    for report in build_packages("vibration", RECORDINGS, outs, quick=True).values():
        assert report.proof.bit_exact
        assert report.proof.loss_points <= 1
        assert report.proof.scores["engine"].accuracy > 0.95
        assert report.anomaly.false_alarms == 0
