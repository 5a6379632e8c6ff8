"""Records of real fields, as CSV files in a folder.

``fields.csv`` has a row for each field: ``field`` (its name) and the keys of the device's section "soil" that describe
it (``FIELD_COLUMNS``). Every other ``.csv`` file is one season of one field, named ``<field>_<anything>.csv``, with a
row for each reading in the order of time:

=================  ===========================================================================================
``time``           ISO 8601 with an offset from UTC, or seconds since 1970
``probe1_mv``      millivolts of the first moisture probe; ``probe2_mv`` likewise
``temperature_c``  air, degrees Celsius
``humidity_pct``   air, percent
``light_lux``      lux
``rain_pct``       newest forecast at that time: probability of rain within 24 hours; ``rain2_pct`` for those after them
``rain_mm``        and how much, mm; ``rain2_mm`` likewise
``given_mm``       water given since the row before
``decision``       none, short or long where somebody who knows the field has decided; empty elsewhere
=================  ===========================================================================================

All cells but ``time`` may be empty: no reading, no forecast, no water, no decision. Whole seasons are held back: those
that began last.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from picket_host.device_code import load
from picket_host.errors import InputError
from picket_host.models.dataset import Dataset, Split, fingerprint

_field = load("soil.field")
_forecast = load("soil.forecast")
_ABSENT = load("soil.probe").ABSENT

# name, lowest, highest
FIELD_COLUMNS = (
    ("dry_mv", 0, 5000),
    ("wet_mv", 0, 5000),
    ("dry2_mv", 0, 5000),
    ("wet2_mv", 0, 5000),
    ("field_permille", 30, 600),
    ("wilting_permille", 10, 400),
    ("root_mm", 50, 3000),
    ("depletion_pct", 5, 90),
    ("crop_pct", 20, 150),
    ("latitude_deg", -60, 60),
    ("utc_offset_min", -720, 840),
)
# name, counts of a unit in a frame, lowest, highest
_READINGS = (
    ("probe1_mv", 1, 0, 5000),
    ("probe2_mv", 1, 0, 5000),
    ("temperature_c", 100, -60, 80),
    ("humidity_pct", 100, 0, 100),
    ("light_lux", 0.25, 0, 130_000),
)
_OUTLOOK = (("rain_pct", 100), ("rain2_pct", 100), ("rain_mm", 500), ("rain2_mm", 500))
_COLUMNS = ("time", *(name for name, *_ in _READINGS), *(name for name, _ in _OUTLOOK), "given_mm", "decision")
_LEAST_SEASONS = 3
_NOISE_MV = 3.0  # added to the probes in the augmented part, and three times as much in the noisy one


@dataclass(frozen=True)
class Row:
    """One row of a season: UTC minute, frame, forecast or None, hundredths of mm given, class or None."""

    minute: int
    frame: list[int]
    outlook: tuple[int, ...] | None
    given_mm100: int
    decision: int | None


@dataclass(frozen=True)
class Record:
    """One season of one field."""

    name: str
    section: dict[str, int]
    rows: list[Row]


def load_folder(folder: Path, labels: tuple[str, ...]) -> Dataset:
    """The data set of a folder; the latest quarter of the seasons is the test part, the quarter before it validation.

    Raises:
        InputError: a file, column or class is missing, or a cell holds nonsense; it names file, line and column.
    """
    records = sorted(_records(folder, labels), key=lambda record: record.rows[0].minute)
    if len(records) < _LEAST_SEASONS:
        raise InputError(
            f"{len(records)} seasons are too few to hold one back", folder, f"give {_LEAST_SEASONS} or more"
        )
    quarter = max(1, len(records) // 4)
    train, validation, test = records[: -2 * quarter], records[-2 * quarter : -quarter], records[-quarter:]
    dataset = Dataset(
        labels=labels,
        train=_split(train, 0),
        augmented=_split(train, _NOISE_MV),
        validation=_split(validation, 0),
        test=_split(test, 0),
        noisy=_split(test, 3 * _NOISE_MV),
        source=str(folder),
        fingerprint=fingerprint((record.name, np.array([row.frame for row in record.rows])) for record in records),
    )
    dataset.check()
    return dataset


def _records(folder: Path, labels: tuple[str, ...]) -> Iterator[Record]:
    if not folder.is_dir():
        raise InputError("no such folder", folder, "give the folder with fields.csv and a .csv file for each season")
    fields = _fields(folder / "fields.csv")
    for file in sorted(folder.glob("*.csv")):
        if file.name == "fields.csv":
            continue
        name = file.stem.partition("_")[0]
        if name not in fields:
            raise InputError(
                f"fields.csv has no field {name}", file, f"call it <field>_<season>.csv; known: {', '.join(fields)}"
            )
        yield Record(file.stem, fields[name], _season(file, labels))


def _fields(file: Path) -> dict[str, dict[str, int]]:
    sections = {}
    for line, cells in _lines(file, ("field", *(name for name, *_ in FIELD_COLUMNS))):
        where = f"{file} line {line}"
        section = {}
        for name, low, high in FIELD_COLUMNS:
            value = _number(cells[name], name, low, high, where)
            if value is None:
                raise InputError(f"{name} is empty", where, f"a whole number from {low} to {high}")
            section[name] = round(value)
        if section["wilting_permille"] >= section["field_permille"]:
            raise InputError("wilting_permille is not below field_permille", where)
        for dry, wet in (("dry_mv", "wet_mv"), ("dry2_mv", "wet2_mv")):
            if section[dry] == section[wet]:
                raise InputError(f"{dry} and {wet} are equal", where, "measure the probe in dry air and in wet soil")
        sections[cells["field"]] = section
    return sections


def _season(file: Path, labels: tuple[str, ...]) -> list[Row]:
    rows: list[Row] = []
    for line, cells in _lines(file, _COLUMNS):
        row = _row(cells, labels, f"{file} line {line}")
        if rows and row.minute < rows[-1].minute:
            raise InputError("time is earlier than in the row before", f"{file} line {line}", "sort the rows by time")
        rows.append(row)
    if not rows:
        raise InputError("no rows", file)
    return rows


def _lines(file: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with file.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"no column {', '.join(missing)}", f"{file} line 1", f"columns: {','.join(columns)}")
            for cells in reader:
                if None in cells or None in cells.values():
                    raise InputError(
                        f"not as many cells as columns ({len(reader.fieldnames)})", f"{file} line {reader.line_num}"
                    )
                yield reader.line_num, cells
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"can't be read ({error})", file) from error


def _row(cells: dict[str, str], labels: tuple[str, ...], where: str) -> Row:
    minute = _minute(cells["time"], where)
    frame = []
    for name, counts, low, high in _READINGS:
        value = _number(cells[name], name, low, high, where)
        frame.append(_ABSENT if value is None else round(value * counts))
    given = _number(cells["given_mm"], "given_mm", 0, 500, where)
    decision = cells["decision"].strip()
    if decision and decision not in labels:
        raise InputError(f"decision is {decision!r}", where, f"one of {', '.join(labels)}, or nothing")
    return Row(
        minute=minute,
        frame=frame,
        outlook=_outlook(cells, minute, where),
        given_mm100=0 if given is None else round(100 * given),
        decision=labels.index(decision) if decision else None,
    )


def _outlook(cells: dict[str, str], minute: int, where: str) -> tuple[int, ...] | None:
    values = [_number(cells[name], name, 0, high, where) for name, high in _OUTLOOK]
    if None in values:
        return None
    message = {"t": minute * 60, "pct": values[:2], "mm": values[2:]}
    return _forecast.from_message(message).seen_from(minute)


def _minute(text: str, where: str) -> int:
    try:
        return int(text) // 60
    except ValueError:
        pass
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise InputError(f"time is {text!r}", where, "for example 2026-06-01T05:00+02:00")
    return int(time.timestamp()) // 60


def _number(text: str, name: str, low: float, high: float, where: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        raise InputError(f"{name} is {text!r}, not a number", where) from None
    if not (math.isfinite(value) and low <= value <= high):
        raise InputError(f"{name} is {text.strip()}, not from {low} to {high}", where)
    return value


def _split(records: list[Record], noise_mv: float) -> Split:
    x, y = [], []
    out = np.empty(_field.FEATURES, np.float32)
    for number, record in enumerate(records):
        rng = np.random.default_rng(number)
        device = _field.Field(record.section)
        for row in record.rows:
            frame = list(row.frame)
            for i in range(2):
                if frame[i] != _ABSENT:
                    frame[i] += round(rng.normal(0, noise_mv))
            device.given_mm100 = row.given_mm100
            device.sense(row.minute, frame)
            if row.decision is not None and device.trust:
                device.features(out, row.outlook)
                x.append(out.copy())
                y.append(row.decision)
    return Split(np.array(x, np.float32).reshape(-1, _field.FEATURES), np.array(y, np.int32))
