"""Signing keys: EdDSA over Curve25519 with BLAKE2b, by Monocypher as on the device.

A seed file (mode 0600) and a public key file hold 32 bytes each, as 64 hexadecimal digits and a line end.
"""

from __future__ import annotations

import os
import secrets
import warnings
from dataclasses import dataclass
from pathlib import Path

import monocypher

from picket_host.errors import InputError

KEY_BYTES = 32


@dataclass(frozen=True)
class KeyPair:
    """Where a new pair lies, and the public key as the device's configuration wants it (64 hexadecimal digits)."""

    seed_file: Path
    public_file: Path
    public_key: str


def keygen(seed_file: Path, force: bool = False) -> KeyPair:
    """Make a key pair: ``seed_file`` (secret, mode 0600) and ``<seed_file>.pub``.

    Raises:
        InputError: the file is there already (unless ``force``), or its folder is not.
    """
    seed = secrets.token_bytes(KEY_BYTES)
    public = public_key(seed).hex()
    public_file = seed_file.with_name(seed_file.name + ".pub")
    if force:
        seed_file.unlink(missing_ok=True)
    try:
        handle = os.open(seed_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        hint = "another name, or --force if no device trusts the old key any more"
        raise InputError("a key is there already", seed_file, hint) from None
    except OSError as error:
        raise InputError(f"the key can't be written: {error.strerror}", seed_file) from None
    with os.fdopen(handle, "w") as f:
        f.write(seed.hex() + "\n")
    public_file.write_text(public + "\n")
    return KeyPair(seed_file, public_file, public)


def read_key(file: Path) -> bytes:
    """The 32 bytes of a seed or public key file.

    Raises:
        InputError: no such file, or not 64 hexadecimal digits.
    """
    try:
        text = file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise InputError("there is no such key file", file, "picket release keygen") from None
    except (OSError, UnicodeDecodeError):
        raise InputError("the key file can't be read", file) from None
    return parse_key(text, file)


def parse_key(text: str, where: object | None = None) -> bytes:
    """The 32 bytes of a key written as 64 hexadecimal digits; InputError otherwise."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise InputError("a key is 64 hexadecimal digits", where)
    return key


def public_key(seed: bytes) -> bytes:
    """The public key (32 bytes) of a seed (32 bytes)."""
    with warnings.catch_warnings():
        # The binding would rather be given seed and public key together, from which it just returns the latter.
        warnings.simplefilter("ignore", DeprecationWarning)
        return monocypher.compute_signing_public_key(seed)


def sign(seed: bytes, message: bytes) -> bytes:
    """The signature (64 bytes) of a message."""
    return monocypher.signature_sign(seed + public_key(seed), message)


def verify(signature: bytes, public: bytes, message: bytes) -> bool:
    """Whether the holder of the key signed the message; same arguments as ``picket_native.verify``."""
    return monocypher.signature_check(signature, public, message)
