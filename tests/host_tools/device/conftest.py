"""Emulated boards to attend to; without QEMU or the compiler for RISC-V their tests are skipped with that reason."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from picket_flash import flash_of, wait_until_written, write_flash

from picket_host.board.session import Session, connect
from picket_host.emulator.board.frozen import memory_map
from picket_host.emulator.emulator import Emulator
from picket_host.errors import EnvironmentError_
from picket_host.paths import DEVICE, TESTS

sys.path.insert(0, str(TESTS / "host_tools" / "emulator"))

from emulated_boards import switched_on  # noqa: E402

_HEAP_BYTES = 220_000  # the emulated board has the native module's code on its heap, an ESP32 elsewhere


@pytest.fixture(autouse=True)
def _device_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """`picket.update.slots` makes pointer files."""
    monkeypatch.syspath_prepend(str(DEVICE))


@pytest.fixture(scope="session")
def picket_image(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The flash of a board with Picket on it."""
    folder = tmp_path_factory.mktemp("picket-flash")
    try:
        write_flash(folder)
    except EnvironmentError_ as error:
        pytest.skip(str(error))
    board = switched_on(flash=folder)
    board.cut_power()
    image = flash_of(board)
    board.stop()
    return image


@pytest.fixture(scope="session")
def _picket_board(picket_image: bytes) -> Iterator[Emulator]:
    board = switched_on(heap_bytes=_HEAP_BYTES)
    yield board
    board.stop()


@pytest.fixture
def picket_board(_picket_board: Emulator, picket_image: bytes) -> Emulator:
    """A board with Picket, as it came from whoever provisioned it, just switched on."""
    _restart(_picket_board, picket_image)
    return _picket_board


@pytest.fixture
def picket_session(picket_board: Emulator) -> Iterator[Session]:
    with connect(picket_board.pty) as session:
        yield session


@pytest.fixture(scope="session")
def _board_with_main(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Emulator, bytes]]:
    folder = tmp_path_factory.mktemp("boot-alone")
    (folder / "boot.py").write_bytes((DEVICE / "boot.py").read_bytes())
    board = switched_on(flash=folder)
    board.cut_power()
    yield board, flash_of(board)
    board.stop()


@pytest.fixture
def board_with_main(_board_with_main: tuple[Emulator, bytes]) -> Callable[..., Emulator]:
    """A function: source of main.py -> a board with Picket's boot.py that has just been switched on with it.

    With ``until``, a text that does not stand in the source, it returns once main.py has written that to a file.
    """
    board, image = _board_with_main

    def switch_on(main: str, until: str = "") -> Emulator:
        _restart(board, image)
        board.run(f"with open('/main.py', 'w') as f: f.write({main!r})")
        board.cut_power()
        board.start()
        wait_until_written(board, until)
        return board

    return switch_on


def _restart(board: Emulator, image: bytes) -> None:
    board.cut_power()
    board.write_memory(memory_map.FLASH, image)
    board.start()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Where a backup goes."""
    return tmp_path / "board.zip"
