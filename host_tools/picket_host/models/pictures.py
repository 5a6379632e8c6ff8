"""Folders of pictures, laid out as the field has them: ``DIR/train|val/<label>/*.png|jpg``.

So the COCO-derived visual wake words sets lie on disk, and most others.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from picket_host.errors import InputError
from picket_host.models.dataset import Split

_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".pgm")
_LAYOUT = "DIR/train|val/<label>/*.png|jpg"


def read_folder(folder: Path, part: str, labels: tuple[str, ...], size: int) -> Split:
    """The pictures of one part, in the order of their names: grey, the largest square from the middle, size x size.

    Args:
        folder: holds a folder for each part, and that one for each label.
        part: ``train`` or ``val``.

    Returns:
        x: uint8 [n, size, size, 1].

    Raises:
        InputError: a folder is missing or has a label that the recipe does not know, a class has no pictures, or a
            file is no picture.
    """
    root = folder / part
    if not root.is_dir():
        raise InputError("no such folder of pictures", root, _LAYOUT)
    strange = sorted(path.name for path in root.iterdir() if path.is_dir() and path.name not in labels)
    if strange:
        raise InputError(f"no label of this recipe: {', '.join(strange)}", root, f"one of {', '.join(labels)}")
    x, y = [], []
    for index, label in enumerate(labels):
        files = sorted(path for path in (root / label).glob("*") if path.suffix.lower() in _SUFFIXES)
        if not files:
            raise InputError(f"no pictures of {label}", root / label, _LAYOUT)
        x += [read_picture(file, size) for file in files]
        y += [index] * len(files)
    return Split(np.stack(x)[..., None], np.array(y, np.int32))


def read_picture(file: Path, size: int) -> np.ndarray:
    """One picture as the camera would give it: uint8 [size, size].

    Raises:
        InputError: not a picture, or a damaged one.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(file) as picture:
            fitted = ImageOps.fit(ImageOps.exif_transpose(picture).convert("L"), (size, size), Image.Resampling.BOX)
            return np.array(fitted)
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise InputError(f"not a picture that can be read ({error})", file) from error
