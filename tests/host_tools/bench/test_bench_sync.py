"""The bench of the cable, on a small folder: both ways bring it whole, and the report says how it was measured."""

from __future__ import annotations

import pytest

from picket_host.bench import sync
from picket_host.errors import EnvironmentError_


def test_both_ways_bring_every_file(tmp_path):
    (tmp_path / "data").mkdir()
    for number in range(3):
        (tmp_path / "data" / f"{number}.bin").write_bytes(bytes([number]) * 1000)
    (tmp_path / "main.py").write_text("print('hello')\n")
    try:
        report = sync.measure(tmp_path)
    except EnvironmentError_ as error:
        pytest.skip(str(error))
    assert report.good and (report.files, report.bytes) == (4, 3015)
    assert report.ratio == report.mpremote.seconds / report.sync.seconds
    assert report.mpremote.command.startswith("mpremote connect") and report.sync.command.startswith("picket sync")
    assert "load" in report.conditions


def test_a_file_that_did_not_arrive_is_noticed():
    wanted = {"/main.py": b"x"}
    assert sync.arrived({"/main.py": sync.sha256(b"x")}, wanted)
    assert not sync.arrived({"/main.py": sync.sha256(b"y")}, wanted) and not sync.arrived({}, wanted)
