"""The recipe splits by time, takes its features from the device's code, and gives recordings that can be replayed."""

import struct

import numpy as np
import pytest
from picket_recipes.vibration import recipe as module

from picket_host import device_code
from picket_host.models import recipes
from picket_host.native.dsp import Vibration
from picket_host.paths import ROOT

RECIPE = recipes.find("vibration")
RECORDINGS = ROOT.parent / "shared" / "data" / "cwru"
WINDOW = 4096


@pytest.fixture(scope="module")
def dataset():
    return RECIPE.load(None, quick=True, seed=1)


def test_parts_follow_each_other_in_time_and_share_no_sample():
    positions = np.arange(80_000, dtype=np.int32)
    parts = module._parts(positions, 512)
    bounds = [(cut.min(), cut.max()) for cut in (parts["train"], parts["validation"], parts["test"])]
    for (_, end), (start, _) in zip(bounds, bounds[1:], strict=False):
        assert start - end > WINDOW // 4


def test_windows_of_the_test_part_do_not_overlap():
    parts = module._parts(np.arange(80_000, dtype=np.int32), 512)
    assert len(np.unique(parts["test"])) == parts["test"].size


def test_every_class_is_in_every_part(dataset):
    dataset.check()
    assert dataset.labels[0] == "healthy"
    assert len(dataset.test) >= 300


def test_features_are_those_of_the_device_code_sample_by_sample(dataset):
    extractor = Vibration(RECIPE.pipeline())
    machine = module.synthesis.machines()[0]
    samples = module.synthesis.record(machine, 5.0, seed=1)
    start = int(len(samples) * 0.5) + WINDOW // 2
    for i in range(5):
        window = samples[start + i * WINDOW : start + (i + 1) * WINDOW]
        assert np.array_equal(extractor.compute(window), dataset.test.x[i])


def test_features_stay_where_int8_resolves_them(dataset):
    for part in (dataset.train, dataset.augmented, dataset.test, dataset.noisy):
        assert np.abs(part.x).max() <= 2.001


def test_pipeline_has_the_contracts_head():
    magic, window, hop_ms, rate_mhz, g_per_count = struct.unpack_from("<4sHHIf", RECIPE.pipeline())
    assert (magic, window, hop_ms, rate_mhz) == (b"PVF1", WINDOW, 250, 26_667_000)
    assert g_per_count == pytest.approx(1 / 4096)


def test_same_seed_gives_the_same_data(dataset):
    again = RECIPE.load(None, quick=True, seed=1)
    assert again.fingerprint == dataset.fingerprint
    assert np.array_equal(again.augmented.x, dataset.augmented.x)
    assert RECIPE.load(None, quick=True, seed=2).fingerprint != dataset.fingerprint


def test_augmentation_never_wraps_around():
    loud = np.full((4, WINDOW), 32000, np.int16)
    loud[:, ::2] = -32000
    louder = module._augment(loud, np.random.default_rng(1), 12.0, (0.0, 0.0))
    assert louder.dtype == np.int16
    wrong_sign = (np.sign(louder.astype(int)) != np.sign(loud.astype(int))).mean()
    assert wrong_sign < 0.25  # noise of the signal's own size turns a few; wrapping would turn half


def test_replayed_recordings_come_from_the_held_back_part():
    machine = module.synthesis.machines()[0]
    samples = module.synthesis.record(machine, 5.0, seed=1)
    held_back = samples[int(len(samples) * 0.5) + WINDOW // 2 :]
    replayed = RECIPE.recordings()["healthy"]
    assert np.array_equal(replayed[1024:20_000], held_back[1024:20_000])


@pytest.mark.parametrize("label", RECIPE.labels)
def test_replayed_recordings_repeat_without_a_step(label):
    samples = RECIPE.recordings()[label].astype(float)
    assert samples.dtype == float
    seam = np.diff(np.concatenate([samples[-2048:], samples[:2048]]))
    assert np.abs(seam).max() <= np.abs(np.diff(samples)).max()
    fade_power = samples[:1024].var()
    powers = [samples[i : i + 1024].var() for i in range(1024, len(samples) - 1024, 1024)]
    assert min(powers) * 0.5 < fade_power < max(powers) * 1.5


def test_gate_defaults_are_valid_in_the_devices_configuration():
    checked = device_code.load("config").check({"device": {"id": "a"}, "gate": dict(RECIPE.gate)})
    assert checked["gate"] == dict(RECIPE.gate)


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings in {RECORDINGS}")
def test_real_recordings_are_split_in_time_with_every_class():
    dataset = RECIPE.load(RECORDINGS, quick=False, seed=1)
    assert np.bincount(dataset.test.y).tolist() == [9, 30, 30, 30]
    assert len(RECIPE.recordings(RECORDINGS)["healthy"]) > 26_667
