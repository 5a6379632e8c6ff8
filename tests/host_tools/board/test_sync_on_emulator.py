"""Syncing to the emulated board: real MicroPython for RISC-V, littlefs, raw REPL and all, behind a pty."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from emulated_boards import console_until, switched_on
from releases_for_boards import Maker, write

from picket_host.bench.sync import hashes
from picket_host.board import bundle
from picket_host.board.agent import Agent, Inventory
from picket_host.board.raw_repl import RawRepl
from picket_host.board.source import Folder
from picket_host.board.sync import Options, SyncResult, sync
from picket_host.board.transport import SerialTransport
from picket_host.emulator.emulator import Emulator
from picket_host.errors import BoardError, ReleaseError
from picket_host.paths import DEVICE


@pytest.fixture(scope="module")
def board() -> Iterator[Emulator]:
    """A board for the tests of this file: each brings what it needs."""
    emulator = switched_on()
    yield emulator
    emulator.stop()


class _CutLine(SerialTransport):
    """The cable is pulled, and the power with it, after so many bytes."""

    def __init__(self, board: Emulator, left: int | None = None):
        super().__init__(board.pty)
        self.sent = 0
        self._board = board
        self._left = left

    def write(self, data: bytes) -> None:
        through = data if self._left is None else data[: max(0, self._left - self.sent)]
        super().write(through)
        self.sent += len(through)
        if len(through) < len(data):
            self._board.cut_power()
            raise BoardError("the connection to the board is lost", self.name)


def _sync(board: Emulator, source: Path, **options) -> SyncResult:
    with SerialTransport(board.pty) as transport:
        return sync(RawRepl(transport), source, Options(**options))


def _run(board: Emulator, program: str) -> str:
    with SerialTransport(board.pty) as transport, RawRepl(transport) as repl:
        repl.enter(soft_reset=True)
        return repl.exec(program, 60).decode()


def test_the_whole_device_tree_with_its_native_module_arrives(board):
    done = _sync(board, DEVICE, restart=False)
    assert done.bytes_per_second > 0 and "/native/rv32imc/picket_native.mpy" in done.sent
    with SerialTransport(board.pty) as transport:
        repl = RawRepl(transport)
        again = sync(repl, DEVICE, Options(restart=False, dry_run=True))
        assert not again.changed and again.unchanged == len(done.sent)
        wanted = Folder(DEVICE).files(_inventory(repl))
    found = hashes(board)
    assert {path: hashlib.sha256(data).hexdigest() for path, data in wanted.items()} == {
        path: digest for path, digest in found.items() if not path.startswith("/.picket")
    }
    loaded = "import gc\ngc.collect()\nimport picket_native, picket.config\nprint(picket_native.__file__)"
    assert _run(board, loaded).strip() == "/native/rv32imc/picket_native.mpy"


def _inventory(repl: RawRepl) -> Inventory:
    agent = Agent(repl)
    try:
        return agent.start([], None)
    finally:
        agent.quit()


def _small(folder: Path, version: int) -> Path:
    data = hashlib.sha256(bytes([version])).digest() * 300
    started = {"boot.py": (DEVICE / "boot.py").read_bytes(), "main.py": f"print('version', {version})\n"}
    return write(folder, {**started, "data.bin": data, "app/one.py": f"ONE = {version}\n", "app/two.py": "TWO = 2\n"})


def test_power_cut_anywhere_in_a_sync_leaves_a_board_that_boots_and_the_next_completes(board, tmp_path):
    old, new = _small(tmp_path / "old", 1), _small(tmp_path / "new", 2)
    _sync(board, old, restart=False)
    with _CutLine(board) as line:
        sync(RawRepl(line), new, Options(restart=False))
        total = line.sent
    for cut in (total // 50, total // 3, total - 700, total - 60, total - 5):
        _sync(board, old, restart=False)
        with _CutLine(board, cut) as line, pytest.raises(BoardError, match="connection to the board is lost"):
            sync(RawRepl(line), new, Options(restart=False))
        board.start()
        said = console_until(board, b"version ")
        found = hashes(board)
        arrived = {path: found[path] == _digest(new / path[1:]) for path in ("/data.bin", "/main.py")}
        assert len(set(arrived.values())) == 1, (cut, said)
        _sync(board, new, restart=False)
        assert not _sync(board, new, restart=False, dry_run=True).changed


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_sync_ends_with_the_new_application_started(board, tmp_path):
    _sync(board, _small(tmp_path / "folder", 7))
    assert b"version 7" in console_until(board, b"version 7")


def test_a_flash_that_is_too_full_is_told_before_anything_is_written(board, tmp_path):
    _run(board, "f = open('/filler', 'wb')\nb = bytes(4096)\nfor i in range(850): f.write(b)\nf.close()")
    try:
        before = hashes(board)
        large = write(tmp_path / "large", {"main.py": "", "large.bin": bytes(range(256)) * 3000})
        message = r"flash is too full: \d+ KB are needed, \d+ KB are free; nothing was written"
        with pytest.raises(BoardError, match=message):
            _sync(board, large, restart=False)
        assert hashes(board) == before
    finally:
        _run(board, "import os\nos.remove('/filler')")


def test_a_bundle_is_checked_on_the_board_and_runs_from_its_slot(board, maker, tmp_path):
    configuration = {"device": {"id": "press-1"}, "update": {"public_key": maker.key.public_key}}
    _run(board, f"f = open('/config.json', 'w')\nf.write({json.dumps(configuration)!r})\nf.close()")
    file = tmp_path / "line.zip"
    bundle.make(file, [maker.release(4)], maker.key.seed_file, ["rv32imc", "x64"])
    done = _sync(board, file)
    assert (done.sequence, done.key_from, done.device, done.proven_vectors) == (4, "board", "press-1", 3)
    assert "native/rv32imc/picket_native.mpy" in (*done.sent, *done.copied)
    assert not any("x64" in path for path in done.sent)
    assert b"application 4" in console_until(board, b"application 4")
    where = "import gc, os\ngc.collect()\nimport picket_native\nprint(os.getcwd(), picket_native.__file__)"
    assert _run(board, where).split() == ["/slots/4", "/slots/4/native/rv32imc/picket_native.mpy"]
    assert not _sync(board, file, restart=False).changed


@pytest.mark.parametrize(
    ("architectures", "options", "message"),
    [
        (["x64"], {}, r"no native module for rv32imc \(it has: x64\)"),
        (["rv32imc"], {"hardware": ("esp32",)}, "the release is for esp32, this device is qemu"),
    ],
)
def test_a_bundle_for_other_boards_is_refused(board, maker, tmp_path, architectures, options, message):
    file = tmp_path / "line.zip"
    bundle.make(file, [maker.release(9, **options)], maker.key.seed_file, architectures)
    _run(board, "import os\ntry:\n os.remove('/config.json')\nexcept OSError:\n pass")
    with pytest.raises(ReleaseError, match=message):
        _sync(board, file, restart=False, public_key=maker.public)


def test_a_bundle_of_another_maker_is_refused(board, maker, tmp_path):
    configuration = {"device": {"id": "press-1"}, "update": {"public_key": maker.key.public_key}}
    _run(board, f"f = open('/config.json', 'w')\nf.write({json.dumps(configuration)!r})\nf.close()")
    (tmp_path / "other").mkdir()
    other = Maker(tmp_path / "other")
    bundle.make(tmp_path / "line.zip", [other.release(9)], other.key.seed_file, ["rv32imc"])
    with pytest.raises(ReleaseError, match="signature does not fit the device's public key"):
        _sync(board, tmp_path / "line.zip", restart=False)
