from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from picket_host.errors import InputError, PicketError, ReleaseError
from picket_host.release import keys, manifest
from picket_host.release.make import Recipe, make
from picket_host.release.sign import sign
from picket_host.release.verify import Target, prove, verify


def _public(key: keys.KeyPair) -> bytes:
    return bytes.fromhex(key.public_key)


def test_a_signed_release_holds(signed: Path, key: keys.KeyPair) -> None:
    verified = verify(signed, _public(key), Target())
    assert (verified.sequence, verified.kind, verified.files, verified.golden_vectors) == (3, "full", 8, 3)


def test_an_unsigned_release_does_not(tmp_path: Path, recipe: Recipe, key: keys.KeyPair) -> None:
    folder = make(tmp_path / "1", recipe).folder
    with pytest.raises(ReleaseError, match="not signed"):
        verify(folder, _public(key))


def test_the_wrong_key_is_told(signed: Path) -> None:
    with pytest.raises(ReleaseError, match="the signature does not fit the device's public key"):
        verify(signed, keys.public_key(bytes(32)))


def test_every_changed_byte_of_any_file_is_noticed(signed: Path, key: keys.KeyPair) -> None:
    for path in sorted(p for p in signed.rglob("*") if p.is_file()):
        original = path.read_bytes()
        for at in range(0, len(original), 17):
            changed = bytearray(original)
            changed[at] ^= 0x20
            path.write_bytes(bytes(changed))
            with pytest.raises(PicketError):
                verify(signed, _public(key))
        path.write_bytes(original)
    assert verify(signed, _public(key)).files == 8


def test_missing_and_additional_files_are_noticed(signed: Path, key: keys.KeyPair) -> None:
    extra = signed / "picket" / "extra.mpy"
    extra.write_bytes(b"M")
    with pytest.raises(ReleaseError, match="not named in the manifest"):
        verify(signed, _public(key))
    extra.unlink()
    (signed / "main.py").unlink()
    with pytest.raises(ReleaseError, match="the file is missing"):
        verify(signed, _public(key))


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (Target(highest=3), "sequence 3 is not newer than 3, the highest accepted"),
        (Target(hardware="rp2"), "the release is for esp32, sim, this device is rp2"),
        (Target(micropython="1.24"), "the release is for MicroPython 1.25, this device runs 1.24"),
        (Target(mpy="6.2"), "the release has .mpy version 6.3, this device loads 6.2"),
    ],
)
def test_a_device_that_it_does_not_fit_is_told_why(
    signed: Path, key: keys.KeyPair, target: Target, reason: str
) -> None:
    with pytest.raises(ReleaseError, match=reason):
        verify(signed, _public(key), target)


def test_an_application_too_old_for_the_release_is_told(tmp_path: Path, recipe: Recipe, key: keys.KeyPair) -> None:
    folder = make(tmp_path / "1", replace(recipe, replaces_min=2)).folder
    sign(folder, key.seed_file)
    with pytest.raises(ReleaseError, match="the release replaces application 2 or newer, this device runs 1"):
        verify(folder, _public(key), Target(app=1))
    assert verify(folder, _public(key), Target(app=2)).sequence == 3


def test_a_model_that_its_labels_do_not_fit_is_told(tmp_path: Path, recipe: Recipe, key: keys.KeyPair) -> None:
    folder = make(tmp_path / "1", recipe).folder
    file = folder / "model" / "model.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "labels": ["one", "two", "three"]}))
    fields = json.loads(manifest.read_bytes(folder))
    files = [vars(entry) for entry in manifest.describe(folder)]
    raw = json.dumps({**fields, "files": files}, sort_keys=True, separators=(",", ":"))
    (folder / manifest.MANIFEST).write_text(raw)
    sign(folder, key.seed_file)
    with pytest.raises(ReleaseError, match="2 outputs, and names for 3 of them"):
        verify(folder, _public(key))


def test_golden_vectors_that_do_not_come_out_are_told(package: Path) -> None:
    raw = bytearray((package / "golden.bin").read_bytes())
    raw[-1] ^= 3
    (package / "golden.bin").write_bytes(bytes(raw))
    with pytest.raises(ReleaseError, match=r"golden vector 2: output\[1\] is -?\d+, expected -?\d+"):
        prove(package)


