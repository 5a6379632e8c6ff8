"""Records of real fields: what is read, and the one line that says what is wrong."""

from __future__ import annotations

import csv
import functools
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from picket_recipes.irrigation import farm, records, site, weather
from picket_recipes.irrigation.instruments import ABSENT, Instruments
from picket_recipes.irrigation.oracle import LABELS

from picket_host.errors import InputError

_PLACE = site.sites(4, 1)[3]
_DAYS = 60
_NEGLECTED = 90  # decisions, until the field wants much


@functools.cache
def _grown(year: int) -> tuple[weather.Season, Instruments, farm.Outcome]:
    season = weather.season(_PLACE.climate, _DAYS, year, np.random.default_rng(year))
    instruments = Instruments(_PLACE, season, np.random.default_rng(1))

    def neglect(view: farm.View) -> int:
        return 0 if view.slot < _NEGLECTED else view.best

    return season, instruments, farm.run(_PLACE, season, instruments, neglect, np.random.default_rng(3))


def _write(folder: Path, years: tuple[int, ...] = (2021, 2022, 2023)) -> dict[int, farm.Outcome]:
    """Seasons as their owner would have recorded them: without a forecast."""
    with (folder / "fields.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["field", *_PLACE.section])
        writer.writeheader()
        writer.writerow({"field": "north", **_PLACE.section})
    outcomes = {}
    for year in years:
        season, instruments, outcome = _grown(year)
        outcomes[year] = outcome
        decisions = dict(zip([outcome.slots[i] for i in outcome.at], outcome.y, strict=True))
        with (folder / f"north_{year}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(records._COLUMNS)
            for hour, frame in enumerate(instruments.taken):
                second = season.start_day * 86400 + 3600 * hour - 60 * _PLACE.utc_offset_min
                cells = ["" if v == ABSENT else v * s for v, s in zip(frame, (1, 1, 0.01, 0.01, 4), strict=True)]
                time = datetime.fromtimestamp(second, UTC).isoformat()
                decision = LABELS[decisions[hour]] if hour in decisions else ""
                writer.writerow([time, *cells, "", "", "", "", outcome.given_at.get(hour - 1, ""), decision])
    return outcomes


def test_records_give_the_features_that_the_device_had(tmp_path):
    outcomes = _write(tmp_path)
    dataset = records.load_folder(tmp_path, LABELS)
    for part, year in (("train", 2021), ("validation", 2022), ("test", 2023)):
        split, outcome = getattr(dataset, part), outcomes[year]
        assert np.array_equal(split.y, outcome.y)
        known = [i for i in range(farm.FEATURES) if i not in (3, 4, 7, 8, 9, 10, 11)]  # all but the forecast's
        assert np.array_equal(split.x[:, known], outcome.x[:, known])


def _change(file: Path, line: int, column: str, text: str) -> None:
    rows = list(csv.reader(file.open(newline="")))
    rows[line - 1][rows[0].index(column)] = text
    with file.open("w", newline="") as out:
        csv.writer(out).writerows(rows)


@pytest.mark.parametrize(
    ("file", "line", "column", "text", "said"),
    [
        ("north_2022.csv", 17, "temperature_c", "warm", "temperature_c is 'warm', not a number"),
        ("north_2022.csv", 17, "temperature_c", "nan", "temperature_c is nan, not from -60 to 80"),
        ("north_2022.csv", 9, "probe1_mv", "9000", "probe1_mv is 9000, not from 0 to 5000"),
        ("north_2022.csv", 9, "decision", "much", "decision is 'much'"),
        ("north_2022.csv", 5, "time", "2026-06-01 05:00", "time is '2026-06-01 05:00'"),
        ("north_2022.csv", 5, "time", "1000000000", "time is earlier than in the row before"),
        ("fields.csv", 2, "root_mm", "", "root_mm is empty"),
        ("fields.csv", 2, "wilting_permille", "400", "wilting_permille is not below field_permille"),
        ("fields.csv", 2, "wet_mv", str(_PLACE.section["dry_mv"]), "dry_mv and wet_mv are equal"),
    ],
)
def test_a_wrong_cell_is_named_with_file_and_line(tmp_path, file, line, column, text, said):
    _write(tmp_path)
    _change(tmp_path / file, line, column, text)
    with pytest.raises(InputError) as error:
        records.load_folder(tmp_path, LABELS)
    assert said in error.value.what
    assert error.value.where == f"{tmp_path / file} line {line}"


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        records.load_folder(tmp_path / "none", LABELS)
    _write(tmp_path, (2021, 2022))
    with pytest.raises(InputError, match="2 seasons are too few"):
        records.load_folder(tmp_path, LABELS)
    (tmp_path / "south_2021.csv").write_text((tmp_path / "north_2021.csv").read_text())
    with pytest.raises(InputError, match=r"fields.csv has no field south"):
        records.load_folder(tmp_path, LABELS)
    (tmp_path / "south_2021.csv").unlink()
    (tmp_path / "north_2021.csv").write_text("time,probe1_mv\n")
    with pytest.raises(InputError, match="no column probe2_mv, "):
        records.load_folder(tmp_path, LABELS)


def test_a_class_that_nobody_chose_is_named(tmp_path):
    _write(tmp_path)
    for year in (2021, 2022, 2023):
        file = tmp_path / f"north_{year}.csv"
        file.write_text(file.read_text().replace(",long\n", ",short\n").replace(",long\r\n", ",short\r\n"))
    with pytest.raises(InputError, match="no long in the train part"):
        records.load_folder(tmp_path, LABELS)
