"""Signing keys: EdDSA over Curve25519 with BLAKE2b, by Monocypher as on the device.

A public key file holds 32 bytes as 64 hexadecimal digits and a line end. In a seed file (mode 0600) a word before them
says what it is. The first seed files lack it: these are told from public ones by the files beside them.
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
_SECRET = "picket-secret-key"


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
        f.write(f"{_SECRET} {seed.hex()}\n")
    public_file.write_text(public + "\n")
    return KeyPair(seed_file, public_file, public)


def read_key(file: Path) -> bytes:
    """The 32 bytes of the seed in a file that ``keygen`` made, for signing.

    Raises:
        InputError: no such file, not 64 hexadecimal digits, or a public key.
    """
    text = _text(file)
    key = parse_key(text.removeprefix(_SECRET).strip(), file)
    if not _is_secret(file, text, key):
        public = {_digits(other) for other in file.parent.glob("*.pub")}
        if file.suffix == ".pub" or key.hex() in public:
            hint = f"the secret one, {file.stem}" if file.suffix == ".pub" else "the secret one"
            raise InputError("this is a public key, which can't sign", file, hint)
    return key


def read_public_key(file: Path) -> bytes:
    """The 32 bytes of a public key file.

    Raises:
        InputError: no such file, not 64 hexadecimal digits, or a secret key.
    """
    text = _text(file)
    key = parse_key(text.removeprefix(_SECRET).strip(), file)
    if _is_secret(file, text, key):
        raise InputError("this is a secret key, which only signs", file, f"the public one, {file.name}.pub")
    return key


def given_public_key(given: str, option: str = "--public-key") -> bytes:
    """The public key that an option names: a file, or the 64 digits themselves.

    Raises:
        InputError: neither, or as ``read_public_key``; what was given is not in it, as it may be a secret.
    """
    if os.path.isfile(given):
        return read_public_key(Path(given))
    try:
        return parse_key(given, option)
    except InputError:
        raise InputError("neither a key file nor 64 hexadecimal digits", option, "KEY.pub") from None


def parse_key(text: str, where: object | None = None) -> bytes:
    """The 32 bytes of a key written as 64 hexadecimal digits; InputError otherwise."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise InputError("a key is 64 hexadecimal digits", where)
    return key


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise InputError("there is no such key file", file, "picket release keygen") from None
    except (OSError, UnicodeDecodeError):
        raise InputError("the key file can't be read", file) from None


def _is_secret(file: Path, text: str, key: bytes) -> bool:
    """Whether it says so, or has its public key beside it, as where ``keygen`` made both."""
    return text.startswith(_SECRET) or _digits(file.with_name(file.name + ".pub")) == public_key(key).hex()


def _digits(file: Path) -> str | None:
    """What a public key file says, for a comparison; None where there is none."""
    try:
        return file.read_text(encoding="ascii").strip().lower()
    except (OSError, UnicodeDecodeError):
        return None


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
