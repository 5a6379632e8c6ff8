"""The board's console: its log read line by line, and the terminal that passes keys on."""

from __future__ import annotations

import threading
import time

import pytest

from picket_host.board.logs import LogLine, follow, parse
from picket_host.board.terminal import talk
from picket_host.board.transport import LoopbackTransport
from picket_host.errors import BoardError


def test_a_line_of_the_log_is_taken_apart():
    assert parse("[1234] WARN wifi: plant: not connected") == LogLine("plant: not connected", 1234, "WARN", "wifi")


def test_any_other_line_is_kept_as_it_is():
    assert parse("ALERT 7 1 inner_race on=1 win=9") == LogLine("ALERT 7 1 inner_race on=1 win=9")


def test_lines_come_whole_however_they_were_sent():
    host, board = LoopbackTransport.pair()
    text = b"[1] INFO app: one\r\nplain\nlast without an end"
    for i in range(0, len(text), 3):
        board.write(text[i : i + 3])
    assert [line.text for line in follow(host, seconds=0.5)] == ["one", "plain", "last without an end"]


def test_a_line_begun_when_the_time_is_up_is_read_to_its_end():
    class Late:
        """The line's end comes after the time to listen for."""

        def __init__(self, *pieces):
            self._pieces = list(pieces)

        def read(self, n, timeout_s):
            if not self._pieces:
                return b""
            time.sleep(0.02)
            return self._pieces.pop(0)

    pieces = b"[1] INFO app: one\r\n[2] WARN pump: dr", b"y", b"\r", b"\n[3] WARN pump: dr"
    one, dry = LogLine("one", 1, "INFO", "app"), LogLine("dry", 2, "WARN", "pump")
    assert list(follow(Late(*pieces), seconds=0.01)) == [one, dry]


def test_what_has_no_end_is_not_taken_for_a_line_of_the_log():
    host, board = LoopbackTransport.pair()
    board.write(b"[1] INFO app: one\r\n[2] WARN pump: dr")
    assert list(follow(host, seconds=0.1)) == [LogLine("one", 1, "INFO", "app"), LogLine("[2] WARN pump: dr")]


def test_a_line_without_end_is_given_out_in_pieces():
    host, board = LoopbackTransport.pair()
    board.write(b"x" * 10_000)
    assert "".join(line.text for line in follow(host, seconds=0.5)) == "x" * 10_000


def test_a_lost_line_ends_the_log_with_an_error():
    host, board = LoopbackTransport.pair()
    board.write(b"last words\r\n")
    board.close()
    lines = follow(host)
    assert next(lines).text == "last words"
    with pytest.raises(BoardError, match="lost"):
        next(lines)


class _Keyboard:
    """Gives keys one by one; Ctrl-] once the screen shows what was waited for."""

    def __init__(self, keys, awaited):
        self._keys = list(keys)
        self._awaited = awaited
        self.shown = b""

    def readchar(self):
        if self._keys:
            return self._keys.pop(0)
        return b"\x1d" if self._awaited in self.shown else None

    def write(self, data):
        self.shown += data


def _echo(board):
    try:
        while True:
            board.write(board.read(100, 30.0).upper())
    except BoardError:
        pass


def test_keys_go_to_the_board_and_its_answer_to_the_screen_until_ctrl_bracket():
    host, board = LoopbackTransport.pair()
    thread = threading.Thread(target=_echo, args=(board,))
    thread.start()
    keyboard = _Keyboard([b"a", None, b"\x03", b"b"], b"A\x03B")
    talk(host, keyboard)
    host.close()
    thread.join()
    assert keyboard.shown == b"A\x03B"


def test_the_terminal_ends_when_the_line_is_lost():
    host, board = LoopbackTransport.pair()
    board.close()
    with pytest.raises(BoardError, match="lost"):
        talk(host, _Keyboard([], b"never"))
