"""Backup and restore: what is on a board and belongs to it, in one archive with hashes."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from picket_host.board.info import read_info
from picket_host.board.session import Session
from picket_host.errors import InputError
from picket_host.progress import SILENT, Progress

_FORMAT = 1
_MANIFEST = "backup.json"
_LARGEST = 64 << 20  # bytes of a file in an archive: more than any board has
_DATA = ("/config.json", "/certs/", "/state/", "/outbox/")
_SECRET = ("/config.json", "/certs/")
_LAST = ("/slots/active.json", "/config.json")
_BOOT_PATH = "/state/boot"
# An alert is known by boot and number. The board may have started many times after its backup.
_BOOT_MARGIN = 1000
_LEFTOVER = re.compile(r"\.new$|^/selftest\.tmp$")


@dataclass(frozen=True)
class Backup:
    """An archive that was made.

    Attributes:
        device: group and id, if it had them.
        files, size: how many files, and their bytes.
        secrets: files in it that hold passwords or keys.
    """

    archive: Path
    device: str | None
    files: int
    size: int
    secrets: tuple[str, ...]


@dataclass(frozen=True)
class Restored:
    """What a restore did.

    Attributes:
        written: paths that were other or missing on the board.
        unchanged: how many were equal.
        boot: the boot counter that the board goes on from, if there is one in the archive.
    """

    port: str
    written: tuple[str, ...]
    unchanged: int
    boot: int | None


def backup(session: Session, archive: Path, everything: bool = True, progress: Progress = SILENT) -> Backup:
    """Copy a board's files into an archive that only this user can read.

    Args:
        everything: the application, too; else configuration, certificates, state and outbox alone.

    Raises:
        InputError: the archive is there already or can't be written. BoardError: the board can't be read.
    """
    if archive.exists():
        raise InputError("is there already", archive, "another name")
    session.refresh()  # nothing may change the files meanwhile
    info = read_info(session)
    wanted = [f for f in session.files() if not _LEFTOVER.search(f.path) and (everything or f.path.startswith(_DATA))]
    total = sum(file.size for file in wanted)
    fresh = archive.with_name(archive.name + ".new")
    entries: list[dict[str, Any]] = []
    done = 0
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            for item in wanted:
                progress.step(f"reading {item.path}", done=done, total=total)
                data = session.read_file(item.path)
                packed.writestr(f"files{item.path}", data)
                entries.append({"path": item.path, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()})
                done += item.size
            manifest = {
                "format": _FORMAT,
                "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                "device": info.name,
                "chip": info.chip,
                "platform": info.platform,
                "unique_id": info.unique_id,
                "files": entries,
            }
            packed.writestr(_MANIFEST, json.dumps(manifest, indent=1))
        fresh.replace(archive)
    except OSError as error:
        raise InputError(f"can't be written: {error.strerror}", archive) from error
    finally:
        fresh.unlink(missing_ok=True)
    secrets = tuple(entry["path"] for entry in entries if entry["path"].startswith(_SECRET))
    return Backup(archive, info.name, len(entries), sum(entry["size"] for entry in entries), secrets)


def read_archive(archive: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Manifest and files (by path on the board) of an archive, every hash checked.

    Raises:
        InputError: it is no backup, or was changed.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            manifest = json.loads(packed.read(_MANIFEST))
            if manifest["format"] != _FORMAT:
                raise InputError(f"has format {manifest['format']}", archive, "a newer picket")
            files = {}
            for entry in manifest["files"]:
                path = entry["path"]
                if not path.startswith("/") or ".." in path.split("/"):
                    raise InputError(f"names the path {path!r}", archive)
                if packed.getinfo(f"files{path}").file_size != entry["size"] or entry["size"] > _LARGEST:
                    raise InputError(f"{path} is not what was backed up", archive, "another copy of the archive")
                data = packed.read(f"files{path}")
                if hashlib.sha256(data).hexdigest() != entry["sha256"]:
                    raise InputError(f"{path} is not what was backed up", archive, "another copy of the archive")
                files[path] = data
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror or error}", archive) from error
    except (zipfile.BadZipFile, zlib.error, KeyError, TypeError, ValueError) as error:
        raise InputError("is no backup of a board, or a damaged one", archive) from error
    return manifest, files


def restore(session: Session, archive: Path, everything: bool = True, progress: Progress = SILENT) -> Restored:
    """Write an archive's files to a board; other files on it stay. Each is checked there before it takes its place.

    The boot counter becomes larger than any that the archive or the board knows, so that no alert is taken for an older
    one.

    Raises:
        InputError: the archive is damaged, or does not fit on the board. BoardError: the board could not be written.
    """
    _, files = read_archive(archive)
    chosen = {path: data for path, data in files.items() if everything or path.startswith(_DATA)}
    session.refresh()
    boot = None
    if _BOOT_PATH in chosen:
        boot = max(_boots_in(chosen[_BOOT_PATH]), read_info(session).boots) + _BOOT_MARGIN
        chosen[_BOOT_PATH] = _boot_file(boot)
    there = {file.path: file.size for file in session.files()}
    equal = {path for path, data in chosen.items() if there.get(path) == len(data) and session.read_file(path) == data}
    _check_room(session, {path: data for path, data in chosen.items() if path not in equal}, there, archive)
    # What makes the rest count comes last: the pointer to the slots, and then the configuration.
    order = sorted(set(chosen) - equal, key=lambda path: (_LAST.index(path) if path in _LAST else -1, path))
    done, total = 0, sum(len(chosen[path]) for path in order)
    for path in order:
        progress.step(f"writing {path}", done=done, total=total)
        session.write_file(path, chosen[path])
        done += len(chosen[path])
    return Restored(session.port, tuple(order), len(equal), boot)


def _check_room(session: Session, files: dict[str, bytes], there: dict[str, int], archive: Path) -> None:
    block, free = session.ask("import json, os\ns = os.statvfs('/')\nprint(json.dumps([s[0], s[0] * s[3]]))")
    needed = sum(-(-len(data) // block) * block for data in files.values())
    needed -= sum(there.get(path, 0) // block * block for path in files)
    # One file stands there twice while it is replaced.
    needed += max((len(data) for data in files.values()), default=0)
    if needed > free:
        raise InputError(f"needs {needed} bytes, the board has {free} free", archive, "remove files from the board")


def _boots_in(content: bytes) -> int:
    """As `picket.link.boot_count` reads it; 0 when it is damaged."""
    match = re.fullmatch(rb"(\d+) ([0-9a-f]{8})\s*", content)
    return int(match[1]) if match and int(match[2], 16) == zlib.crc32(match[1]) else 0


def _boot_file(boot: int) -> bytes:
    text = str(boot).encode()
    return b"%s %08x\n" % (text, zlib.crc32(text))
