"""Bringing a folder: real MicroPython as the board, a folder as its flash."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from process_board import ProcessRepl, files
from releases_for_boards import APPLICATION, write

from picket_host import vendor
from picket_host.board.pointer import Pointer
from picket_host.board.sync import Options, SyncResult, sync
from picket_host.errors import BoardError, InputError
from picket_host.paths import DEVICE
from picket_host.release.make import mpy_version

_BOOT = (DEVICE / "boot.py").read_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    application = {path: text.format(version=1) for path, text in APPLICATION.items()}
    return write(tmp_path / "folder", {"boot.py": _BOOT, **application})


def _sync(flash: Path, source: Path, **options) -> SyncResult:
    return sync(ProcessRepl(), source, Options(root=str(flash), restart=False, **options))


def _brought(flash: Path) -> dict[str, bytes]:
    """Files on the flash without Picket's own."""
    return {path: data for path, data in files(flash).items() if not path.startswith("/.picket/")}


def test_a_folder_arrives_compiled_but_for_what_micropython_starts(flash, folder):
    result = _sync(flash, folder)
    found = _brought(flash)
    assert set(found) == {
        "/boot.py", "/main.py", "/picket/app.mpy", "/picket/constant.mpy", "/lib/umqtt/simple.mpy",
    }
    assert found["/boot.py"] == _BOOT and found["/main.py"] == (folder / "main.py").read_bytes()
    assert mpy_version(flash / "picket/app.mpy") == "6.3"
    assert sorted(result.sent) == sorted(found) and result.content_bytes > sum(map(len, found.values()))
    assert [path.name for path in (flash / ".picket").iterdir()] == ["manifest"]


def test_this_checkouts_own_code_comes_with_what_is_not_in_the_repository(flash, monkeypatch):
    fetched = []
    monkeypatch.setattr(vendor, "vendor", lambda names, progress: fetched.extend(names))
    _sync(flash, DEVICE, dry_run=True)
    assert fetched == ["umqtt.simple"]


def test_source_arrives_as_it_is(flash, folder):
    _sync(flash, folder, compiled=False)
    assert _brought(flash) == files(folder)


def test_only_what_differs_travels(flash, folder):
    _sync(flash, folder)
    again = _sync(flash, folder)
    assert not again.changed and again.unchanged == 5 and again.wire_bytes < 50
    write(folder, {"picket/app.py": "VERSION = 2\n"})
    changed = _sync(flash, folder)
    assert changed.sent == ["/picket/app.mpy"] and changed.unchanged == 4
    assert not _sync(flash, folder).changed


def test_large_files_and_every_byte_arrive(flash, folder):
    data = bytes(range(256)) * 400 + b"\xa5\x5a" * 3000 + b"\x03" * 5000
    write(folder, {"table.bin": data, "empty.bin": b"", "with space.txt": "a\tb"})
    _sync(flash, folder)
    found = _brought(flash)
    assert found["/table.bin"] == data and found["/empty.bin"] == b"" and found["/with space.txt"] == b"a\tb"


def test_only_what_picket_brought_is_deleted(flash, folder):
    write(folder, {"picket/old.py": "a = 1\n", "picket/sub/one.py": "b = 1\n", "picket/touched.py": "c = 1\n"})
    _sync(flash, folder)
    write(flash, {"picket/touched.mpy": b"somebody's own", "picket/foreign.txt": b"foreign", "diary.txt": b"dear"})
    for name in ("old", "sub/one", "touched"):
        (folder / "picket" / f"{name}.py").unlink()
    result = _sync(flash, folder)
    assert result.deleted == ["/picket/old.mpy", "/picket/sub/one.mpy"] and result.kept == ["/picket/touched.mpy"]
    found = _brought(flash)
    assert "/picket/old.mpy" not in found and not (flash / "picket/sub").exists()
    assert found["/picket/touched.mpy"] == b"somebody's own"
    assert found["/picket/foreign.txt"] == b"foreign" and found["/diary.txt"] == b"dear"


