"""The self-test on a real board: green where all is well, and each red line names what is wrong and what to do."""

from __future__ import annotations

import json

from picket_flash import CONFIG, wait_until_written

from picket_host.board.info import read_info
from picket_host.board.selftest import CHECKS, run_selftest
from picket_host.board.session import connect


def _red(result):
    return {check.name: check.text for check in result.checks if not check.ok}


def test_a_board_in_order_is_green(picket_session):
    seen = []
    result = run_selftest(picket_session, on_check=seen.append)
    assert result.ok, _red(result)
    assert tuple(check.name for check in result.checks) == CHECKS
    assert tuple(seen) == result.checks
    texts = {check.name: check.text for check in result.checks}
    assert texts["model"] == "vibration-tiny 1.0.0: 15 golden vectors bit for bit, engine portable"
    assert texts["sensor"].startswith("vibration by replay: 256 values in ")


def test_every_fault_is_a_red_line_of_its_own_with_a_remedy(picket_session):
    session = picket_session
    session.write_file("/recordings/vibration.i16", bytes(6000))  # a sensor that has died
    session.remove_file("/recordings/attitude.i16")
    config = {**CONFIG, "mqtt": {"host": "broker.invalid"}}
    session.write_file("/config.json", json.dumps(config).encode())
    result = run_selftest(session)
    red = _red(result)
    assert set(red) == {"sensor", "attitude sensor", "link"}
    assert red["sensor"] == "the readings never change"
    assert "ENOENT" in red["attitude sensor"]
    assert all(bool(check.remedy) != check.ok for check in result.checks)


def test_a_model_that_gives_other_outputs_than_the_official_runtime_is_red(picket_session):
    golden = bytearray(picket_session.read_file("/model/golden.bin"))
    golden[-1] ^= 1
    picket_session.write_file("/model/golden.bin", bytes(golden))
    red = _red(run_selftest(picket_session))
    assert set(red) == {"model", "sensor"}
    assert red["model"].startswith("golden vector 14: output[")


def test_a_board_without_picket_is_red_from_the_native_module_on_and_no_check_keeps_another_from_running(
    board_with_main,
):
    with connect(board_with_main("").pty) as session:
        result = run_selftest(session)
        red = _red(result)
        assert set(red) == set(CHECKS) - {"firmware", "flash", "application"}
        assert "missing" in red["native module"]
        remedies = {check.name: check.remedy for check in result.checks}
        assert "picket device provision" in remedies["configuration"]
        assert remedies["attitude sensor"] == remedies["link"] == remedies["configuration"]
        assert remedies["sensor"] == remedies["model"]  # which says what it wants to sense
        info = read_info(session)
    assert any("not provisioned" in finding for finding in info.health)


def test_why_the_application_does_not_start_is_told_without_having_watched(picket_board):
    with connect(picket_board.pty, restart=True) as session:
        session.write_file("/picket/app.py", b"def main():\n    raise ValueError('no such ' + 'pump')\n")
    wait_until_written(picket_board, "ValueError: no such pump")
    with connect(picket_board.pty) as session:
        info = read_info(session)
        red = _red(run_selftest(session))
    assert info.crash.startswith("Traceback (most recent call last):\n")
    assert info.crash.strip().endswith("in main\nValueError: no such pump")
    assert any("ValueError: no such pump" in finding for finding in info.health)
    assert set(red) == {"application"} and red["application"].endswith("in main | ValueError: no such pump")


def test_a_start_that_comes_out_well_takes_the_note_of_the_crash_away(picket_session):
    session = picket_session
    session.write_file("/state/crash", b"\xa9nError: long ago")  # the first character was cut
    assert read_info(session).crash == "?nError: long ago"
    assert _red(run_selftest(session)) == {"application": "it ended: ?nError: long ago"}
    session.run("from picket import starts\nstarts.well()")
    info = read_info(session)
    assert info.crash is None and not any("ended" in finding for finding in info.health)


def test_a_board_says_what_it_is(picket_session):
    info = read_info(picket_session)
    assert (info.name, info.micropython, info.arch, info.platform) == ("plant-a/press-1", "1.25.0", "rv32imc", "qemu")
    assert (info.app, info.model, info.state) == (0, 0, "confirmed")
    assert (info.model_name, info.model_version) == ("vibration-tiny", "1.0.0")
    assert info.flash_bytes == 4 << 20


def test_a_board_names_the_release_that_it_runs_and_the_one_it_gave_up(picket_session):
    from picket.update import slots

    session = picket_session
    given_up = {"sequence": 9, "reason": "the trial ended"}
    pointer = {**slots.factory(), "app": 7, "model": 8, "highest": 9, "rolled_back": given_up}
    session.write_file("/slots/active.json", slots.encode(pointer))
    session.write_file("/slots/7/release.json", b'{"version":"0.7.0"}')
    session.write_file("/slots/7/main.py", b"")
    session.write_file("/slots/8/model/model.json", b'{"name":"bearing","version":"8.1"}')
    info = read_info(session)
    assert (info.app, info.version, info.model, info.model_name, info.model_version) == (
        7,
        "0.7.0",
        8,
        "bearing",
        "8.1",
    )
    assert "release 9 rolled back: the trial ended" in info.health
