"""Recordings of falls and daily life from a folder in the form of the SisFall dataset (Sucerquia et al. 2017).

One text file for each movement, ``<activity>_<subject>_<repetition>.txt`` as in ``F05_SA03_R01.txt``, anywhere below
the folder: activities that begin with F are falls, those with D daily life. A line for each sample, 200 of them a
second, nine whole numbers with commas between and a semicolon at its end: an ADXL345's x y z (13 bits, 16 g), an
ITG3200's (16 bits, 2000 degrees a second), and an MMA8451Q's, which are not used. Lines may be empty. The impact of a
fall is taken to be where the acceleration is largest.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from scipy import signal

from picket_host.errors import InputError
from picket_host.models import alive

from .movement import (
    ACCEL_COUNTS_PER_G,
    CHANNELS,
    GYRO_COUNTS_PER_DPS,
    RATE_HZ,
    Recording,
)

_FILE_RATE_HZ = 200
_COLUMNS = 9
_USED = 6
_GYRO_COUNTS_PER_DPS = 65536 / 4000
_ACCEL_COUNTS_PER_G = 8192 / 32
_NAME = re.compile(r"(?P<activity>[DF]\d+)_(?P<subject>[A-Z]{2}\d+)_R\d+\.txt")
_SHORTEST_S = 3.0
# Of the people, in the order of their names: so many train, so many more are for the curves, the others are held back.
_TRAIN_SHARE, _VALIDATION_SHARE = 0.5, 0.17


def load_folder(folder: Path) -> tuple[list[Recording], list[Recording], list[Recording]]:
    """The recordings of a folder for training, validation and test; nobody is in two of them.

    Raises:
        InputError: no folder, no file with such a name, too few people, a part without falls or without daily life, or
            a file that is too short, of a stuck sensor or has something else in a line.
    """
    if not folder.is_dir():
        raise InputError("no such folder", folder, "give the folder that holds the recordings")
    files = sorted(path for path in folder.rglob("*.txt") if _NAME.fullmatch(path.name))
    if not files:
        hint = "files named like F05_SA03_R01.txt, see models/wearable/README.md"
        raise InputError("no recordings here", folder, hint)
    people = sorted({_subject(file) for file in files})
    first, second = (round(len(people) * share) for share in (_TRAIN_SHARE, _TRAIN_SHARE + _VALIDATION_SHARE))
    groups = people[:first], people[first:second], people[second:]
    if not all(groups):
        raise InputError(f"recordings of {len(people)} people", folder, "of four at least, so that some are held back")
    parts = tuple(
        [_load(file, people.index(_subject(file))) for file in files if _subject(file) in group] for group in groups
    )
    for part, group in zip(parts, groups, strict=True):
        for label in ("fall", "daily"):
            if not any(recording.label == label for recording in part):
                names = ", ".join(group)
                raise InputError(f"no recording of class {label} by {names}", folder, "the split is by person")
    return parts


def _subject(file: Path) -> str:
    return _NAME.fullmatch(file.name)["subject"]


def _load(file: Path, number: int) -> Recording:
    counts = _read(file)
    if len(counts) < _SHORTEST_S * _FILE_RATE_HZ:
        raise InputError(f"only {len(counts) / _FILE_RATE_HZ:.1f} s long", file, f"{_SHORTEST_S:g} s at least")
    alive.check_frames(counts, file)
    scale = np.repeat([ACCEL_COUNTS_PER_G / _ACCEL_COUNTS_PER_G, GYRO_COUNTS_PER_DPS / _GYRO_COUNTS_PER_DPS], 3)
    slower = signal.resample_poly(counts * scale, RATE_HZ, _FILE_RATE_HZ, axis=0, padtype="line")
    frames = np.zeros((len(slower), CHANNELS))
    frames[:, :3], frames[:, 4:] = slower[:, :3], slower[:, 3:]
    fall = file.name.startswith("F")
    impact = int(np.linalg.norm(frames[:, :3], axis=1).argmax())
    return Recording(
        subject=number,
        kind=_NAME.fullmatch(file.name)["activity"],
        label="fall" if fall else "daily",
        frames=np.clip(np.round(frames), -32768, 32767).astype(np.int16),
        impact_s=impact / RATE_HZ if fall else None,
    )


def _read(file: Path) -> np.ndarray:
    """The first six columns: float64 [n, 6]."""
    rows = []
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"not a readable text file ({error})", file) from error
    for number, line in enumerate(lines, 1):
        fields = line.strip().rstrip(";").split(",")
        if fields == [""]:
            continue
        if len(fields) != _COLUMNS:
            what = f"line {number} has {len(fields)} values, not {_COLUMNS}"
            raise InputError(what, file, "ax,ay,az,gx,gy,gz,x,y,z;")
        try:
            rows.append([int(field) for field in fields[:_USED]])
        except ValueError as error:
            raise InputError(f"line {number}: not a whole number ({error})", file, "cut the recording there") from error
    return np.array(rows, np.float64).reshape(-1, _USED)
