"""Grey pictures, against plain NumPy: fields by loops of slices, statistics by reductions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from picket_host.errors import InputError
from picket_host.native import dsp

_sides = st.integers(1, 40)


def _fitted(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """The definition of ``pixels.h``, field by field."""
    rows, columns = picture.shape
    if columns * height > rows * width:
        columns = max(1, rows * width // height)
    else:
        rows = max(1, columns * height // width)
    top, left = (picture.shape[0] - rows) // 2, (picture.shape[1] - columns) // 2
    used = picture[top : top + rows, left : left + columns]
    out = np.empty((height, width), np.uint8)
    for y in range(height):
        for x in range(width):
            y0, x0 = y * rows // height, x * columns // width
            y1, x1 = max((y + 1) * rows // height, y0 + 1), max((x + 1) * columns // width, x0 + 1)
            out[y, x] = int(np.floor(used[y0:y1, x0:x1].mean() + 0.5))
    return out


@given(st.integers(0, 1 << 32), _sides, _sides, _sides, _sides)
@settings(max_examples=150)
def test_fields_are_the_means_of_their_pixels(seed, rows, columns, height, width):
    picture = np.random.default_rng(seed).integers(0, 256, (rows, columns)).astype(np.uint8)
    assert np.array_equal(dsp.fit_pixels(picture, width, height), _fitted(picture, width, height))


def test_a_picture_of_the_right_size_stays_as_it_is():
    picture = np.random.default_rng(1).integers(0, 256, (96, 96)).astype(np.uint8)
    assert np.array_equal(dsp.fit_pixels(picture, 96, 96), picture)


def test_the_largest_picture_does_not_overflow():
    picture = np.full((4096, 4096), 255, np.uint8)
    assert dsp.fit_pixels(picture, 1, 1).tolist() == [[255]]
    assert dsp.pixel_stats(picture).mean == 255


@given(st.integers(0, 1 << 32), st.integers(1, 500))
@settings(max_examples=100)
def test_statistics_are_those_of_numpy(seed, count):
    pixels = np.random.default_rng(seed).integers(0, 256, count).astype(np.uint8)
    stats = dsp.pixel_stats(pixels)
    assert (stats.darkest, stats.brightest, stats.mean) == (pixels.min(), pixels.max(), int(pixels.mean()))


def test_a_single_changed_pixel_changes_the_signature():
    picture = np.random.default_rng(2).integers(0, 256, (96, 96)).astype(np.uint8)
    signatures = {dsp.pixel_stats(picture)[3:]}
    for at in range(0, picture.size, 97):
        changed = picture.copy()
        changed.ravel()[at] ^= 1
        signatures.add(dsp.pixel_stats(changed)[3:])
    assert len(signatures) == 1 + len(range(0, picture.size, 97))
    assert dsp.pixel_stats(picture.copy())[3:] in signatures


def test_what_is_no_picture_is_refused():
    with pytest.raises(InputError, match="uint8"):
        dsp.fit_pixels(np.zeros((4, 4)), 2, 2)
    with pytest.raises(InputError, match="uint8"):
        dsp.fit_pixels(np.zeros(4, np.uint8), 2, 2)
    with pytest.raises(InputError, match="sides of 1 to 4096"):
        dsp.fit_pixels(np.zeros((4, 4), np.uint8), 0, 2)
    with pytest.raises(InputError, match="uint8"):
        dsp.pixel_stats(np.zeros(4, np.int8))
