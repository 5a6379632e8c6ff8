"""An emulated board behind its serial port; without QEMU or the compiler for RISC-V the tests are skipped."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from releases_for_boards import Maker

from picket_host.board.raw_repl import RawRepl
from picket_host.board.transport import SerialTransport
from picket_host.emulator.emulator import Emulator
from picket_host.paths import TESTS

sys.path.insert(0, str(TESTS / "host_tools" / "emulator"))

from emulated_boards import switched_on  # noqa: E402


@pytest.fixture(scope="session")
def emulated() -> Iterator[Emulator]:
    """One board for all tests that leave nothing behind on its flash."""
    board = switched_on()
    yield board
    board.stop()


@pytest.fixture
def repl(emulated: Emulator) -> Iterator[RawRepl]:
    """Its raw REPL, with an empty heap."""
    with SerialTransport(emulated.pty) as transport, RawRepl(transport) as repl:
        repl.enter(soft_reset=True)
        yield repl


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    """Makes signed releases."""
    folder = tmp_path / "workshop"
    folder.mkdir()
    return Maker(folder)


@pytest.fixture
def flash(tmp_path: Path) -> Path:
    """The flash of a board that runs as processes (see `process_board`)."""
    folder = tmp_path / "flash"
    folder.mkdir()
    return folder
