"""Lines to a board: a real pty and the ends of a loopback behave alike, and failures name their cause."""

from __future__ import annotations

import os
import threading
import tty

import pytest

from picket_host.board.transport import LoopbackTransport, SerialTransport
from picket_host.errors import BoardError

_EVERY_BYTE = bytes(range(256))


class _PtyEnd:
    """The board's end of a pty."""

    name = "pty"

    def __init__(self, descriptor: int):
        self._descriptor = descriptor

    def read(self, n: int, timeout_s: float) -> bytes:
        return os.read(self._descriptor, n)

    def write(self, data: bytes) -> None:
        os.write(self._descriptor, data)

    def close(self) -> None:
        os.close(self._descriptor)


@pytest.fixture(params=["pty", "loopback"])
def ends(request):
    """The host's end of a line, and the board's."""
    if request.param == "loopback":
        yield LoopbackTransport.pair()
        return
    master, slave = os.openpty()
    tty.setraw(slave)
    with SerialTransport(os.ttyname(slave)) as host:
        yield host, _PtyEnd(master)
    os.close(slave)


def _all(transport, count):
    data = b""
    while len(data) < count:
        piece = transport.read(count - len(data), 60.0)
        assert piece
        data += piece
    return data


def test_every_byte_gets_through_both_ways(ends):
    host, board = ends
    host.write(_EVERY_BYTE)
    assert _all(board, 256) == _EVERY_BYTE
    board.write(_EVERY_BYTE)
    assert _all(host, 256) == _EVERY_BYTE


def test_a_read_returns_what_is_there_without_waiting_for_more(ends):
    host, board = ends
    board.write(b"abc")
    assert _all(host, 1) == b"a"
    assert host.in_waiting == 2
    assert host.read(100, 60.0) == b"bc"


def test_a_read_in_vain_is_empty(ends):
    host, _ = ends
    assert host.read(10, 0.02) == b""


def test_a_read_waits_for_what_comes_later(ends):
    host, board = ends
    later = threading.Timer(0.05, board.write, [b"x"])
    later.start()
    assert host.read(10, 60.0) == b"x"
    later.join()


def test_a_line_that_the_board_leaves_is_lost(ends):
    host, board = ends
    board.close()
    with pytest.raises(BoardError, match="connection to the board is lost"):
        for _ in range(3):
            host.read(1, 0.02)
            host.write(b"x")


def test_a_line_that_was_closed_is_lost(ends):
    host, _ = ends
    host.close()
    host.close()
    with pytest.raises(BoardError, match="connection to the board is lost"):
        host.read(1, 0.02)


def test_a_port_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BoardError) as failed:
        SerialTransport(tmp_path / "ttyUSB7")
    assert failed.value.what == "there is no such port" and "ttyUSB7" in failed.value.where


def test_a_port_in_use_is_not_shared():
    master, slave = os.openpty()
    with (
        SerialTransport(os.ttyname(slave)),
        pytest.raises(BoardError, match="another program uses the port"),
    ):
        SerialTransport(os.ttyname(slave))
    os.close(master)
    os.close(slave)
