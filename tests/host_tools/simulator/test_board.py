"""The board as the host sees it: power, resets, console, flash and surroundings."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from picket_host.errors import InputError, PicketError
from picket_host.simulator.board import Board


def _until(condition, what: str) -> None:
    deadline = time.monotonic() + 180
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def test_a_board_is_on_between_start_and_stop(scenarios):
    board = scenarios.board
    assert not board.running and board.pid is None
    scenarios.start("print('UP')")
    scenarios.wait_for("UP")
    assert board.running
    os.kill(board.pid, 0)
    board.stop()
    assert not board.running and board.pid is None


def test_stopping_or_killing_a_board_that_is_off_does_nothing(scenarios):
    scenarios.board.stop()
    scenarios.board.kill()
    assert not scenarios.board.running


def test_starting_twice_is_an_error(scenarios):
    scenarios.start("print('UP')")
    with pytest.raises(PicketError, match="runs already"):
        scenarios.board.start()


def test_starting_without_a_description_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no description"):
        Board(tmp_path).start()


def test_reloading_a_board_that_is_off_is_an_error(tmp_path):
    with pytest.raises(PicketError, match="does not run"):
        Board(tmp_path).signal_reload()


def test_a_reload_right_after_the_start_does_not_end_the_board(scenarios):
    scenarios.start("import time; time.sleep_ms(200); print('UP')")
    scenarios.board.signal_reload()
    scenarios.wait_for("UP")
    assert scenarios.board.running


def test_the_console_keeps_what_was_printed_before_a_power_cut(scenarios):
    scenarios.run("print(1)")
    scenarios.run("print(2)")
    assert scenarios.board.console().split() == ["1", "SCENARIO", "DONE", "2", "SCENARIO", "DONE"]


def test_an_uncaught_exception_shows_its_traceback_on_the_console(scenarios):
    (scenarios.board.flash / "main.py").write_text("def f():\n    raise ValueError('told')\nf()\n")
    scenarios.board.write(scenarios.description)
    scenarios.board.start()
    _until(lambda: "ValueError: told" in scenarios.board.console(), "no traceback")
    assert 'File "main.py", line 2, in f' in scenarios.board.console()


def test_a_reset_keeps_the_process_and_the_surroundings_clock(scenarios):
    script = """
    import machine, time, _sim
    cause = machine.reset_cause()
    print(cause)
    print(_sim.world_us())
    print(time.ticks_ms())
    if cause == machine.PWRON_RESET:
        time.sleep_ms(1000)
        machine.reset()
    """
    first_cause, first_us, _, second_cause, second_us, second_ms = scenarios.run(script)
    assert (first_cause, second_cause) == (1, 2)
    assert second_us - first_us >= 990_000
    assert second_ms < 900, "ticks begin anew"


def test_a_power_cut_begins_anew(scenarios):
    script = """
    import machine, time, _sim
    print(machine.reset_cause())
    print(_sim.world_us())
    time.sleep_ms(2000)
    """
    scenarios.run(script)
    cause, world_us = scenarios.run(script)
    assert cause == 1
    assert world_us < 1_500_000


def test_the_board_sees_its_flash_and_nothing_else_of_the_host(scenarios):
    script = """
    import json, os
    print(json.dumps(sorted(os.listdir("/"))))
    def readable(path):
        try:
            open(path).close()
            return True
        except OSError:
            return False
    print(json.dumps([readable(p) for p in ("/board.json", "../board.json", "/../board.json", "/etc/passwd")]))
    """
    files, outside = scenarios.run(script)
    assert set(files) == {"main.py", "picket", "scenario.py"}
    assert outside == [False] * 4


def test_the_flash_is_a_file_system_as_on_a_board(scenarios):
    script = """
    import json, os
    os.mkdir("/slots")
    os.chdir("/slots")
    with open("new", "w") as f:
        f.write("new")
    with open("active", "w") as f:
        f.write("old")
    os.rename("new", "/slots/active")
    print(json.dumps([os.getcwd(), os.listdir(), open("active").read(), os.stat("/slots/./../slots/active")[6]]))
    os.mkdir("app")
    with open("app/found.py", "w") as f:
        f.write("where = 'here'")
    os.chdir("app")
    import found
    print(json.dumps(found.where))
    os.remove("found.py")
    os.chdir("..")
    os.rmdir("app")
    print(json.dumps(os.listdir("/slots")))
    def code(f, *args):
        try:
            f(*args)
        except OSError as error:
            return error.errno
    print(json.dumps([code(os.chdir, "/none"), code(os.remove, "/none"), code(os.rename, "/none", "/x")]))
    print(json.dumps(os.statvfs("/")[0] > 0))
    """
    where, imported, left, codes, blocks = scenarios.run(script)
    assert where == ["/slots", ["active"], "new", 3]
    assert imported == "here"
    assert left == ["active"]
    assert codes == [2, 2, 2]
    assert blocks


def test_deploy_copies_over_what_is_there(tmp_path):
    board = Board(tmp_path / "board")
    tree = tmp_path / "tree"
    (tree / "sub" / "__pycache__").mkdir(parents=True)
    (tree / "sub" / "a.py").write_text("new")
    (tree / "sub" / "__pycache__" / "a.pyc").write_text("")
    (board.flash / "sub").mkdir()
    (board.flash / "sub" / "a.py").write_text("old")
    (board.flash / "kept").write_text("kept")
    board.deploy(tree)
    board.deploy(tree / "sub", to="/certs")
    found = {str(p.relative_to(board.flash)): p.read_text() for p in board.flash.rglob("*") if p.is_file()}
    assert found == {"sub/a.py": "new", "certs/a.py": "new", "kept": "kept"}


@pytest.mark.parametrize("to", ["certs", "/../other", ""])
def test_deploy_stays_inside_the_flash(tmp_path, to):
    with pytest.raises(InputError, match="not an absolute path"):
        Board(tmp_path / "board").deploy(tmp_path, to=to)


def test_deploy_of_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        Board(tmp_path / "board").deploy(tmp_path / "missing")


def test_the_board_dies_with_its_parent(tmp_path):
    script = """
    import sys, time
    from pathlib import Path
    from picket_host.simulator.board import Board
    board = Board(Path(sys.argv[1]))
    (board.flash / "main.py").write_text("import time\\nprint('UP')\\ntime.sleep(1000)")
    board.write({})
    board.start()
    while "UP" not in board.console():
        time.sleep(0.01)
    print(board.pid, flush=True)
    time.sleep(1000)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait()

    def gone() -> bool:
        # An orphan that has been killed may stay a zombie where nobody reaps it.
        try:
            with open(f"/proc/{pid}/stat") as stat:
                return stat.read().rpartition(")")[2].split()[0] == "Z"
        except FileNotFoundError:
            return True

    _until(gone, "the board outlived its parent")
