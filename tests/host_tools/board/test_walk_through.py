"""The way of docs/technician.md, from the workshop to a green board, as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from emulated_boards import console_until, switched_on

from picket_host import natmod
from picket_host.cli import picket
from picket_host.errors import EnvironmentError_
from picket_host.paths import TESTS

_PACKAGE = TESTS / "device" / "infer" / "package"


def _picket(*arguments: object) -> str:
    done = CliRunner().invoke(picket, [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle with the whole application and the whole native module."""
    key, release = tmp_path / "plant.key", tmp_path / "release-1"
    try:
        natmod.build("rv32imc")
    except EnvironmentError_ as error:
        pytest.skip(str(error))
    _picket("release", "keygen", key)
    _picket("release", "make", release, "--sequence", 1, "--model", _PACKAGE, "--hardware", "qemu")
    _picket("release", "sign", release, "--key", key)
    _picket("bundle", release, "-o", tmp_path / "line.zip", "--key", key, "--arch", "rv32imc")
    return tmp_path / "line.zip"


@pytest.fixture
def flash(tmp_path: Path) -> Path:
    """What is on a board before: a recording for the sensor, noise."""
    recordings = tmp_path / "flash" / "recordings"
    recordings.mkdir(parents=True)
    np.random.default_rng(3).integers(-3000, 3000, (8192, 3)).astype("<i2").tofile(recordings / "vibration.i16")
    return tmp_path / "flash"


def _provision(port: Path, key: Path) -> None:
    values = ("device.id=press-1", "vibration.driver=replay", "attitude.driver=none", f"update.public_key={key}")
    _picket("device", "provision", "-p", port, *(word for value in values for word in ("--set", value)))


def _selftest(port: Path) -> dict[str, dict]:
    done = CliRunner().invoke(picket, ["device", "selftest", "-p", str(port), "--json"], catch_exceptions=False)
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def test_a_release_for_the_emulated_board_starts_and_every_line_is_green(bundle, flash):
    key = bundle.with_name("plant.key.pub")
    board = switched_on(flash=flash)  # with the memory that `picket emulate` gives it
    try:
        _picket("sync", bundle, "--port", board.pty, "--public-key", key)
        _provision(board.pty, key)
        assert b"INFO app: boot" in console_until(board, b"INFO app: boot")
        red = {name: check["text"] for name, check in _selftest(board.pty).items() if not check["ok"]}
        assert red == {}
    finally:
        board.stop()


def test_a_native_module_that_finds_no_memory_is_told_with_what_helps(bundle, tmp_path):
    image = tmp_path / "board.img"
    board = switched_on(flash=image)
    try:
        _picket("sync", bundle, "--port", board.pty, "--public-key", bundle.with_name("plant.key.pub"))
    finally:
        board.stop()
    board = switched_on(flash=image, heap_bytes=110_000)
    try:
        console_until(board, b"SafeMode")
        checks = _selftest(board.pty)
        shown = _picket("device", "info", "-p", board.pty)
    finally:
        board.stop()
    assert checks["native module"]["text"] == "the memory does not suffice"
    assert "picket build mpy --arch rv32imc --models" in checks["native module"]["remedy"]
    assert "--native rv32imc=" in checks["native module"]["remedy"]
    assert "MemoryError" in checks["application"]["text"]
    assert "Ended with" in shown and "MemoryError" in shown
