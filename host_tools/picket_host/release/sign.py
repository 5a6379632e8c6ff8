"""Sign a release folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from picket_host.release import keys, manifest


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
