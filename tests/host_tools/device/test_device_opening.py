"""Ports that can't be opened: the error says who or what stands in the way."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from picket_host.board import discover, opening
from picket_host.board.opening import open_port
from picket_host.errors import BoardError, InputError


@pytest.fixture
def pty():
    master, slave = os.openpty()
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


@pytest.fixture
def user_of(pty):
    """A process that keeps the port open, without a lock, as a terminal program does."""
    program = f"import os, time; os.open({pty!r}, os.O_RDWR); print('open', flush=True); time.sleep(3600)"
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"open\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_busy_port_names_the_process(pty, user_of):
    with pytest.raises(BoardError, match=rf"in use by python\S* \(process {user_of.pid}\)"):
        open_port(pty)


def test_a_port_that_does_not_exist_is_told():
    with pytest.raises(BoardError, match="there is no such port"):
        open_port("/dev/ttyNothingHere")


def _refused(port, baud):
    raise BoardError("the port can't be opened", port) from PermissionError(errno.EACCES, "Permission denied")


def test_missing_permission_comes_with_the_command_that_grants_it(monkeypatch, pty):
    monkeypatch.setattr(opening, "SerialTransport", _refused)
    monkeypatch.setattr(opening, "_group_of", lambda port: "dialout")
    monkeypatch.setattr(opening, "_own_groups", lambda: {"users"})
    with pytest.raises(BoardError, match="may not use the port") as raised:
        open_port(pty)
    assert raised.value.hint == "sudo usermod -a -G dialout $USER, then log out and in again"


def test_a_port_of_root_alone_has_another_command(monkeypatch, pty):
    monkeypatch.setattr(opening, "SerialTransport", _refused)
    monkeypatch.setattr(opening, "_group_of", lambda port: None)
    with pytest.raises(BoardError) as raised:
        open_port(pty)
    assert raised.value.hint == f"sudo chmod a+rw {pty}"


def test_without_any_board_the_error_speaks_of_the_cable(monkeypatch):
    monkeypatch.setattr(discover, "ports", list)
    with pytest.raises(BoardError, match="no board is plugged in") as raised:
        discover.the_port(None)
    assert "carries data" in raised.value.hint


def test_with_several_boards_one_must_be_chosen(monkeypatch):
    monkeypatch.setattr(discover, "ports", lambda: [discover.Port("/dev/ttyUSB0"), discover.Port("/dev/ttyUSB1")])
    with pytest.raises(InputError, match="2 boards") as raised:
        discover.the_port(None)
    assert "/dev/ttyUSB0, /dev/ttyUSB1" in raised.value.hint
    assert discover.the_port("/dev/ttyUSB1") == "/dev/ttyUSB1"


def test_a_survey_lists_what_does_not_answer_with_the_reason(monkeypatch):
    monkeypatch.setattr(discover, "ports", list)
    found = discover.survey(["/dev/ttyNothingHere"])
    assert [(entry.board, entry.error) for entry in found] == [(None, "there is no such port")]
