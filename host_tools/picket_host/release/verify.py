"""Verify a release folder: everything that a device would check, on the host, with the device's own rules."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from picket_host.errors import ModelError, PicketError, ReleaseError
from picket_host.models import fits
from picket_host.native.engine import Engine
from picket_host.progress import SILENT, Progress
from picket_host.release import make, manifest
from picket_host.release.rules import rules
from picket_host.release.sign import check_signature

_GOLDEN_HEADER = struct.Struct("<4sIII")


@dataclass(frozen=True)
class Target:
    """The device that a release is checked for: what it is, what it runs, the highest sequence it accepted."""

    hardware: str = "sim"
    micropython: str = make.MICROPYTHON
    mpy: str = make.MPY
    app: int = 0
    highest: int = 0


@dataclass(frozen=True)
class Verified:
    """A release that holds: counts of what was checked."""

    folder: Path
    sequence: int
    kind: str
    version: str
    files: int
    size: int
    golden_vectors: int


def verify(folder: Path, public_key: bytes, target: Target | None = None, progress: Progress = SILENT) -> Verified:
    """Check signature, form, files and golden vectors, and with ``target`` whether that device would take the release.

    Raises:
        InputError: no such folder.
        ReleaseError: the first thing that does not hold, in the device's words.
    """
    progress.step("checking the signature")
    raw = check_signature(folder, public_key)
    release = manifest.parse(raw, folder / manifest.MANIFEST)
    if target is not None:
        _check_target(raw, target, folder)
    progress.step("checking the files")
    manifest.check_files(folder, release)
    for entry in release.files:
        if entry.path.endswith(".mpy") and make.mpy_version(folder / entry.path) != release.mpy:
            raise ReleaseError(f"the file is not .mpy version {release.mpy}", folder / entry.path)
    progress.step("proving the model")
    try:
        fits.check_package(folder / "model")
    except PicketError as error:
        raise ReleaseError(error.what, error.where, error.hint) from None
    count = prove(folder / "model")
    return Verified(folder, release.sequence, release.kind, release.version, len(release.files), release.size, count)


def _check_target(raw: bytes, target: Target, folder: Path) -> None:
    parsed = rules.parse(raw)
    try:
        rules.check_order(parsed, target.app, target.highest)
        rules.check_fit(parsed, target.hardware, target.micropython, target.mpy)
    except rules.Refused as reason:
        raise ReleaseError(str(reason), folder) from None


def prove(package: Path) -> int:
    """Run the golden vectors of a model package through the device's engine.

    Returns:
        How many vectors came out bit for bit.

    Raises:
        ReleaseError: the first difference, or a golden file that does not fit the model.
    """
    golden = package / "golden.bin"
    try:
        engine = Engine((package / "model.tflite").read_bytes())
    except ModelError as error:
        raise ReleaseError(f"the engine refuses the model: {error.what}", package / "model.tflite") from None
    raw = golden.read_bytes()
    if len(raw) < _GOLDEN_HEADER.size:
        raise ReleaseError("the golden vectors are cut short", golden)
    magic, count, input_bytes, output_bytes = _GOLDEN_HEADER.unpack_from(raw)
    if magic != b"PGV1" or count == 0 or len(raw) != _GOLDEN_HEADER.size + count * (input_bytes + output_bytes):
        raise ReleaseError("the golden vectors have a wrong header or size", golden)
    at = _GOLDEN_HEADER.size
    for vector in range(count):
        given = np.frombuffer(raw, np.int8, input_bytes, at)
        expected = np.frombuffer(raw, np.int8, output_bytes, at + input_bytes)
        at += input_bytes + output_bytes
        _prove_one(engine, vector, given, expected, golden)
    return count


def _prove_one(engine: Engine, vector: int, given: np.ndarray, expected: np.ndarray, where: Path) -> None:
    shape = tuple(engine.inputs[0].shape)
    if given.size != np.prod(shape):
        raise ReleaseError(f"inputs of {given.size} bytes for a model that takes {np.prod(shape)}", where)
    found = engine.invoke([given.reshape(shape)])[0].reshape(-1)
    if found.size != expected.size:
        raise ReleaseError(f"outputs of {expected.size} bytes for a model that gives {found.size}", where)
    differing = np.flatnonzero(found != expected)
    if differing.size:
        i = differing[0]
        raise ReleaseError(f"golden vector {vector}: output[{i}] is {found[i]}, expected {expected[i]}", where)
