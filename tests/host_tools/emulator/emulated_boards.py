"""Boards for tests."""

from __future__ import annotations

import pytest

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
