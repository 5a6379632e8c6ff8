"""Pictures: cut, shrunk, and judged."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from picket_host.errors import InputError
from picket_host.native.dsp.library import kind, native, pointer


class PixelStats(NamedTuple):
    """Statistics of a grey picture; definitions in ``native_module/dsp/pixels.h``."""

    darkest: int
    brightest: int
    mean: int
    signature_low: int
    signature_high: int


def fit_pixels(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """The largest part from the middle of a picture that has the wanted shape, shrunk to it by areas.

    Args:
        picture: uint8, shape (height, width), each side at most 4096.

    Returns:
        uint8, shape (height, width) as wanted.

    Raises:
        InputError: wrong type or shape, or a side out of range.
    """
    limit = native().lib.PICKET_PIXELS_MAX_SIDE
    if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8 or picture.ndim != 2:
        raise InputError(f"a picture is {kind(picture)}, uint8 (height, width) is expected")
    if not all(1 <= side <= limit for side in (*picture.shape, width, height)):
        shapes = f"a picture of {picture.shape} to be shrunk to ({height}, {width})"
        raise InputError(shapes, hint=f"sides of 1 to {limit}")
    source = np.ascontiguousarray(picture)
    out = np.empty((height, width), np.uint8)
    native().lib.picket_fit_pixels(pointer(source), source.shape[1], source.shape[0], pointer(out), width, height)
    return out


def pixel_stats(pixels: NDArray[np.uint8]) -> PixelStats:
    """Statistics of a picture, uint8 of any shape.

    Raises:
        InputError: wrong type.
    """
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        raise InputError(f"pixels are {kind(pixels)}, uint8 is expected")
    source = np.ascontiguousarray(pixels)
    out = np.empty(len(PixelStats._fields), np.int16)
    native().lib.picket_pixel_stats(pointer(source), source.size, pointer(out))
    return PixelStats(*out.tolist())
