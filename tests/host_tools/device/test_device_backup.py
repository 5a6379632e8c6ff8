"""Backup and restore: all of a board in one archive, checked at both ends, and no alert taken for an old one."""

from __future__ import annotations

import stat
import zipfile
import zlib

import pytest

from picket_host.board.backup import backup, read_archive, restore
from picket_host.errors import InputError


def _boot(count):
    return b"%d %08x\n" % (count, zlib.crc32(b"%d" % count))


@pytest.fixture
def used_session(picket_session):
    """A board that has been at work: boot counter, a waiting alert, a certificate."""
    picket_session.refresh()
    picket_session.write_file("/state/boot", _boot(41))
    picket_session.write_file("/outbox/41-1", b"\x01" * 100)
    picket_session.write_file("/certs/ca.der", b"0\x82")
    return picket_session


def test_what_was_lost_comes_back_and_the_rest_stays(used_session, tmp_path):
    session, archive = used_session, tmp_path / "board.zip"
    made = backup(session, archive, everything=False)
    assert made.device == "plant-a/press-1"
    assert made.secrets == ("/certs/ca.der", "/config.json")
    config = session.read_file("/config.json")
    session.write_file("/config.json", b"{}")
    session.remove_file("/outbox/41-1")
    session.write_file("/outbox/50-1", b"\x02" * 100)
    done = restore(session, archive, everything=False)
    assert done.written == ("/outbox/41-1", "/state/boot", "/config.json")
    assert session.read_file("/config.json") == config
    assert session.read_file("/outbox/41-1") == b"\x01" * 100
    assert session.read_file("/outbox/50-1") == b"\x02" * 100
    assert done.boot > 41
    assert session.read_file("/state/boot") == _boot(done.boot)


def test_the_boot_counter_never_falls_behind_the_boards_own(used_session, tmp_path):
    backup(used_session, tmp_path / "board.zip", everything=False)
    used_session.write_file("/state/boot", _boot(5000))
    assert restore(used_session, tmp_path / "board.zip", everything=False).boot > 5000


def test_the_archive_holds_every_file_of_the_board_for_this_user_alone(used_session, tmp_path):
    archive = tmp_path / "board.zip"
    sizes = {file.path: file.size for file in used_session.files("/picket/sensors") + used_session.files("/model")}
    backup(used_session, archive)
    manifest, files = read_archive(archive)
    assert sizes.items() <= {path: len(data) for path, data in files.items()}.items()
    assert files["/boot.py"] == used_session.read_file("/boot.py")
    assert manifest["device"] == "plant-a/press-1"
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600


def test_an_archive_is_not_overwritten(tmp_path):
    (tmp_path / "board.zip").write_bytes(b"precious")
    with pytest.raises(InputError, match="there already"):
        backup(None, tmp_path / "board.zip")
    assert (tmp_path / "board.zip").read_bytes() == b"precious"


def _archive(path, content, digest, name="/config.json"):
    import json

    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(f"files{name}", content)
        entry = {"path": name, "size": len(content), "sha256": digest}
        packed.writestr("backup.json", json.dumps({"format": 1, "files": [entry]}))


@pytest.mark.parametrize("path", ["config.json", "/../etc/passwd", "/a/../../b"])
def test_paths_that_lead_elsewhere_are_refused(tmp_path, path):
    import hashlib

    _archive(tmp_path / "a.zip", b"{}", hashlib.sha256(b"{}").hexdigest(), path)
    with pytest.raises(InputError, match="names the path"):
        read_archive(tmp_path / "a.zip")


def test_a_changed_archive_is_refused(tmp_path):
    _archive(tmp_path / "a.zip", b"{}", "00" * 32)
    with pytest.raises(InputError, match="/config.json is not what was backed up"):
        read_archive(tmp_path / "a.zip")


def test_anything_else_is_no_backup(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(InputError, match="no backup"):
        read_archive(tmp_path / "a.zip")


class _SmallBoard:
    """A session with a board that has hardly any room."""

    port = "small"
    written: tuple = ()

    def refresh(self):
        pass

    def files(self):
        return []

    def ask(self, source):
        return [4096, 8192]


def test_what_does_not_fit_is_refused_before_anything_is_written(tmp_path):
    import hashlib

    _archive(tmp_path / "a.zip", bytes(9000), hashlib.sha256(bytes(9000)).hexdigest())
    with pytest.raises(InputError, match="the board has 8192 free"):
        restore(_SmallBoard(), tmp_path / "a.zip")
