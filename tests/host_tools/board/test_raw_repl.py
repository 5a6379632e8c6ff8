"""The raw REPL: against real MicroPython on the emulated board, and against lines where nothing sensible answers."""

from __future__ import annotations

import binascii

import pytest

from picket_host.board.raw_repl import BoardTraceback, RawRepl
from picket_host.board.transport import LoopbackTransport
from picket_host.errors import BoardError


def test_what_a_program_prints_comes_back(repl):
    assert repl.exec("print(6 * 7)") == b"42\r\n"
    assert repl.exec("") == b""


def test_a_program_larger_than_every_buffer_gets_through(repl):
    text = "".join(chr(33 + i % 90) for i in range(20_000)).replace("\\", "/").replace("'", "`")
    found = repl.exec(f"import binascii\nprint(binascii.crc32('''{text}'''))", 60)
    assert int(found) == binascii.crc32(text.encode())


def test_much_output_comes_back_whole(repl):
    assert repl.exec("for i in range(3000): print(i)", 60).split() == [str(i).encode() for i in range(3000)]


def test_an_exception_brings_output_and_traceback(repl):
    with pytest.raises(BoardTraceback, match="ended with ZeroDivisionError: divide by zero") as failed:
        repl.exec("print('before')\n1 / 0")
    assert failed.value.output == b"before\r\n"
    assert 'File "<stdin>", line 2' in failed.value.traceback
    assert repl.exec("print('after')") == b"after\r\n"


def test_output_is_handed_on_as_it_comes(repl):
    """The next line is printed only when the last one has been handed on."""
    pieces = []

    def take(piece):
        pieces.append(piece)
        if piece.endswith(b"\n"):
            repl.transport.write(b"x")

    repl.start("import sys\nfor i in range(3):\n    print(i)\n    sys.stdin.read(1)")
    assert repl.follow(60, take) == b""
    assert b"".join(pieces) == b"0\r\n1\r\n2\r\n"


def test_a_silent_program_is_given_up_and_interrupted_by_the_next_entry(repl):
    with pytest.raises(BoardError, match="silent for 0.2 s"):
        repl.exec("while True: pass", 0.2)
    repl.enter()
    assert repl.exec("print(1)") == b"1\r\n"


def test_a_program_that_was_started_can_be_talked_to(repl):
    repl.start("import sys\nsys.stdout.write(sys.stdin.readline().upper())")
    repl.transport.write(b"hello\n")
    assert repl.follow(60) == b"HELLO\r\n"


def test_a_soft_reset_empties_the_heap(repl):
    repl.exec("kept = 1")
    assert repl.exec("print('kept' in globals())") == b"True\r\n"
    repl.enter(soft_reset=True)
    assert repl.exec("print('kept' in globals())") == b"False\r\n"


@pytest.mark.parametrize("said", [b"", b"ets Jul 29 2019 12:21:46\r\nwaiting for download\r\n"])
def test_what_is_no_raw_repl_is_told(said):
    host, board = LoopbackTransport.pair("ttyX")
    board.write(said)
    with pytest.raises(BoardError, match="does not answer as MicroPython does"):
        RawRepl(host).enter(timeout_s=0.05)


def test_a_line_that_is_lost_meanwhile_is_told():
    host, board = LoopbackTransport.pair("ttyX")
    board.close()
    with pytest.raises(BoardError, match="ttyX: the connection to the board is lost"):
        RawRepl(host).enter()
