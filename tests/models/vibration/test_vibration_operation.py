"""Healthy machines don't cry wolf, and a fault that no model has seen is not passed over."""

import json
import sys

import numpy as np
import pytest
from picket_recipes.vibration import recipe as module

from picket_host.errors import InputError
from picket_host.models import build_package
from picket_host.models.soak import PackageOnHost, soak
from picket_host.models.transfer import transfer
from picket_host.models.trial import trial
from picket_host.native.dsp import Vibration
from picket_host.paths import DEVICE, ROOT

RECORDINGS = ROOT.parent / "shared" / "data" / "cwru"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return build_package("vibration", None, None, True, tmp_path_factory.mktemp("vibration") / "package").folder


@pytest.fixture
def device_package(package, monkeypatch):
    """The device's own class for packages, under CPython."""
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "support"))
    monkeypatch.syspath_prepend(str(DEVICE))
    before = set(sys.modules)
    import picket_native_on_cpython

    picket_native_on_cpython.install()
    from picket.infer.model import Package

    yield Package(str(package))
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_package_judges_on_the_host_as_on_the_device(package, device_package):
    machines = module.synthesis.machines()
    windows = [
        module.synthesis.record(machine, 0.5, seed)[:4096] for machine in machines[::5] for seed in range(50, 53)
    ]
    features = Vibration((package / "pipeline.bin").read_bytes()).compute(np.stack(windows))
    judge = PackageOnHost(package)
    judged = []
    for window in windows:
        device_package.classify(window)
        judged.append((list(device_package.percents), device_package.anomaly))
    assert judged == list(zip(judge.percents(features).tolist(), judge.anomalies(features).tolist(), strict=True))


def test_an_hour_of_healthy_operation_raises_at_most_one_alert(package):
    report = soak(package, 1.0)
    assert report.windows == 4 * 3600
    assert sum(report.alerts.values()) <= 1


def test_a_gate_that_takes_everything_for_an_anomaly_is_noticed(package, tmp_path):
    jumpy = tmp_path / "jumpy"
    jumpy.mkdir()
    for file in package.iterdir():
        (jumpy / file.name).write_bytes(file.read_bytes())
    description = json.loads((package / "model.json").read_bytes())
    description["gate"]["anomaly"] = 1
    (jumpy / "model.json").write_text(json.dumps(description))
    report = soak(jumpy, 0.01)
    assert report.alerts == {"anomaly": 1}
    assert report.per_hour == pytest.approx(60)


def test_what_is_no_package_is_refused(tmp_path):
    with pytest.raises(InputError, match="not the folder of a model package"):
        soak(tmp_path, 1.0)


def test_a_recipe_without_whole_events_names_those_that_have_them(package):
    with pytest.raises(InputError, match="no trial") as caught:
        trial(package)
    assert "wakeword" in str(caught.value.hint)


def test_data_for_transfer_test_on_another_size_than_they_train_on():
    parts, trained_on, tested_on = module.RECIPE.transfer(None, seed=1)
    whole = module.RECIPE.load(None, quick=False, seed=1)
    parts.check()
    assert "7 mil" in trained_on
    assert "21 mil" in tested_on
    seen = {features.tobytes() for features in parts.train.x}
    assert seen < {features.tobytes() for features in whole.train.x}
    of_all_sizes, of_one_size = ((split.y > 0).sum() for split in (whole.test, parts.test))
    assert of_one_size * len(module.synthesis.SEVERITIES_MIL) == of_all_sizes


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings in {RECORDINGS}")
def test_no_real_defect_of_a_size_never_seen_is_missed():
    report = transfer("vibration", RECORDINGS)
    assert np.sum(report.confusion, axis=1).tolist() == [9, 15, 15, 15]
    assert all(condition.missed == 0 for condition in report.conditions.values())
    assert report.healthy_alarms == 0


def test_recordings_whose_names_give_no_size_can_not_be_divided(tmp_path):
    noise = np.random.default_rng(1).normal(0, 300, 30_000).astype(np.int16)
    for name in ("normal_1", "ir_1", "b_1", "or_1"):
        np.save(tmp_path / f"{name}.npy", noise)
    with pytest.raises(InputError, match=r"b_1: .*size of the defect"):
        transfer("vibration", tmp_path)