def test_a_module_that_would_be_imported_instead_goes(flash, folder):
    write(flash, {"picket/app.py": "an older application, by another tool"})
    assert _sync(flash, folder).deleted == ["/picket/app.py"]
    assert _sync(flash, folder, compiled=False).deleted == [
        "/lib/umqtt/simple.mpy", "/picket/app.mpy", "/picket/constant.mpy",
    ]
    assert set(_brought(flash)) == set(files(folder))


def test_configuration_and_what_the_board_writes_are_never_touched(flash, folder):
    own = {
        "config.json": json.dumps({"device": {"id": "press-1"}}), "certs/ca.der": b"ca", "state/boot": b"7",
        "outbox/7-1": b"alert", "slots/3/main.py": b"slot",
    }
    write(flash, own)
    write(folder, dict.fromkeys(own, b"from the folder"))
    result = _sync(flash, folder)
    found = _brought(flash)
    assert {path: found[f"/{path}"] for path in own} == {
        path: data if isinstance(data, bytes) else data.encode() for path, data in own.items()
    }
    assert result.protected == ["config.json", "certs", "state", "outbox", "slots"] and result.device == "press-1"


def test_ignore_rules_leave_out_and_take_in_again(flash, folder):
    write(folder, {
        ".picketignore": "# not for boards\n*.md\n/notes/\npicket/draft*\n!picket/draft_kept.py\n",
        "README.md": "x", "picket/README.md": "x", "notes/a.txt": "x", "picket/notes/b.txt": "x",
        "picket/draft_one.py": "x = 1\n", "picket/draft_kept.py": "x = 1\n", ".git/config": "x",
        "picket/__pycache__/app.pyc": "x", "lib/umqtt/LICENCE": "x",
    })
    _sync(flash, folder)
    assert set(_brought(flash)) == {
        "/boot.py", "/main.py", "/picket/app.mpy", "/picket/constant.mpy", "/lib/umqtt/simple.mpy",
        "/picket/notes/b.txt", "/picket/draft_kept.mpy",
    }


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(flash, folder):
    write(flash, {"picket/app.py": "older"})
    before = files(flash)
    planned = _sync(flash, folder, dry_run=True)
    assert files(flash) == before and planned.dry_run and planned.changed
    done = _sync(flash, folder)
    assert (planned.sent, planned.deleted, planned.content_bytes) == (done.sent, done.deleted, done.content_bytes)


def test_what_a_release_had_made_active_gives_way_to_the_folder(flash, folder):
    pointer = Pointer(app=4, model=5, state="trial", boots=2, highest=6, previous={"app": 1, "model": 1})
    write(flash, {"slots/active.json": pointer.encode(), "slots/4/main.py": b"slot"})
    _sync(flash, folder)
    found = Pointer.decode((flash / "slots/active.json").read_bytes())
    assert found == Pointer(app=0, model=5, highest=6)
    write(folder, {"model/model.json": "{}"})
    _sync(flash, folder)
    assert Pointer.decode((flash / "slots/active.json").read_bytes()) == Pointer(app=0, model=0, highest=6)


def test_a_module_that_does_not_compile_leaves_the_board_alone(flash, folder):
    _sync(flash, folder)
    before = files(flash)
    write(folder, {"picket/app.py": "def broken(:\n"})
    with pytest.raises(Exception, match="SyntaxError"):
        _sync(flash, folder)
    assert files(flash) == before


def test_two_files_for_one_place_are_refused(flash, folder):
    write(folder, {"picket/app.mpy": b"M"})
    with pytest.raises(InputError, match=r"picket/app.mpy would come from two files"):
        _sync(flash, folder)


def test_a_folder_in_a_files_place_is_named(flash, folder):
    write(flash, {"main.py/file": b"x"})
    with pytest.raises(BoardError, match="board: /main.py: a folder is there, a file shall be"):
        _sync(flash, folder)


def test_what_is_not_there_or_no_bundle_is_refused(flash, tmp_path):
    with pytest.raises(InputError, match="no such folder or bundle"):
        _sync(flash, tmp_path / "nothing")
    with pytest.raises(InputError, match="the file is no bundle"):
        _sync(flash, write(tmp_path, {"file.zip": b"PK"}) / "file.zip")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="nothing in the folder"):
        _sync(flash, tmp_path / "empty")
