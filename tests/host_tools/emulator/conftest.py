"""Emulated boards for tests; without QEMU or the compiler for RISC-V their tests are skipped with that reason."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from emulated_boards import switched_on

from picket_host import natmod
from picket_host.emulator.emulator import Emulator
from picket_host.errors import EnvironmentError_
from picket_host.paths import TESTS

sys.path.insert(0, str(TESTS / "support"))


@pytest.fixture(scope="session")
def shared_board() -> Iterator[Emulator]:
    """One board for all tests that leave nothing behind on its flash; its heap holds the module with every operator."""
    board = switched_on(heap_bytes=500_000)
    yield board
    board.stop()


@pytest.fixture
def board() -> Iterator[Emulator]:
    """A board with an empty flash."""
    board = switched_on()
    yield board
    board.stop()


@pytest.fixture(scope="session")
def native_module() -> Path:
    """picket_native.mpy for the board."""
    try:
        return natmod.build("rv32imc").path
    except EnvironmentError_ as error:
        pytest.skip(str(error))
