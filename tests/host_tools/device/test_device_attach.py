"""No board is locked out: whatever its application does, it comes to its prompt, or the error says what it does."""

from __future__ import annotations

import threading

import pytest
from emulated_boards import console_until
from picket_flash import wait_until_written

from picket_host.board.attach import attach
from picket_host.board.info import read_info
from picket_host.board.session import connect
from picket_host.board.transport import LoopbackTransport
from picket_host.errors import BoardError

_SHORT_S = 5.0
_ENDLESS = "while True:\n    print('the quick brown fox ' * 20)\n"
_CRASHING = "import machine\nmachine.reset()\n"
# Ctrl-C does nothing: like a chip that sleeps, until it starts anew.
_ASLEEP = """
import machine, micropython, time
micropython.kbd_intr(-1)
with open("/asleep", "w") as f:
    f.write("sound " + "asleep")
time.sleep(4)
machine.reset()
"""
_DEAF = """
import micropython, time
micropython.kbd_intr(-1)
with open("/deaf", "w") as f:
    f.write("stone " + "deaf")
while True:
    %s
"""
_GUARDED = """
import machine
machine.WDT(timeout=1500)
while True:
    pass
"""
# A file that can't be written to its end is none: the flash is filled file by file.
_FULL = """
block = bytes(4096)
for name, count in (("/large-%d", 10), ("/small-%d", 1)):
    try:
        for number in range(1024):
            with open(name % number, "wb") as f:
                for _ in range(count):
                    f.write(block)
    except OSError:
        pass
with open("/kept", "w") as f:
    f.write("stuf" + "fed")
while True:
    pass
"""
_SWALLOWING = """
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""


def _works(session):
    return session.run("print(6 * 7)") == b"42\r\n"


def test_a_program_that_prints_without_end_is_interrupted(board_with_main):
    with connect(board_with_main(_ENDLESS).pty) as session:
        assert _works(session)
        assert session.interrupted


def test_a_board_at_its_prompt_is_not_said_to_be_interrupted(board_with_main):
    with connect(board_with_main("").pty, restart=False) as session:
        assert _works(session)


def test_a_board_that_restarts_in_a_circle_is_caught(board_with_main):
    with connect(board_with_main(_CRASHING).pty) as session:
        assert _works(session)


def test_a_board_that_sleeps_is_caught_when_it_wakes(board_with_main):
    with connect(board_with_main(_ASLEEP, until="sound asleep").pty) as session:
        assert _works(session)


def test_a_watchdog_does_not_end_the_session_after_a_refresh(board_with_main):
    with connect(board_with_main(_GUARDED).pty) as session:
        session.refresh()
        assert session.run("import time\nfor i in range(4):\n time.sleep(0.5)\nprint('alive')") == b"alive\r\n"
        assert _works(session)


def test_a_refresh_leaves_nothing_of_the_application_and_does_not_count_as_a_failed_start(board_with_main):
    with connect(board_with_main("left = bytearray(60000)\nwhile True: pass\n").pty) as session:
        session.refresh()
        assert (
            session.run("import gc\ngc.collect()\nprint('left' in globals(), gc.mem_free() > 100000)")
            == b"False True\r\n"
        )
        assert read_info(session).unproven_starts == 0


def test_after_a_session_the_application_runs_again(board_with_main):
    counting = "import os\nn = len(os.listdir('/'))\nopen('/run-%d' % n, 'w').close()\n"
    board = board_with_main(counting + "while True: print('at work')\n")
    with connect(board.pty) as session:
        before = len(session.files())
        session.refresh()
    console_until(board, b"at work")
    with connect(board.pty) as session:
        assert len(session.files()) == before + 1


def test_sessions_are_no_failed_starts(board_with_main):
    board = board_with_main("while True: pass\n")
    for _ in range(5):
        with connect(board.pty) as session:
            assert session.interrupted
            assert read_info(session).health == ("not provisioned: picket device provision",)


def test_after_three_failed_starts_the_board_waits_at_its_prompt_and_says_why(board_with_main):
    failing = "import machine\nwith open('/starts', 'a') as f: f.write('x')\nmachine.reset()\n"
    board = board_with_main(failing)
    said = console_until(board, b">>> ")
    assert b"SafeMode: the application was not started: 3 starts in a row failed" in said
    with connect(board.pty) as session:
        assert session.read_file("/starts") == b"xxx"
        assert not session.interrupted
        info = read_info(session)
        assert any("did not start well" in finding for finding in info.health)


def test_a_release_on_trial_that_fails_goes_back_to_the_old_one_and_not_into_safe_mode(board_with_main):
    from picket.update import slots

    look = "import os\nwith open('/old', 'w') as f: f.write('slots: %r' % ('slots' in os.listdir('/')))\n"
    board = board_with_main(look + "while True: pass\n")
    with connect(board.pty, restart=True) as session:
        failing = b"import machine\nwith open('/starts', 'a') as f: f.write('x')\nmachine.reset()\n"
        session.write_file("/slots/5/main.py", failing)
        pointer = {**slots.factory(), "app": 5, "model": 5, "state": slots.TRIAL, "highest": 5}
        session.write_file("/slots/active.json", slots.encode(pointer))
    wait_until_written(board, "slots: True")
    with connect(board.pty) as session:
        assert session.read_file("/starts") == b"xxx"
        info = read_info(session)
        assert (info.app, info.state, info.rolled_back["sequence"]) == (0, "confirmed", 5)


def test_a_deaf_program_is_told_from_silence(board_with_main):
    board = board_with_main(_DEAF % "print('busy with KeyboardInterrupt')\n    time.sleep(0.1)", until="stone deaf")
    with (
        pytest.raises(BoardError, match="program that can't be interrupted; it said 'busy") as raised,
        connect(board.pty, timeout_s=_SHORT_S),
    ):
        pass
    assert "reset button" in raised.value.hint


def test_a_silent_board_is_told(board_with_main):
    board = board_with_main(_DEAF % "pass", until="stone deaf")
    with pytest.raises(BoardError, match="nothing answers"), connect(board.pty, timeout_s=_SHORT_S):
        pass


def test_a_program_that_swallows_every_interrupt_is_told_or_ended(board_with_main):
    """Each Ctrl-C ends one turn of its loop; whether one comes between two turns is chance."""
    board = board_with_main(_SWALLOWING)
    try:
        with connect(board.pty, timeout_s=_SHORT_S) as session:
            assert _works(session)
    except BoardError as error:
        assert error.hint


def test_a_full_flash_keeps_nobody_out_and_loses_no_file(board_with_main):
    board = board_with_main(_FULL, until="stuffed")
    with connect(board.pty) as session:
        with pytest.raises(BoardError, match="/kept can't be written") as raised:
            session.write_file("/kept", bytes(range(256)) * 64)
        assert "flash is full" in raised.value.hint
        assert session.read_file("/kept") == b"stuffed"
        assert "/kept.new" not in [file.path for file in session.files()]
        assert any("the flash is full" in finding for finding in read_info(session).health)


class _BehindControlLines(LoopbackTransport):
    """A cable with DTR and RTS: the board at its other end answers only after it was reset by them."""

    def __init__(self, name):
        super().__init__(name)
        self.lines = []

    def set_lines(self, *, dtr, rts):
        self.lines.append((dtr, rts))


def _prompt_after_reset(host, board):
    """Speaks the raw REPL as far as attaching needs it, once RTS has been released again."""
    banner = b"raw REPL; CTRL-B to exit\r\n>"
    heard = b""
    try:
        while True:
            heard += board.read(100, 30.0)
            if not host.lines or host.lines[-1] != (False, False):
                heard = b""
                continue
            while heard:
                char, heard = heard[:1], heard[1:]
                if char == b"\x01":
                    board.write(banner)
                elif char == b"\x05":
                    heard = heard[2:]  # A, Ctrl-A
                    board.write(b"R\x00")
                elif char == b"\x04":
                    board.write(b"OKpicket-was-heard\r\n\x04\x04>")
    except BoardError:
        pass


def test_where_the_cable_has_control_lines_they_reset_a_board_that_does_not_answer(monkeypatch):
    monkeypatch.setattr("picket_host.board.attach._RESET_AFTER_S", 0.5)
    host, board = _BehindControlLines("cable"), LoopbackTransport("board")
    host._peer, board._peer, board._change = board, host, host._change
    thread = threading.Thread(target=_prompt_after_reset, args=(host, board))
    thread.start()
    try:
        attach(host, timeout_s=120)
    finally:
        host.close()
        thread.join()
    assert host.lines[:2] == [(False, True), (False, False)]
