"""Plans for boards that this machine can't emulate: what does not fit is refused, and what takes room is counted."""

from __future__ import annotations

import dataclasses

import pytest
from releases_for_boards import write

from picket_host.board import bundle, folder_plan, release_plan
from picket_host.board.agent import Content, Inventory
from picket_host.board.source import Folder
from picket_host.errors import BoardError, ReleaseError

_BOARD = Inventory(
    platform="esp32", version=(1, 25, 0), mpy="6.3", arch="xtensawin", machine="ESP32", heap_free=100_000,
    block_bytes=4096, blocks=512, blocks_free=500, payload_bytes=8192, deflate=True, native_built_in=False,
    device=None, public_key="", pointer=b"", manifest=b"", pending=False, slots=(), files={},
)


def _board(**changes) -> Inventory:
    return dataclasses.replace(_BOARD, **changes)


@pytest.fixture
def folder(tmp_path):
    return Folder(write(tmp_path / "folder", {"main.py": "x = 1\n", "picket/app.py": "y = 2\n"}))


def test_a_board_whose_machine_code_picket_does_not_make_is_named(folder):
    with pytest.raises(BoardError, match=r"no native module for its architecture \(armv6m\)"):
        folder.files(_board(arch="armv6m"))


def test_a_board_that_loads_other_bytecode_is_named(folder):
    with pytest.raises(BoardError, match=r"loads .mpy version 5.0, not 6.3"):
        folder.files(_board(mpy="5.0", arch="xtensawin"))


def test_a_board_with_the_module_in_its_firmware_needs_none(folder):
    assert set(folder.files(_board(native_built_in=True))) == {"/main.py", "/picket/app.mpy"}


def test_a_folder_brings_the_native_module_of_the_boards_architecture_alone(tmp_path):
    modules = {f"native/{arch}/picket_native.mpy": arch for arch in ("x64", "xtensawin", "rv32imc")}
    folder = Folder(write(tmp_path / "folder", {"main.py": "", "picket/app.py": "y = 2\n", **modules}))
    assert folder.files(_BOARD)["/native/xtensawin/picket_native.mpy"] == b"xtensawin"
    assert len(folder.files(_BOARD)) == 3


def test_a_release_without_the_boards_native_module_is_refused(maker):
    release = bundle.read_folder(maker.release(3, hardware=("esp32",)))
    with pytest.raises(ReleaseError, match=r"no native module for xtensawin \(it has: none\)"):
        release_plan.make(_BOARD, release)
    assert release_plan.make(_board(native_built_in=True), release).moves


def test_nothing_is_planned_when_everything_is_right():
    wanted = {"/main.py": b"x"}
    first = folder_plan.make(_BOARD, wanted)
    manifest = next(record.data for record in first.records if record.data.startswith(b"picket-manifest"))
    files = {"/main.py": Content.of(b"x")}
    plan = folder_plan.make(_board(files=files, manifest=manifest), wanted)
    assert not plan.records and not plan.moves and not plan.garbage and plan.needed_bytes == 0


@pytest.mark.parametrize(("blocks_free", "fits"), [(30, True), (20, False)])
def test_the_flash_must_have_room_for_old_and_new_at_once(blocks_free, fits):
    board = _board(blocks_free=blocks_free, files={"/large.bin": Content(80_000, "00" * 32)})
    wanted = {"/large.bin": bytes(80_000)}  # 20 blocks, and 16 KB stay free
    if fits:
        assert folder_plan.make(board, wanted).needed_bytes <= blocks_free * 4096
    else:
        with pytest.raises(BoardError, match="the flash is too full: .* nothing was written"):
            folder_plan.make(board, wanted)


def test_what_an_earlier_sync_staged_counts_as_room_once_it_is_cleared():
    stale = {"/.picket/stage/0123456789abcdef": Content(80_000, "00" * 32)}
    plan = folder_plan.make(_board(blocks_free=10, files=stale), {"/large.bin": bytes(80_000)})
    assert plan.stale[0] == "/.picket/stage/0123456789abcdef"


def test_boot_py_is_switched_first_when_it_completes_switches_and_last_when_it_does_not():
    others = {"/a.py": b"a", "/main.py": b"m"}
    ours = folder_plan.make(_BOARD, {**others, "/boot.py": b"... /.picket/switch ..."})
    assert ours.moves[0][1] == "/boot.py"
    foreign = folder_plan.make(_BOARD, {**others, "/boot.py": b"print('hello')"})
    assert [target for _, target in foreign.moves] == ["/a.py", "/main.py", "/boot.py", "/.picket/manifest"]
