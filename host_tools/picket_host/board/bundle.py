"""Bundles: one file with all that a technician needs to bring releases to a board, signed as a whole.

A bundle is a zip file: ``bundle.json`` names every other file with size and SHA-256, ``bundle.sig`` is the EdDSA
signature of its exact bytes. The same input gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from picket_host.board.plan import NATIVE_MODULE
from picket_host.errors import EnvironmentError_, InputError, ReleaseError
from picket_host.paths import DEVICE
from picket_host.progress import SILENT, Progress
from picket_host.release import keys, manifest
from picket_host.release.rules import rules

MANIFEST = "bundle.json"
SIGNATURE = "bundle.sig"
PAGE = "README.txt"
BOOT = "boot.py"
_FORMAT = 1
_MAX_BYTES = 256 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class SignedList:
    """A signed list of files: its bytes, the signature (64 bytes), and the names of both."""

    name: str
    raw: bytes
    signature_name: str
    signature: bytes

    def check(self, public_key: bytes, where: object) -> None:
        """Raises ReleaseError unless the key signed it."""
        try:
            rules.check_signature(self.raw, self.signature, public_key, keys.verify)
        except rules.Refused as reason:
            raise ReleaseError(str(reason), f"{where}: {self.signature_name}", "another --public-key") from None


@dataclass(frozen=True)
class Release:
    """A release that is to be brought to a board.

    Attributes:
        where: for messages.
        signed: ``release.json`` with its signature.
        files: content by path, as ``release.json`` names them.
        extras: what came along beside the release (``boot.py``, ``native/<arch>/...``), by path in the bundle.
        bundle: the signed list that has the extras; None when the release did not come in a bundle.
    """

    where: str
    signed: SignedList
    files: Mapping[str, bytes]
    extras: Mapping[str, bytes]
    bundle: SignedList | None

    @property
    def manifest(self) -> manifest.Manifest:
        return manifest.parse(self.signed.raw, self.where)

    def check(self, public_key: bytes) -> None:
        """Check signatures and files on this computer; ReleaseError for the first thing that does not hold."""
        if self.bundle:
            self.bundle.check(public_key, self.where)
        self.signed.check(public_key, self.where)
        for entry in self.manifest.files:
            data = self.files.get(entry.path)
            if data is None:
                raise ReleaseError("a file of the release is missing", f"{self.where}: {entry.path}")
            if len(data) != entry.size or hashlib.sha256(data).hexdigest() != entry.sha256:
                raise ReleaseError("the file is not what the release says", f"{self.where}: {entry.path}")


@dataclass(frozen=True)
class Made:
    """A bundle that was made: releases by sequence, architectures that it has a native module for."""

    file: Path
    releases: list[int]
    architectures: list[str]
    files: int
    size: int
    public_key: str


def make(
    out: Path,
    releases: Sequence[Path],
    seed_file: Path,
    architectures: Sequence[str] | None = None,
    progress: Progress = SILENT,
) -> Made:
    """Make a bundle of signed release folders.

    Args:
        out: the file; one that is there is replaced once the new one is whole.
        seed_file: of the key that signed the releases; it signs the bundle, too.
        architectures: to bring a native module for, should there be an application; all that Picket knows by default.

    Raises:
        InputError: no such release or key, two releases of one sequence. ReleaseError: a release does not hold.
        BuildError, EnvironmentError_: a native module can't be built.
    """
    from picket_host import natmod
    from picket_host.release.verify import verify

    seed = keys.read_key(seed_file)
    public = keys.public_key(seed)
    content: dict[str, bytes] = {}
    sequences: list[int] = []
    brought: set[str] = set()
    with_application = False
    for folder in releases:
        found = verify(folder, public, progress=progress)
        if found.sequence in sequences:
            raise InputError(f"another release has sequence {found.sequence}, too", folder)
        sequences.append(found.sequence)
        names = [manifest.MANIFEST, manifest.SIGNATURE, *(entry.path for entry in manifest.load(folder).files)]
        for name in names:
            content[f"releases/{found.sequence}/{name}"] = (folder / name).read_bytes()
        with_application |= found.kind == "full"
        brought |= {name.split("/")[1] for name in names if name.startswith("native/")}
    if with_application:
        content[BOOT] = (DEVICE / BOOT).read_bytes()
        for arch in architectures or natmod.ARCHITECTURES:
            content[f"native/{arch}/{NATIVE_MODULE}"] = _native_module(arch, progress)
            brought.add(arch)
    content[PAGE] = _page(out.name, [manifest.load(folder) for folder in releases], sorted(brought)).encode()
    listed = _list(content, sorted(sequences))
    _write(out, {MANIFEST: listed, SIGNATURE: keys.sign(seed, listed), **content})
    return Made(out, sorted(sequences), sorted(brought), len(content), out.stat().st_size, public.hex())


def _native_module(arch: str, progress: Progress) -> bytes:
    from picket_host import natmod

    try:
        return natmod.build(arch, progress).path.read_bytes()
    except EnvironmentError_ as error:
        hint = f"{error.hint}; or --arch with the architectures of your boards alone"
        raise EnvironmentError_(error.what, error.where, hint) from error


def is_bundle(path: Path) -> bool:
    """Whether the file looks like a bundle."""
    return path.is_file() and zipfile.is_zipfile(path)


def read(file: Path) -> list[Release]:
    """The releases in a bundle, the newest first. What they hold is checked by ``Release.check``.

    Raises:
        InputError: no such file, or no bundle. ReleaseError: a file is missing or not what the list says.
    """
    content = _read(file)
    try:
        signed = SignedList(MANIFEST, content[MANIFEST], SIGNATURE, content[SIGNATURE])
        fields = json.loads(signed.raw)
        if fields["format"] != _FORMAT:
            raise ReleaseError(f"the bundle has format {fields['format']}, this Picket reads {_FORMAT}", file)
        entries = [(str(entry["path"]), int(entry["size"]), str(entry["sha256"])) for entry in fields["files"]]
        sequences = sorted(map(int, fields["releases"]), reverse=True)
    except (KeyError, TypeError, ValueError):
        raise InputError("the file is no bundle", file, "picket bundle makes one") from None
    for path, size, sha256 in entries:
        data = content.get(path)
        if data is None or len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
            raise ReleaseError("the bundle is damaged", f"{file}: {path}", "fetch it once more")
    listed = {path: content[path] for path, _, _ in entries}
    extras = {path: data for path, data in listed.items() if path == BOOT or path.startswith("native/")}
    return [_release(file, listed, sequence, extras, signed) for sequence in sequences]


def read_folder(folder: Path) -> Release:
    """A release folder; InputError when it is none, or not signed."""
    raw = manifest.read_bytes(folder)
    signature = folder / manifest.SIGNATURE
    if not signature.is_file():
        raise InputError("the release is not signed", folder, "picket release sign")
    names = [entry.path for entry in manifest.parse(raw, folder / manifest.MANIFEST).files]
    files = {name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}
    signed = SignedList(manifest.MANIFEST, raw, manifest.SIGNATURE, signature.read_bytes())
    return Release(str(folder), signed, files, {BOOT: (DEVICE / BOOT).read_bytes()}, None)


def _release(
    file: Path, content: Mapping[str, bytes], sequence: int, extras: Mapping[str, bytes], bundle: SignedList
) -> Release:
    base = f"releases/{sequence}/"
    files = {path.removeprefix(base): data for path, data in content.items() if path.startswith(base)}
    try:
        raw, signature = files.pop(manifest.MANIFEST), files.pop(manifest.SIGNATURE)
    except KeyError:
        raise ReleaseError(f"release {sequence} is not whole", file) from None
    signed = SignedList(manifest.MANIFEST, raw, manifest.SIGNATURE, signature)
    return Release(f"{file}: release {sequence}", signed, files, extras, bundle)


def _list(content: Mapping[str, bytes], sequences: list[int]) -> bytes:
    """The bytes of bundle.json: as release.json has them, sorted and without spaces."""
    files = [
        {"path": path, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        for path, data in sorted(content.items())
    ]
    fields = {"files": files, "format": _FORMAT, "releases": sequences}
    return json.dumps(fields, separators=(",", ":")).encode("ascii")


def _write(out: Path, content: Mapping[str, bytes]) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(content, key=lambda name: (name != PAGE, name)):  # the page first: people look there
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, content[name], zipfile.ZIP_DEFLATED, 9)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        fresh = out.with_name(f"{out.name}.new")
        fresh.write_bytes(buffer.getvalue())
        os.replace(fresh, out)
    except OSError as error:
        raise InputError(f"the bundle can't be written: {error.strerror}", out) from None


def _read(file: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(info.file_size for info in archive.infolist()) > _MAX_BYTES:
                raise InputError("the file is too large for a bundle", file)
            return {info.filename: archive.read(info) for info in archive.infolist()}
    except FileNotFoundError:
        raise InputError("there is no such bundle", file) from None
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise InputError("the file is no bundle, or damaged", file, "fetch it once more") from None


_TEXT = """\
{title}
{line}

