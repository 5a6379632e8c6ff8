"""Annotated records are read as WFDB has them, split by person, or refused with a reason."""

import struct

import numpy as np
import pytest
from picket_recipes.heart import pulse, records
from picket_recipes.heart import recipe as module

from picket_host.errors import InputError
from picket_host.native.dsp import Heart

NORMAL, NOISE, SKIP, AUXILIARY = 1, 14, 59, 63


def annotations(*items):
    """(type, time since the last) words; longer times by a skip, a text after each tenth."""
    raw = b""
    for i, (kind, delta) in enumerate(items):
        if delta > 1023:
            raw += struct.pack("<HHH", SKIP << 10, delta >> 16, delta & 0xFFFF)
            delta = 0
        raw += struct.pack("<H", kind << 10 | delta)
        if i % 10 == 9:
            raw += struct.pack("<H", AUXILIARY << 10 | 3) + b"(N\0\0"
    return raw + bytes(2)


def write(folder, name, subject, label, at_s, rate_hz=360):
    (folder / f"{name}.hea").write_text(f"# a comment\n{name} 2 {rate_hz}/100(0) 650000\n{name}.dat 212 200\n")
    samples = np.round(np.array(at_s) * rate_hz).astype(int)
    (folder / f"{name}.atr").write_bytes(annotations(*((NORMAL, int(d)) for d in np.diff(samples, prepend=0))))
    with (folder / "labels.csv").open("a") as file:
        file.write(f"{name},{subject},{label}\n")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "labels.csv").write_text("record,subject,label\n")
    for person in range(6):
        for label in pulse.LABELS:
            _, at_s = pulse.record(person, label, 120.0, seed=9)
            write(tmp_path, f"r{person}{label[0]}", f"s{person}", label, at_s)
    return tmp_path


def test_beats_come_back_with_their_times(tmp_path):
    at_s = [0.5, 1.25, 2.0, 9.0, 9.75]
    write(tmp_path, "x", "s", "calm", at_s)
    assert records.read_beats(tmp_path / "x.hea") == pytest.approx(at_s, abs=0.002)


def test_what_is_no_beat_is_passed_over_but_its_time_counts(tmp_path):
    write(tmp_path, "x", "s", "calm", [1.0])
    (tmp_path / "x.atr").write_bytes(annotations((NORMAL, 360), (NOISE, 180), (NORMAL, 180)))
    assert records.read_beats(tmp_path / "x.hea") == pytest.approx([1.0, 2.0])


def test_records_are_split_by_person_and_measured_like_light(folder):
    heart = Heart(module.RECIPE.pipeline())
    dataset = records.load_folder(folder, heart, 10)
    dataset.check()
    assert len(dataset.train) > len(dataset.test) > 10
    samples, _ = pulse.record(0, "calm", 120.0, seed=9)
    by_light = module.windows(heart, samples)[-1]
    nearest = np.abs(dataset.train.x - by_light).max(axis=1).min()
    assert nearest < 0.1


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("labels.csv", b"r0c,s0,angry\n", "line 1 is 'r0c,s0,angry'"),
        ("labels.csv", b"missing,s0,calm\n", "missing.hea: no annotations"),
        ("r0c.hea", b"r0c\n", "not the header of a WFDB record"),
        ("r0c.hea", b"r0c 2 fast 1\n", "the rate is 'fast'"),
        ("r0c.hea", b"r0c 2 -5 1\n", "a rate of -5"),
        ("r0c.atr", b"\x01\x04\x02", "the annotations have no end"),
    ],
)
def test_what_can_not_be_used_is_refused_with_its_reason(folder, file, content, reason):
    (folder / file).write_bytes(content)
    with pytest.raises(InputError, match=reason):
        records.load_folder(folder, Heart(module.RECIPE.pipeline()), 10)


def test_too_few_people_or_no_folder_are_refused(folder):
    lines = [line for line in (folder / "labels.csv").read_text().splitlines() if ",s0," in line]
    (folder / "labels.csv").write_text("\n".join(lines))
    with pytest.raises(InputError, match="records of 1 people"):
        records.load_folder(folder, Heart(module.RECIPE.pipeline()), 10)
    with pytest.raises(InputError, match="no such folder"):
        records.load_folder(folder / "missing", Heart(module.RECIPE.pipeline()), 10)
