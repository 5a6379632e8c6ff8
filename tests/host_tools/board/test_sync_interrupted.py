"""The cable pulled after byte n of a sync, for n over the whole of it, and the power with it.

Each time, what the board would start is all old or all new, and the same sync then completes.
"""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path

import pytest
from process_board import ProcessRepl, ProcessTransport, files
from releases_for_boards import APPLICATION, write

from picket_host.board.sync import Options, SyncResult, sync
from picket_host.errors import BoardError
from picket_host.paths import DEVICE

_STEPS = 110  # of each sync
_HEAP = "130k"  # so small that a block is one of 2 KB: more frames to be cut


def _application(folder: Path, version: int) -> Path:
    noise = random.Random(version)
    own = {f"data/{number}.bin": noise.randbytes(900 + 700 * number) for number in range(4)}
    texts = {path: text.format(version=version) for path, text in APPLICATION.items()}
    only = {f"picket/only_{version}.py": f"ONLY = {version}\n" * 50}
    return write(folder, {"boot.py": (DEVICE / "boot.py").read_bytes(), **texts, **own, **only})


def _sync(flash: Path, source: Path, cut: int | None = None, **options) -> tuple[SyncResult | None, int]:
    """(what was done, None when the cable was pulled; bytes that were sent)."""
    transport = ProcessTransport()
    transport.left = cut
    try:
        repl = ProcessRepl(transport, _HEAP)
        return sync(repl, source, Options(root=str(flash), restart=False, **options)), transport.sent
    except BoardError as error:
        assert cut is not None and "connection to the board is lost" in error.what
        return None, transport.sent
    finally:
        transport.pull()


def _start(flash: Path) -> str:
    """What the board's own boot.py does at a start: the folder of the application."""
    spec = importlib.util.spec_from_file_location("boot_of_the_board", flash / "boot.py")
    boot = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(boot)
    boot.finish(str(flash))
    return boot.choose(str(flash))[0]


def _running(flash: Path) -> dict[str, bytes]:
    """The files of the application that the board starts."""
    found = files(Path(_start(flash)))
    return {path: data for path, data in found.items() if not path.startswith(("/.picket/", "/slots/"))}


def _cuts(total: int) -> list[int]:
    return sorted({round(total * step / _STEPS) for step in range(_STEPS)} | {total - 1})


def _copy(tree: dict[str, bytes], flash: Path) -> Path:
    return write(flash, {path[1:]: data for path, data in tree.items()})


def test_a_folder_cut_at_any_byte_is_all_old_or_all_new_and_completes(tmp_path):
    old, new = _application(tmp_path / "old", 1), _application(tmp_path / "new", 2)
    board = tmp_path / "board"
    board.mkdir()
    _sync(board, old)
    before, first = files(board), _running(board)
    _, total = _sync(board, new)
    after, second = files(board), _running(board)
    outcomes, resumed = set(), 0
    for cut in _cuts(total):
        flash = _copy(before, tmp_path / f"cut-{cut}")
        assert _sync(flash, new, cut)[0] is None
        running = _running(flash)
        assert running in (first, second), cut
        outcomes.add(running == second)
        done, _ = _sync(flash, new)
        assert done is not None and files(flash) == after, cut
        resumed += done.staged
    assert False in outcomes and resumed > 0


def test_a_board_without_boot_py_is_completed_by_the_next_sync(tmp_path):
    new = _application(tmp_path / "new", 2)
    board = tmp_path / "board"
    board.mkdir()
    _, total = _sync(board, new)
    after = files(board)
    for cut in _cuts(total)[::8]:
        flash = tmp_path / f"cut-{cut}"
        flash.mkdir()
        assert _sync(flash, new, cut)[0] is None
        _sync(flash, new)
        assert files(flash) == after, cut


@pytest.mark.parametrize("old", [3, None])
def test_a_release_cut_at_any_byte_leaves_the_old_one_running_and_completes(tmp_path, maker, old):
    options = {"public_key": maker.public}
    board = tmp_path / "board"
    board.mkdir()
    if old:
        _sync(board, maker.release(old), **options)
    else:
        _sync(board, _application(tmp_path / "factory", 1))
    before, first = files(board), _running(board)
    new = maker.release(4)
    _, total = _sync(board, new, **options)
    after, second = files(board), _running(board)
    assert second == files(new) and first != second
    for cut in _cuts(total)[:: 2 if old else 6]:
        flash = _copy(before, tmp_path / f"cut-{cut}")
        assert _sync(flash, new, cut, **options)[0] is None
        assert _running(flash) in (first, second), cut
        _sync(flash, new, **options)
        assert files(flash) == after, cut


def test_a_begun_large_file_is_gone_on_with(tmp_path):
    folder = write(tmp_path / "folder", {"main.py": b"1", "large.bin": random.Random(1).randbytes(150_000)})
    flash = tmp_path / "flash"
    flash.mkdir()
    assert _sync(flash, folder, cut=120_000)[0] is None
    done, sent = _sync(flash, folder)
    assert done is not None and sent < 75_000  # a power cut costs 32 KB of it, and the programs are some 11 KB
    assert (flash / "large.bin").read_bytes() == (folder / "large.bin").read_bytes()


def test_what_another_sync_had_staged_is_cleared_away(tmp_path):
    first, second = _application(tmp_path / "one", 1), _application(tmp_path / "two", 2)
    flash = tmp_path / "flash"
    flash.mkdir()
    _, total = _sync(tmp_path / "flash", first)
    again = tmp_path / "again"
    again.mkdir()
    _sync(again, second, cut=total - 3000)
    assert list((again / ".picket/stage").iterdir())
    _sync(again, first)
    assert files(again) == files(flash)
