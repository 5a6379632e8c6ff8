"""Sign a release folder, and say whether it is signed by a key."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from picket_host.errors import ReleaseError
from picket_host.release import keys, manifest
from picket_host.release.rules import rules


@dataclass(frozen=True)
class Signed:
    """What was signed, and by whom: the public key as 64 hexadecimal digits."""

    folder: Path
    sequence: int
    version: str
    public_key: str


def sign(folder: Path, seed_file: Path) -> Signed:
    """Sign the release: writes ``release.sig``, the EdDSA signature of the exact bytes of ``release.json``.

    Raises:
        InputError: no such folder or key.
        ReleaseError: the manifest or a file does not hold; nothing is signed.
    """
    seed = keys.read_key(seed_file)
    raw = manifest.read_bytes(folder)
    release = manifest.parse(raw, folder / manifest.MANIFEST)
    manifest.check_files(folder, release)
    new = folder / (manifest.SIGNATURE + ".new")
    new.write_bytes(keys.sign(seed, raw))
    os.replace(new, folder / manifest.SIGNATURE)
    return Signed(folder, release.sequence, release.version, keys.public_key(seed).hex())


def check_signature(folder: Path, public_key: bytes, where: Path | None = None) -> bytes:
    """The exact bytes of the release's manifest, which the public key's owner has signed.

    Args:
        folder: the release.
        public_key: 32 bytes.
        where: the folder that an error names; the release by default.

    Raises:
        InputError: no such folder.
        ReleaseError: it is not signed, or not by that key, in the device's words.
    """
    raw = manifest.read_bytes(folder)
    signature = folder / manifest.SIGNATURE
    where = where or folder
    if not signature.is_file():
        raise ReleaseError("the release is not signed", where, "picket release sign")
    try:
        rules.check_signature(raw, signature.read_bytes(), public_key, keys.verify)
    except rules.Refused as reason:
        raise ReleaseError(str(reason), where / manifest.SIGNATURE, "picket release sign with its secret key") from None
    return raw
