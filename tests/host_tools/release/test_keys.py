from __future__ import annotations

import stat
from pathlib import Path

import pytest

from picket_host.errors import InputError
from picket_host.native.build import build
from picket_host.release import keys
from picket_host.vendor import vendor

_SEED = bytes(range(32))


def _monocypher():
    folder = vendor(["monocypher"])["monocypher"]
    cdef = """
        void crypto_eddsa_key_pair(uint8_t secret_key[64], uint8_t public_key[32], uint8_t seed[32]);
        void crypto_eddsa_sign(
            uint8_t signature[64], const uint8_t secret_key[64], const uint8_t *message, size_t size);
        int crypto_eddsa_check(
            const uint8_t signature[64], const uint8_t public_key[32], const uint8_t *message, size_t size);
    """
    return build("monocypher", cdef, [folder / "monocypher.c"], [folder])


def test_the_host_signs_as_the_vendored_c_code_does() -> None:
    native = _monocypher()
    ffi, lib = native.ffi, native.lib
    secret, public, signature = (ffi.new("uint8_t[]", n) for n in (64, 32, 64))
    lib.crypto_eddsa_key_pair(secret, public, ffi.new("uint8_t[]", _SEED))
    assert bytes(public) == keys.public_key(_SEED)
    for message in (b"", b"picket", bytes(1000)):
        lib.crypto_eddsa_sign(signature, secret, message, len(message))
        assert bytes(signature) == keys.sign(_SEED, message)
        assert lib.crypto_eddsa_check(keys.sign(_SEED, message), public, message, len(message)) == 0


def test_a_signature_fits_its_message_and_key_alone() -> None:
    signature = keys.sign(_SEED, b"message")
    public = keys.public_key(_SEED)
    assert keys.verify(signature, public, b"message")
    assert not keys.verify(signature, public, b"massage")
    assert not keys.verify(signature, keys.public_key(bytes(32)), b"message")
    for at in range(64):
        broken = bytearray(signature)
        broken[at] ^= 1
        assert not keys.verify(bytes(broken), public, b"message")


def test_a_key_pair_is_written_so_that_others_cannot_read_the_seed(tmp_path: Path) -> None:
    pair = keys.keygen(tmp_path / "plant.key")
    assert stat.S_IMODE(pair.seed_file.stat().st_mode) == 0o600
    seed = keys.read_key(pair.seed_file)
    assert keys.public_key(seed).hex() == pair.public_key
    assert keys.read_public_key(pair.public_file).hex() == pair.public_key


def test_a_seed_file_of_an_earlier_version_is_still_read(tmp_path: Path) -> None:
    pair = keys.keygen(tmp_path / "plant.key")
    seed = keys.read_key(pair.seed_file)
    pair.seed_file.write_text(seed.hex() + "\n")
    assert keys.read_key(pair.seed_file) == seed
    with pytest.raises(InputError, match="this is a secret key"):
        keys.read_public_key(pair.seed_file)
    pair.public_file.unlink()
    assert keys.read_key(pair.seed_file) == seed


def test_a_public_key_is_not_taken_for_a_seed_under_another_name(tmp_path: Path) -> None:
    pair = keys.keygen(tmp_path / "plant.key")
    copy = tmp_path / "copy"
    copy.write_bytes(pair.public_file.read_bytes())
    with pytest.raises(InputError, match="this is a public key, which can't sign") as caught:
        keys.read_key(copy)
    assert pair.public_key not in str(caught.value)


def test_a_key_is_not_overwritten_by_accident(tmp_path: Path) -> None:
    first = keys.keygen(tmp_path / "plant.key")
    with pytest.raises(InputError, match="a key is there already"):
        keys.keygen(tmp_path / "plant.key")
    assert keys.keygen(tmp_path / "plant.key", force=True).public_key != first.public_key


@pytest.mark.parametrize("text", ["", "00", "g" * 64, "0" * 63, "0" * 66, "é" * 64])
def test_what_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "key"
    file.write_text(text)
    with pytest.raises(InputError, match="64 hexadecimal digits|can't be read"):
        keys.read_key(file)


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such key file"):
        keys.read_key(tmp_path / "none")


def test_a_key_for_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be written"):
        keys.keygen(tmp_path / "none" / "plant.key")
