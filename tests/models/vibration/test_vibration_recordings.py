"""A folder of recordings is loaded at the device's rate, and what can't be used is refused in one clear line."""

import json

import numpy as np
import pytest
from picket_recipes.vibration.recordings import load_folder, to_device_rate

from picket_host.errors import InputError

NAMES = {"normal_1797rpm": "healthy", "ir_7": "inner_race", "b_7": "ball", "or_7": "outer_race"}
SHORTEST = 50_000
NOISE = np.random.default_rng(2).integers(-500, 500, 36_000).astype(np.int16)


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(1)
    for name in NAMES:
        np.save(tmp_path / f"{name}.npy", rng.integers(-500, 500, 36_000).astype(np.int16))
    return tmp_path


def load(folder):
    return load_folder(folder, SHORTEST)


def test_names_give_the_classes_and_the_rate_becomes_the_devices(folder):
    recordings = load(folder)
    assert {recording.name: recording.label for recording in recordings} == NAMES
    assert all(recording.samples.dtype == np.int16 and len(recording.samples) == 80_000 for recording in recordings)


def test_smaller_faults_come_first(folder):
    np.save(folder / "b_21.npy", np.load(folder / "b_7.npy"))
    np.save(folder / "b_14.npy", np.load(folder / "b_7.npy"))
    assert [recording.name for recording in load(folder) if recording.label == "ball"] == ["b_7", "b_14", "b_21"]


def test_resampling_keeps_a_tone_in_place_and_in_size():
    tone = (3000 * np.sin(2 * np.pi * 1000 / 12_000 * np.arange(24_000))).astype(np.int16)
    resampled = to_device_rate(tone, 12_000).astype(float)
    spectrum = np.abs(np.fft.rfft(resampled * np.hanning(len(resampled))))
    assert spectrum.argmax() * 26_667 / len(resampled) == pytest.approx(1000, abs=1)
    assert resampled[1000:-1000].max() == pytest.approx(3000, rel=0.01)


def test_resampling_saturates_instead_of_wrapping():
    square = np.tile(np.repeat(np.array([32767, -32768], np.int16), 6), 500)
    resampled = to_device_rate(square, 12_000)
    assert resampled.max() == 32767
    assert resampled.min() == -32768
    # No sample far from a flank may have the wrong sign, as a wrapped one would.
    low, high = np.percentile(resampled, [30, 70])
    assert low < -20_000 < 20_000 < high


def test_description_beside_the_recordings_gives_rate_and_scale(folder):
    plain = {recording.name: recording.samples for recording in load(folder)}
    (folder / "recordings.json").write_text(json.dumps({"rate_hz": 24_000, "counts_per_g": 8192}))
    described = {recording.name: recording.samples for recording in load_folder(folder, 30_000)}
    for name, samples in described.items():
        assert len(samples) == pytest.approx(len(plain[name]) / 2, abs=200)
        assert samples.std() < 0.8 * plain[name].std()


@pytest.mark.parametrize(
    ("samples", "complaint"),
    [
        (np.zeros(36_000, np.float32), "float32, not int16"),
        (np.zeros(36_000, np.int32), "int32, not int16"),
        (np.zeros((36_000, 3), np.int16), "not of one axis"),
        (np.zeros(9_000, np.int16), "only 0.75 s long"),
        (np.zeros(0, np.int16), "only 0.00 s long"),
        (np.where(np.arange(36_000) == 77, np.nan, 0.0), "sample 77 is not a number"),
        (np.zeros(36_000, np.int16), r"the sensor is stuck at 0\.00 s: its samples lie between 0 and 0"),
        (np.where(np.arange(36_000) < 24_000, NOISE, NOISE[24_000]), r"the sensor is stuck at 2\.\d\d s"),
    ],
    ids=["float", "int32", "three axes", "short", "empty", "NaN", "zeros", "stuck later"],
)
def test_unusable_samples_are_refused_with_the_file(folder, samples, complaint):
    np.save(folder / "ir_7.npy", samples)
    with pytest.raises(InputError, match=complaint) as caught:
        load(folder)
    assert caught.value.where.endswith("ir_7.npy")


def test_missing_class_is_named(folder):
    (folder / "or_7.npy").unlink()
    with pytest.raises(InputError, match="no recording of class outer_race") as caught:
        load(folder)
    assert "or_*.npy" in caught.value.hint


def test_name_without_a_class_is_refused(folder):
    np.save(folder / "gearbox.npy", np.zeros(36_000, np.int16))
    with pytest.raises(InputError, match="gives no class"):
        load(folder)


def test_file_that_is_no_array_is_refused(folder):
    (folder / "b_7.npy").write_bytes(b"not an array")
    with pytest.raises(InputError, match="not a readable .npy file"):
        load(folder)


def test_pickled_objects_are_never_loaded(folder):
    np.save(folder / "b_7.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="not a readable .npy file"):
        load(folder)


@pytest.mark.parametrize("rate", [4_000, 0, -12_000, 12_000.5, "12000", None, 10**9])
def test_rate_that_does_not_fit_is_refused(folder, rate):
    (folder / "recordings.json").write_text(json.dumps({"rate_hz": rate}))
    with pytest.raises(InputError, match="rate_hz"):
        load(folder)


@pytest.mark.parametrize("text", ["not JSON", "[]", '{"counts_per_g": 0}'])
def test_damaged_description_is_refused(folder, text):
    (folder / "recordings.json").write_text(text)
    with pytest.raises(InputError, match="recordings.json"):
        load(folder)


def test_no_folder_and_no_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        load(tmp_path / "missing")
    with pytest.raises(InputError, match="no .npy recordings"):
        load(tmp_path)