What this is: software for sensor boards with Picket, signed by its maker. It needs no network.

What it holds
{releases}
  Boards: {hardware}; MicroPython {micropython}.
  Native module for: {architectures}.

How to bring it to a board
  1. Connect the board to this computer with a USB cable that carries data.
  2. Open a terminal in the folder with this file.
  3. See that the board is found:      picket device list
  4. See what would be done:           picket sync {name} --dry-run
  5. Do it:                            picket sync {name}
  6. See that all is well:             picket device selftest

A board that has no configuration yet has no key to check the signature with. Then say which key is right, as its maker
gave it to you:                        picket sync {name} --public-key KEY.pub
and configure the board afterwards:    picket device provision

The configuration, certificates and stored alerts of a board stay as they are. You may pull the cable at any moment: the
board goes on with what it had, and the same command, run again, goes on where it was.
"""


def _page(name: str, releases: list[manifest.Manifest], architectures: list[str]) -> str:
    title = f"Picket bundle {name}"
    lines = []
    for release in sorted(releases, key=lambda release: release.sequence):
        kind = "application and model" if release.kind == "full" else "model alone"
        notes = f": {release.notes}" if release.notes else ""
        lines.append(f"  Release {release.sequence}, version {release.version}, {kind}, made {release.created}{notes}")
    return _TEXT.format(
        title=title,
        line="=" * len(title),
        name=name,
        releases="\n".join(lines),
        hardware=", ".join(sorted({name for release in releases for name in release.hardware})),
        micropython=", ".join(sorted({release.micropython for release in releases})),
        architectures=", ".join(architectures) or "none is needed",
    )
