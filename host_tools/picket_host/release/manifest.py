"""The manifest of a release, ``release.json``: building it, its exact bytes, and reading it back."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from picket_host.errors import InputError, ReleaseError
from picket_host.release.rules import rules

MANIFEST = "release.json"
SIGNATURE = "release.sig"
FORMAT = 1


@dataclasses.dataclass(frozen=True)
class FileEntry:
    """One file of a release: relative path with ``/``, size in bytes, SHA-256 in hexadecimal."""

    path: str
    size: int
    sha256: str


@dataclasses.dataclass(frozen=True)
class Manifest:
    """What ``release.json`` says; see docs/contracts.md, "Releases"."""

    sequence: int
    replaces_min: int
    kind: str
    version: str
    created: str
    hardware: list[str]
    micropython: str
    mpy: str
    notes: str
    files: list[FileEntry]

    @property
    def size(self) -> int:
        """Bytes of all files, without manifest and signature."""
        return sum(file.size for file in self.files)

    def to_bytes(self) -> bytes:
        """The canonical bytes that are signed: sorted keys, no spaces, ASCII.

        Raises:
            ReleaseError: a device would refuse the manifest for its form.
        """
        fields = {"format": FORMAT, **dataclasses.asdict(self)}
        raw = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")
        _check(raw, None)
        return raw


def now() -> str:
    """The time of creation as a manifest has it, in UTC to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def describe(folder: Path) -> list[FileEntry]:
    """Entries for all files below ``folder``, in the order of their paths, except the manifest and its signature."""
    entries = [_entry(folder, path) for path in folder.rglob("*") if path.is_file()]
    wanted = (entry for entry in entries if entry.path not in (MANIFEST, SIGNATURE))
    return sorted(wanted, key=lambda entry: entry.path)


def _entry(folder: Path, path: Path) -> FileEntry:
    raw = path.read_bytes()
    return FileEntry(path.relative_to(folder).as_posix(), len(raw), hashlib.sha256(raw).hexdigest())


def read_bytes(folder: Path) -> bytes:
    """The exact bytes of a release folder's manifest; InputError when there is none."""
    if not folder.is_dir():
        raise InputError("there is no such release folder", folder, "picket release make")
    try:
        return (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        raise InputError("the folder has no release.json", folder, "picket release make") from None


def parse(raw: bytes, where: object | None = None) -> Manifest:
    """The manifest in the bytes of a ``release.json``; ReleaseError when a device would refuse its form."""
    _check(raw, where)
    fields = json.loads(raw)
    values = {field.name: fields[field.name] for field in dataclasses.fields(Manifest)}
    values["files"] = [FileEntry(**{key: file[key] for key in ("path", "size", "sha256")}) for file in fields["files"]]
    return Manifest(**values)


def load(folder: Path) -> Manifest:
    """The manifest of a release folder, its form checked; says nothing about signature and files (see ``verify``)."""
    return parse(read_bytes(folder), folder / MANIFEST)


def check_files(folder: Path, manifest: Manifest) -> None:
    """Check that each named file is there with its size and hash, and that nothing else is.

    Raises:
        ReleaseError: the first file that differs.
    """
    for entry in manifest.files:
        path = folder / entry.path
        if not path.is_file():
            raise ReleaseError("the file is missing", path)
        found = _entry(folder, path)
        if found.size != entry.size:
            raise ReleaseError(f"the file has {found.size} bytes, the manifest says {entry.size}", path)
        if found.sha256 != entry.sha256:
            raise ReleaseError("the file's SHA-256 differs from the manifest's", path)
    extra = {entry.path for entry in describe(folder)} - {entry.path for entry in manifest.files}
    if extra:
        raise ReleaseError("the file is not named in the manifest", folder / min(extra))


def _check(raw: bytes, where: object | None) -> None:
    try:
        rules.parse(raw)
    except rules.Refused as reason:
        raise ReleaseError(str(reason), where) from None
