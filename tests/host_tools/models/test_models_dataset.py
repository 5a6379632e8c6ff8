"""Data sets survive their file, name what is missing in them, and windows come from where they should."""

import dataclasses

import numpy as np
import pytest

from picket_host.errors import InputError
from picket_host.models.dataset import Dataset, Split, fingerprint, windows

LABELS = ("healthy", "worn")


def split(count=4):
    rng = np.random.default_rng(count)
    return Split(rng.normal(size=(count, 3)).astype(np.float32), (np.arange(count) % 2).astype(np.int32))


def dataset(**changes):
    parts = {name: split(4 + i) for i, name in enumerate(("train", "augmented", "validation", "test", "noisy"))}
    return dataclasses.replace(Dataset(LABELS, **parts, source="here", fingerprint="ab"), **changes)


def test_file_gives_back_the_data_set(tmp_path):
    saved = dataset()
    saved.save(tmp_path / "data.npz")
    loaded = Dataset.load(tmp_path / "data.npz")
    assert (loaded.labels, loaded.source, loaded.fingerprint) == (LABELS, "here", "ab")
    for part in ("train", "augmented", "validation", "test", "noisy"):
        assert np.array_equal(getattr(loaded, part).x, getattr(saved, part).x)
        assert np.array_equal(getattr(loaded, part).y, getattr(saved, part).y)


def test_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "data.npz").write_bytes(b"something else")
    with pytest.raises(InputError, match="not a data set"):
        Dataset.load(tmp_path / "data.npz")
    with pytest.raises(InputError, match="not a data set"):
        Dataset.load(tmp_path / "missing.npz")


def test_missing_class_is_named_with_its_part():
    one_class = Split(split().x, np.zeros(4, np.int32))
    with pytest.raises(InputError, match="no worn in the validation part"):
        dataset(validation=one_class).check()


def test_feature_that_is_no_number_is_refused():
    broken = split()
    broken.x[2, 1] = np.nan
    with pytest.raises(InputError, match="test part is not a number"):
        dataset(test=broken).check()


def test_sound_data_set_passes():
    dataset().check()


def test_representative_samples_come_from_both_training_parts():
    data = dataset()
    picked = data.representative(6)
    assert len(picked) == 6
    assert np.array_equal(picked[0], data.train.x[0])
    assert np.array_equal(picked[-1], data.augmented.x[-1])


def test_fingerprint_changes_with_a_sample_a_name_and_a_type():
    samples = np.arange(10, dtype=np.int16)
    changed = samples.copy()
    changed[9] += 1
    prints = {
        fingerprint([("a", samples)]),
        fingerprint([("b", samples)]),
        fingerprint([("a", changed)]),
        fingerprint([("a", samples.astype(np.int32))]),
        fingerprint([("a", samples), ("b", samples)]),
    }
    assert len(prints) == 5
    assert fingerprint([("a", samples)]) == fingerprint([("a", samples.copy())])


def test_windows_begin_every_step_and_never_leave_the_recording():
    cut = windows(np.arange(10), 4, 3)
    assert cut.tolist() == [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9]]
    assert windows(np.arange(3), 4, 1).shape == (0, 4)


def test_pixels_are_calibrated_with_the_darkest_and_the_brightest():
    pixels = np.full((50, 4, 4, 1), 100, np.uint8)
    pixels[3, 0, 0], pixels[31, 2, 2] = 0, 255
    part = Split(pixels, np.zeros(50, np.int32))
    dataset = Dataset(("good",), part, part, part, part, part, "test", "00")
    picked = dataset.representative(5)
    assert picked.dtype == np.float32
    assert (picked.min(), picked.max()) == (0, 255)
    assert picked.shape == (7, 4, 4, 1)
