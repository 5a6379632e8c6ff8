"""Recordings of bearings from a folder, brought to the device's rate.

One ``.npy`` file for each recording: a one-dimensional ``int16`` array of one axis. The beginning of its name gives
the class: ``normal``, ``ir``, ``b``, ``or`` (healthy, inner race, ball, outer race), as in the recordings of the Case
Western Reserve University. Rate and scale are 12,000 Hz and 4,096 counts per g unless ``recordings.json`` beside them
says otherwise: ``{"rate_hz": 48000, "counts_per_g": 4096}``.
"""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from scipy import signal

from picket_host.errors import InputError
from picket_host.models import alive

from .synthesis import COUNTS_PER_G, LABELS, RATE_HZ

SHORTEST_S = 1.7  # of a recording that training takes
WINDOW = 4096  # samples at the device's rate, 153.6 ms: four and a half turns of the shaft

_LABEL_OF_PREFIX = {"normal": "healthy", "ir": "inner_race", "b": "ball", "or": "outer_race"}
_DESCRIPTION = "recordings.json"
_DEFAULT_RATE_HZ = 12_000
_LOWEST_RATE_HZ = 10_000  # below it the resonances that faults excite are not in the recording
_HIGHEST_RATE_HZ = 200_000


@dataclass(frozen=True)
class Recording:
    """One recording at the device's rate.

    Attributes:
        name: unique; the file's or the machine's name.
        label: one of ``LABELS``.
        samples: int16 [n] at 26,667 Hz, 4096 counts per g.
    """

    name: str
    label: str
    samples: np.ndarray


def load_folder(folder: Path, shortest: int) -> list[Recording]:
    """All recordings of a folder, resampled to the device's rate.

    Args:
        folder: where the files lie.
        shortest: samples at 26,667 Hz that a recording must have at least.

    Raises:
        InputError: no folder or no file, a name that gives no class, a class that is missing, a file that can't be
            read, has the wrong type or shape, is too short, of a stuck sensor or holds values that are not numbers,
            or a rate that does not fit.
    """
    if not folder.is_dir():
        raise InputError("no such folder", folder, "give the folder that holds the .npy recordings")
    files = sorted(folder.glob("*.npy"), key=_natural)
    if not files:
        raise InputError("no .npy recordings here", folder, "one int16 array a file, see models/vibration/README.md")
    rate_hz, counts_per_g = _rate_and_scale(folder / _DESCRIPTION)
    recordings = [_load(file, rate_hz, counts_per_g, shortest) for file in files]
    missing = [label for label in LABELS if label not in {recording.label for recording in recordings}]
    if missing:
        prefixes = [prefix for prefix, label in _LABEL_OF_PREFIX.items() if label in missing]
        wanted = ", ".join(f"{prefix}_*.npy" for prefix in prefixes)
        raise InputError(f"no recording of class {', '.join(missing)}", folder, f"add files named {wanted}")
    return recordings


def save(folder: Path, label: str, samples: np.ndarray, rate_hz: int, counts_per_g: float) -> Path:
    """Add a recording to a folder that ``load_folder`` reads.

    Args:
        folder: made if it is not there.
        label: one of ``LABELS``.
        samples: int16 [n] without a gap.
        rate_hz, counts_per_g: the same for all recordings of a folder.

    Returns:
        The new file.

    Raises:
        InputError: no such label, another rate or scale than the folder's, or the folder can't be written.
    """
    check_folder(folder, label, rate_hz, counts_per_g)
    prefix = next(prefix for prefix, name in _LABEL_OF_PREFIX.items() if name == label)
    description = {"rate_hz": rate_hz, "counts_per_g": counts_per_g}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = {file.stem for file in folder.glob(f"{prefix}_*.npy")}
        number = next(n for n in itertools.count(1) if f"{prefix}_{n}" not in taken)
        (folder / _DESCRIPTION).write_text(json.dumps(description) + "\n")
        file = folder / f"{prefix}_{number}.npy"
        np.save(file, samples.astype(np.int16, casting="safe"))
    except OSError as error:
        raise InputError(f"can't be written: {error.strerror}", folder) from error
    return file


