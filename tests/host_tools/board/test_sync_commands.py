"""The commands: what they take, what they print, and how they fail."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from emulated_boards import switched_on
from releases_for_boards import write

from picket_host import natmod
from picket_host.board.sync import SyncResult
from picket_host.cli import picket
from picket_host.commands import sync as sync_command
from picket_host.emulator.emulator import Emulator
from picket_host.errors import BoardError, EnvironmentError_, InputError
from picket_host.paths import TESTS


@pytest.fixture(scope="module")
def board() -> Iterator[Emulator]:
    emulator = switched_on()
    yield emulator
    emulator.stop()


def _picket(*arguments: object):
    return CliRunner().invoke(picket, [str(argument) for argument in arguments], catch_exceptions=False)


def test_sync_prints_one_json_document(board, tmp_path):
    folder = write(tmp_path / "folder", {"main.py": "print('hello')\n", "data.txt": "x" * 300})
    planned = json.loads(_picket("sync", board.pty, folder, "--dry-run", "--json").stdout)
    assert planned["dry_run"] and planned["sent"] == ["/data.txt", "/main.py"] and planned["kind"] == "folder"
    done = json.loads(_picket("sync", board.pty, "--from", folder, "--json", "--no-restart").stdout)
    assert done["sent"] == planned["sent"] and not done["dry_run"] and done["content_bytes"] > 300
    again = _picket("sync", board.pty, folder, "--no-restart")
    assert again.exit_code == 0 and "has the folder already, 2 files" in again.stdout


def test_sync_shows_each_file_and_what_happens_to_it(board, tmp_path):
    _picket("sync", board.pty, write(tmp_path / "old", {"main.py": "1\n", "old.txt": "x"}), "--no-restart")
    shown = _picket("sync", board.pty, write(tmp_path / "new", {"main.py": "2\n", "config.json": "{}"}), "--no-restart")
    lines = shown.stdout.splitlines()
    assert "+ /main.py" in lines and "- /old.txt" in lines
    assert "! config.json  is left out: a board keeps its own" in lines


def test_a_port_that_is_not_there_is_told(tmp_path):
    with pytest.raises(BoardError, match="no such port"):
        _picket("sync", tmp_path / "ttyUSB9", "--dry-run")


@pytest.mark.parametrize("option", ["-p", "--port"])
def test_the_port_may_be_given_as_other_commands_take_it(board, tmp_path, option):
    folder = write(tmp_path / "folder", {"main.py": "print('hello')\n"})
    done = json.loads(_picket("sync", folder, option, board.pty, "--dry-run", "--json").stdout)
    assert done["port"] == str(board.pty)


def test_a_port_that_is_given_twice_is_wrong_usage():
    done = _picket("sync", "/dev/ttyUSB0", "--port", "/dev/ttyUSB1")
    assert done.exit_code == 2 and "the port is given twice: /dev/ttyUSB0, and --port /dev/ttyUSB1" in done.stderr


def test_a_key_that_is_none_is_told():
    with pytest.raises(InputError, match="neither a key file nor 64 hexadecimal digits"):
        _picket("sync", "/dev/null/ttyUSB9", "--public-key", "xyz")


@pytest.mark.parametrize("arguments", [("one", "two", "three"), (str(TESTS), "--from", str(TESTS))])
def test_wrong_usage_exits_with_2(arguments):
    assert _picket("sync", *arguments).exit_code == 2


def test_files_and_folders_are_what_to_bring_and_anything_else_is_the_port(tmp_path):
    bundle = write(tmp_path, {"line.zip": "x"}) / "line.zip"
    assert sync_command._places((str(bundle),)) == (None, bundle)
    assert sync_command._places(("COM5", str(bundle))) == ("COM5", bundle)
    assert sync_command._places((str(tmp_path), "/dev/ttyUSB0")) == ("/dev/ttyUSB0", tmp_path)
    assert sync_command._places(()) == (None, None)


def test_the_summary_says_who_vouches_for_a_release():
    result = SyncResult(
        port="COM5", source=Path("line.zip"), kind="release", dry_run=False, device="press-1", sent=["main.py"],
        copied=[], deleted=[], kept=[], protected=[], unchanged=0, staged=0, content_bytes=2048, wire_bytes=1000,
        needed_bytes=1, free_bytes=2, seconds=2.0, bytes_per_second=1024.0, sequence=4, signed_by="ab" * 32,
        key_from="board", proven_vectors=3,
    )
    text = sync_command._summary(result)
    assert "release 4" in text and "checked on the board by its own key" in text and "3 golden vectors" in text


def test_bundle_packs_and_says_what(maker, tmp_path):
    release = maker.release(3)
    out = tmp_path / "line.zip"
    arguments = ("bundle", release, "-o", out, "--key", maker.key.seed_file, "--arch", "x64")
    made = json.loads(_picket(*arguments, "--json").stdout)
    assert made["releases"] == [3] and made["architectures"] == ["x64"] and made["size"] == out.stat().st_size
    assert "release 3; x64" in _picket(*arguments).stdout


def test_a_bundle_brings_every_architectures_native_module_by_default(maker, tmp_path):
    try:
        for arch in natmod.ARCHITECTURES:
            natmod.build(arch)
    except EnvironmentError_ as error:
        pytest.skip(str(error))
    made = _picket("bundle", maker.release(3), "-o", tmp_path / "line.zip", "--key", maker.key.seed_file, "--json")
    assert json.loads(made.stdout)["architectures"] == sorted(natmod.ARCHITECTURES)


@pytest.mark.parametrize("said", [None, "engine.c:1: fatal error: string.h: No such file or directory"])
def test_a_compiler_that_lacks_or_has_no_headers_is_told_with_the_command_that_installs_it(
    maker, tmp_path, monkeypatch, said
):
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in () if said is None else ("arm-none-eabi-gcc",):
        (tools / tool).write_text(f"#!/bin/sh\n[ \"$1\" = --version ] || {{ echo '{said}' >&2; exit 1; }}\n")
        (tools / tool).chmod(0o755)
    release = maker.release(3)
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: which(name, path=tools if name.startswith("arm-") else None))
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    with pytest.raises(EnvironmentError_, match="architecture armv7emsp: the compiler arm-none-eabi-gcc") as raised:
        _picket("bundle", release, "-o", tmp_path / "l.zip", "--key", maker.key.seed_file, "--arch", "armv7emsp")
    assert raised.value.hint.startswith("apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi; or --arch ")


def test_bench_takes_what_names_no_command_for_models():
    for arguments in (("nothing.tflite",), ("--operators", "nothing.tflite"), ("models", "nothing.tflite")):
        with pytest.raises(InputError, match="nothing.tflite: can't be read"):
            _picket("bench", *arguments)
    assert _picket("bench", "sync", "--help").exit_code == 0


def test_a_sync_loads_nothing_that_takes_as_long_as_the_transfer():
    program = "import sys, picket_host.commands.sync, picket_host.board.sync; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "picket_host.board.sync" in loaded
    assert not {"numpy", "scipy", "tensorflow", "matplotlib"} & set(loaded)
