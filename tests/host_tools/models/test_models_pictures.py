"""Folders of pictures: read as a camera would see them, or refused in one clear line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from picket_host.errors import InputError
from picket_host.models import pictures, recipes
from picket_host.models.vision import SIZE

LABELS = ("non_person", "person")


def _write(folder: Path, each: int = 9) -> Path:
    rng = np.random.default_rng(3)
    for part in ("train", "val"):
        for number, label in enumerate(LABELS):
            (folder / part / label).mkdir(parents=True)
            for i in range(each):
                shade = rng.integers(0, 100) + 120 * number
                picture = Image.fromarray(np.full((120, 160, 3), shade, np.uint8))
                picture.save(folder / part / label / f"{i}.{'png' if i % 2 else 'jpg'}")
    return folder


def test_pictures_are_read_by_label_and_in_order(tmp_path):
    part = pictures.read_folder(_write(tmp_path), "train", LABELS, 32)
    assert part.x.shape == (18, 32, 32, 1)
    assert part.x.dtype == np.uint8
    assert part.y.tolist() == [0] * 9 + [1] * 9
    assert part.x[:9].max() < 110 < part.x[9:].min()


def test_the_square_in_the_middle_is_taken_and_colours_become_grey(tmp_path):
    picture = np.zeros((40, 80, 3), np.uint8)
    picture[:, 20:60] = (255, 0, 0)
    Image.fromarray(picture).save(tmp_path / "a.png")
    grey = pictures.read_picture(tmp_path / "a.png", 20)
    assert grey.shape == (20, 20)
    assert np.unique(grey).tolist() == [76]  # ITU-R 601: 0.299 of red


def test_a_recipe_takes_a_folder_and_holds_val_back(tmp_path):
    dataset = recipes.find("person").load(_write(tmp_path), quick=True, seed=1)
    assert dataset.shape == (SIZE, SIZE, 1)
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (15, 3, 18)
    assert dataset.source == str(tmp_path)


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda f: (f / "val").rename(f / "test"), r"no such folder of pictures.*DIR/train\|val/<label>"),
        (lambda f: (f / "train" / "person").rename(f / "train" / "people"), "no label of this recipe: people"),
        (lambda f: [p.unlink() for p in (f / "train" / "person").iterdir()], "no pictures of person"),
        (lambda f: (f / "val" / "person" / "0.jpg").write_bytes(b"no picture"), "not a picture that can be read"),
        (lambda f: _cut(f / "train" / "person" / "1.png"), "not a picture that can be read"),
    ],
)
def test_what_is_wrong_with_a_folder_is_one_line(tmp_path, break_it, message):
    break_it(_write(tmp_path))
    with pytest.raises(InputError, match=message) as caught:
        recipes.find("person").load(tmp_path, quick=True, seed=1)
    assert "\n" not in str(caught.value)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:60])