def check_folder(folder: Path, label: str, rate_hz: int, counts_per_g: float) -> None:
    """Raise what ``save`` would, without writing."""
    if label not in LABELS:
        raise InputError(f"{label!r} is no class of this application", None, f"one of {', '.join(LABELS)}")
    if not _LOWEST_RATE_HZ <= rate_hz <= _HIGHEST_RATE_HZ:
        raise InputError(f"a rate of {rate_hz} Hz can't be trained on", None, f"at least {_LOWEST_RATE_HZ} Hz")
    if any(folder.glob("*.npy")) and _rate_and_scale(folder / _DESCRIPTION) != (rate_hz, counts_per_g):
        raise InputError("holds recordings of another rate or scale", folder, "another folder")


def to_device_rate(samples: np.ndarray, rate_hz: int, counts_per_g: float = COUNTS_PER_G) -> np.ndarray:
    """Resample int16 [n] from ``rate_hz`` to 26,667 Hz and rescale to 4096 counts per g, saturating: int16."""
    ratio = Fraction(RATE_HZ, rate_hz).limit_denominator(100)
    if ratio == 1 and counts_per_g == COUNTS_PER_G:
        return samples
    resampled = signal.resample_poly(samples.astype(np.float64), ratio.numerator, ratio.denominator)
    return np.clip(np.round(resampled * (COUNTS_PER_G / counts_per_g)), -32768, 32767).astype(np.int16)


def _natural(file: Path) -> list[tuple[int, str]]:
    """Sorts ``b_7`` before ``b_21``."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", file.stem)]


def _rate_and_scale(file: Path) -> tuple[int, float]:
    if not file.exists():
        return _DEFAULT_RATE_HZ, COUNTS_PER_G
    try:
        description: Any = json.loads(file.read_text())
        rate_hz = description.get("rate_hz", _DEFAULT_RATE_HZ)
        counts_per_g = description.get("counts_per_g", COUNTS_PER_G)
    except (ValueError, AttributeError) as error:
        raise InputError("not a JSON object", file, 'write {"rate_hz": 12000, "counts_per_g": 4096}') from error
    if not isinstance(rate_hz, int) or not _LOWEST_RATE_HZ <= rate_hz <= _HIGHEST_RATE_HZ:
        raise InputError(
            f"rate_hz is {rate_hz!r}, not a whole number from {_LOWEST_RATE_HZ} to {_HIGHEST_RATE_HZ}",
            file,
            "record at 12000 Hz or more",
        )
    if not isinstance(counts_per_g, (int, float)) or not counts_per_g > 0:
        raise InputError(f"counts_per_g is {counts_per_g!r}, not a positive number", file, "4096 for a range of 8 g")
    return rate_hz, float(counts_per_g)


def _load(file: Path, rate_hz: int, counts_per_g: float, shortest: int) -> Recording:
    prefix = file.stem.split("_")[0].lower()
    if prefix not in _LABEL_OF_PREFIX:
        raise InputError("the name gives no class", file, f"begin it with one of {', '.join(_LABEL_OF_PREFIX)} and _")
    try:
        samples = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"not a readable .npy file ({error})", file) from error
    if np.issubdtype(samples.dtype, np.floating) and not np.isfinite(samples).all():
        position = int(np.argmax(~np.isfinite(samples.ravel())))
        raise InputError(f"sample {position} is not a number", file, "cut the recording there, or record again")
    if samples.dtype != np.int16:
        raise InputError(f"samples are {samples.dtype}, not int16", file, "convert to counts, 4096 of them for 1 g")
    if samples.ndim != 1:
        raise InputError(f"an array of shape {samples.shape}, not of one axis", file, "one file for each axis")
    at_device_rate = to_device_rate(samples, rate_hz, counts_per_g)
    if len(at_device_rate) < shortest:
        seconds = len(samples) / rate_hz
        raise InputError(f"only {seconds:.2f} s long", file, f"record at least {shortest / RATE_HZ:.1f} s")
    alive.check_window_by_window(samples, round(WINDOW * rate_hz / RATE_HZ), rate_hz, file)
    return Recording(file.stem, _LABEL_OF_PREFIX[prefix], at_device_rate)
