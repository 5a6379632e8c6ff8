"""Boards for tests."""

from __future__ import annotations

import pytest

from picket_host.board.transport import SerialTransport
from picket_host.emulator.emulator import Emulator
from picket_host.errors import EnvironmentError_

_CTRL_D = b"\x04"
_SILENCE_S = 20.0
_STARTS = 4


def switched_on(**options) -> Emulator:
    """An emulated board that runs; skips the test where QEMU or the compiler is missing. Options as `Emulator` has."""
    board = Emulator(**options)
    try:
        board.start()
    except EnvironmentError_ as error:
        pytest.skip(str(error))
    return board


def console_until(board: Emulator, text: bytes) -> bytes:
    """What the board prints, up to and with the text. It is started softly when it has fallen silent before that: what
    it prints while nobody has the port open is lost."""
    said = b""
    with SerialTransport(board.pty) as transport:
        for _ in range(_STARTS):
            while more := transport.read(4096, _SILENCE_S):
                said += more
                if text in said:
                    return said
            transport.write(_CTRL_D)
    raise AssertionError(f"{text!r} was not printed: {said!r}")