def test_golden_vectors_of_another_model_are_told(package: Path) -> None:
    golden = package / "golden.bin"
    raw = golden.read_bytes()
    for wrong in (b"", raw[:10], raw[:-1], raw + b"x", b"PGV2" + raw[4:], struct.pack("<4sIII", b"PGV1", 0, 4, 2)):
        golden.write_bytes(wrong)
        with pytest.raises(ReleaseError, match="cut short|wrong header"):
            prove(package)
    golden.write_bytes(struct.pack("<4sIII", b"PGV1", 1, 5, 2) + bytes(7))
    with pytest.raises(ReleaseError, match="inputs of 5 bytes for a model that takes 4"):
        prove(package)


def test_a_model_that_the_engine_refuses_is_told(package: Path) -> None:
    (package / "model.tflite").write_bytes(b"TFL3" * 30)
    with pytest.raises(ReleaseError, match="the engine refuses the model"):
        prove(package)


def test_a_release_is_not_signed_when_it_does_not_hold(tmp_path: Path, recipe: Recipe, key: keys.KeyPair) -> None:
    folder = make(tmp_path / "1", recipe).folder
    (folder / "main.py").write_text("tampered")
    with pytest.raises(ReleaseError, match="bytes, the manifest says"):
        sign(folder, key.seed_file)
    assert not (folder / manifest.SIGNATURE).exists()


def test_what_is_no_release_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such release folder"):
        manifest.load(tmp_path / "none")
    with pytest.raises(InputError, match="no release.json"):
        manifest.load(tmp_path)
    for text in ("", "[]", "{}", '{"format":2}', "\xff"):
        (tmp_path / "release.json").write_text(text, encoding="latin-1")
        with pytest.raises(ReleaseError):
            manifest.load(tmp_path)


_WRONG_FIELDS = [
    ("sequence", "3"), ("sequence", True), ("sequence", 0), ("sequence", 2**40), ("replaces_min", -1),
    ("kind", "other"), ("hardware", "sim"), ("hardware", [1]), ("files", []), ("files", {}), ("version", None),
]
_WRONG_FILES = [
    {"path": "/etc/passwd"}, {"path": "../boot.py"}, {"path": "picket/../../x"}, {"path": "picket//x"}, {"path": "./x"},
    {"path": "boot.py"}, {"path": "config.json"}, {"path": "slots/1/x"}, {"path": ""}, {"path": "picket/" + "x" * 60},
    {"path": "picket/a b"}, {"path": "picket/ä"}, {"path": "picket\\x"}, {"path": 5}, {"path": None}, {"size": -1},
    {"size": 2**23}, {"size": True}, {"size": "1"}, {"sha256": "00"}, {"sha256": "zz" * 32}, {"sha256": None},
]


def _manifest(signed: Path) -> dict:
    return json.loads(manifest.read_bytes(signed))


def _parse(fields: dict) -> manifest.Manifest:
    return manifest.parse(json.dumps(fields, separators=(",", ":")).encode())


@pytest.mark.parametrize(("field", "value"), _WRONG_FIELDS)
def test_manifests_with_wrong_fields_are_refused(signed: Path, field: str, value: object) -> None:
    with pytest.raises(ReleaseError):
        _parse({**_manifest(signed), field: value})


@pytest.mark.parametrize("change", _WRONG_FILES)
def test_manifests_with_wrong_files_are_refused(signed: Path, change: dict) -> None:
    fields = _manifest(signed)
    last = {**fields["files"][0], "path": "picket/x"}
    assert _parse({**fields, "files": [*fields["files"], last]}).files[-1].path == "picket/x"
    with pytest.raises(ReleaseError):
        _parse({**fields, "files": [*fields["files"], {**last, **change}]})


def test_a_model_release_with_code_in_it_is_refused(signed: Path) -> None:
    with pytest.raises(ReleaseError, match="a release of kind model can't bring"):
        _parse({**_manifest(signed), "kind": "model"})


def test_a_path_that_stands_twice_is_refused(signed: Path) -> None:
    fields = _manifest(signed)
    with pytest.raises(ReleaseError, match="stands twice"):
        _parse({**fields, "files": [*fields["files"], fields["files"][-1]]})


def test_every_cut_of_a_manifest_is_refused(signed: Path) -> None:
    raw = manifest.read_bytes(signed)
    for length in range(len(raw)):
        with pytest.raises(ReleaseError):
            manifest.parse(raw[:length])
