"""Boards for tests."""

from __future__ import annotations

import pytest

from picket_host.board.transport import SerialTransport
from picket_host.emulator.emulator import Emulator
from picket_host.errors import EnvironmentError_


def switched_on(**options) -> Emulator:
    """An emulated board that runs; skips the test where QEMU or the compiler is missing. Options as `Emulator` has."""
    board = Emulator(**options)
    try:
        board.start()
    except EnvironmentError_ as error:
        pytest.skip(str(error))
    return board


def console_until(board: Emulator, text: bytes) -> bytes:
    """What the board prints, up to and with the text."""
    said = b""
    with SerialTransport(board.pty) as transport:
        while text not in said:
            more = transport.read(4096, 20.0)
            assert more, said
            said += more
    return said
