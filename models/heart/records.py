"""Annotated heartbeats from a folder of WFDB records, as PhysioNet has them.

Beside each header ``<record>.hea`` lies its annotation file ``<record>.atr`` (or ``.ecg`` or ``.qrs``); the signals
themselves are not needed. ``labels.csv`` says what each record is: a line ``record,subject,label`` for each, with the
label ``calm`` or ``stress``. The header's first line gives the sampling rate (WFDB header(5)); the annotation file is
in MIT format: words of 16 bits, little-endian, six bits of type over ten bits of time since the last one (annot(5)).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from picket_host.errors import InputError
from picket_host.models.dataset import Dataset, Split, fingerprint
from picket_host.native.dsp import Heart

from .pulse import LABELS

_ANNOTATIONS = (".atr", ".ecg", ".qrs")
# Types of beats: normal, bundle branch blocks, aberrated, premature, fusion, escape and paced ones.
_BEATS = frozenset((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 25, 30, 34, 35, 38))
_SKIP, _NUMBER, _SUBTYPE, _CHANNEL, _AUXILIARY = 59, 60, 61, 62, 63
_DEFAULT_RATE_HZ = 250.0
# Of the people, in the order of their names: so many train, so many more are for the curves, the others are held back.
_TRAIN_SHARE, _VALIDATION_SHARE = 0.5, 0.17


@dataclass(frozen=True)
class Record:
    """One record: who, in which state of mind, and when their heart beat, in seconds (float64 [n])."""

    name: str
    subject: str
    label: str
    at_s: np.ndarray


def load_folder(folder: Path, heart: Heart, every_s: int) -> Dataset:
    """Features of the records, split by person; the noisy part is the held-back one, since intervals have no noise.

    Raises:
        InputError: no folder, no or a wrong labels.csv, a file that is missing or damaged, or too few people.
    """
    records = _records(folder)
    people = sorted({record.subject for record in records})
    first, second = (round(len(people) * share) for share in (_TRAIN_SHARE, _TRAIN_SHARE + _VALIDATION_SHARE))
    groups = people[:first], people[first:second], people[second:]
    if not all(groups):
        raise InputError(f"records of {len(people)} people", folder, "of four at least, so that some are held back")
    train, validation, test = (
        _split(heart, [record for record in records if record.subject in group], every_s, folder) for group in groups
    )
    return Dataset(
        labels=LABELS,
        train=train,
        augmented=train,
        validation=validation,
        test=test,
        noisy=test,
        source=str(folder),
        fingerprint=fingerprint((record.name, record.at_s) for record in records),
    )


def read_beats(header: Path) -> np.ndarray:
    """When the heart beat, in seconds from the record's beginning: float64 [n].

    Raises:
        InputError: header or annotation file are missing or damaged.
    """
    annotations = next((file for file in map(header.with_suffix, _ANNOTATIONS) if file.is_file()), None)
    if annotations is None:
        raise InputError(f"no annotations ({', '.join(_ANNOTATIONS)}) beside it", header)
    at = _beat_samples(annotations.read_bytes(), annotations)
    return np.array(at, np.float64) / _rate_hz(header)


def _rate_hz(header: Path) -> float:
    try:
        lines = header.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError as error:
        raise InputError(f"can't be read ({error.strerror})", header) from error
    fields = next((line.split() for line in lines if line.strip() and not line.startswith("#")), [])
    if len(fields) < 2:
        raise InputError("not the header of a WFDB record", header, "its first line: name signals rate samples")
    text = fields[2].partition("/")[0].partition("(")[0] if len(fields) > 2 else str(_DEFAULT_RATE_HZ)
    try:
        rate_hz = float(text)
    except ValueError as error:
        raise InputError(f"the rate is {text!r}, not a number", header) from error
    if not 0 < rate_hz < 1e6:
        raise InputError(f"a rate of {rate_hz:g} samples a second", header)
    return rate_hz


def _beat_samples(raw: bytes, file: Path) -> list[int]:
    found, time, at = [], 0, 0
    while at + 2 <= len(raw):
        word = int.from_bytes(raw[at : at + 2], "little")
        kind, value = word >> 10, word & 0x3FF
        at += 2
        if word == 0:
            return found
        if kind == _SKIP:
            high, low = (int.from_bytes(raw[at + 2 * i : at + 2 * i + 2], "little") for i in range(2))
            skipped = high << 16 | low
            time += skipped - (1 << 32) if skipped >> 31 else skipped
            at += 4
        elif kind == _AUXILIARY:
            at += value + (value & 1)
        elif kind not in (_NUMBER, _SUBTYPE, _CHANNEL):
            time += value
            if kind in _BEATS:
                found.append(time)
    raise InputError("the annotations have no end", file, "the file is damaged: fetch it again")


def _records(folder: Path) -> list[Record]:
    if not folder.is_dir():
        raise InputError("no such folder", folder, "give the folder that holds the records")
    table = folder / "labels.csv"
    try:
        with table.open(newline="", encoding="utf-8") as file:
            rows = [(number, row) for number, row in enumerate(csv.reader(file), 1) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"can't be read ({error})", table, "a line record,subject,label for each record") from error
    records = []
    for number, row in rows:
        if row == ["record", "subject", "label"]:
            continue
        if len(row) != 3 or row[2] not in LABELS:
            raise InputError(f"line {number} is {','.join(row)!r}", table, f"record,subject,{' or '.join(LABELS)}")
        name, subject, label = row
        records.append(Record(name, subject, label, read_beats(folder / f"{name}.hea")))
    return records


def _split(heart: Heart, records: list[Record], every_s: int, folder: Path) -> Split:
    x, y = [], []
    for record in records:
        heart.reset()
        due_s = record.at_s[0] + heart.span_s / 2 if len(record.at_s) else 0.0
        for before, at in zip(record.at_s, record.at_s[1:], strict=False):
            heart.interval(1000 * (at - before))
            if at >= due_s:
                features, beats = heart.compute()
                due_s += every_s
                if beats:
                    x.append(features)
                    y.append(LABELS.index(record.label))
    if not x:
        names = ", ".join(record.name for record in records)
        raise InputError(f"{names}: hardly a beat", folder, "records of a minute at least")
    return Split(np.array(x, np.float32), np.array(y, np.int32))
