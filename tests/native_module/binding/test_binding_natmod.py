"""Building picket_native.mpy: what it must hold, and what a build must refuse."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from click.testing import CliRunner

from picket_host import natmod
from picket_host.cli import picket
from picket_host.errors import BuildError, EnvironmentError_, InputError
from picket_host.xtensa import module_file


def test_the_file_is_a_native_module_of_its_architecture():
    module = natmod.build("x64")
    head = module.path.read_bytes()[:4]
    assert head[0:1] == b"M"
    assert head[1] == 6  # .mpy version
    assert (head[2] & 3, head[2] >> 2) == (3, 2)  # sub-version; 2 is x64
    assert module.file_bytes == module.path.stat().st_size
    assert module.code_bytes < module.file_bytes


def test_the_file_does_not_name_where_it_was_built():
    content = natmod.build("x64").path.read_bytes()
    assert str(natmod.CACHE).encode() not in content
    assert b"/joined" not in content


def test_the_second_build_is_the_first(monkeypatch):
    first = natmod.build("x64")
    monkeypatch.setattr(natmod, "_build", lambda *_: pytest.fail("it was compiled again"))
    assert natmod.build("x64") == first


@pytest.mark.parametrize(("arch", "number"), [("x64", 2), ("armv7emsp", 7), ("rv32imc", 11)])
def test_the_module_holds_what_its_loader_takes(arch, number):
    """The build has passed the checks of its objects; the file is read as MicroPython's loader does."""
    compiler = natmod.ARCHITECTURES[arch].compiler
    if not shutil.which(compiler):
        pytest.skip(f"the compiler {compiler} is not installed")
    module = natmod.build(arch)
    found = module_file.read(module.path, number)
    assert found.qstrs[0] == natmod.FILE_NAME
    assert {"Model", "Vibration", "verify"} <= set(found.qstrs)
    assert len(found.text) + len(found.rodata) == module.code_bytes
    assert found.bss_bytes == module.zeroed_bytes
    assert found.adjustments
    functions = [adjustment.target for adjustment in found.adjustments if isinstance(adjustment.target, int)]
    assert all(function < module_file.FUNCTION_TABLE_ENTRIES for function in functions)


@pytest.mark.parametrize("option", ["--output", "-o"])
def test_the_file_is_copied_where_it_is_asked_for(option, tmp_path):
    run = CliRunner().invoke(picket, ["build", "mpy", "--arch", "x64", option, str(tmp_path), "--json"])
    assert run.exit_code == 0, run.output
    copy = tmp_path / natmod.FILE_NAME
    assert json.loads(run.stdout)["path"] == str(copy)
    assert copy.read_bytes() == natmod.build("x64").path.read_bytes()


def test_an_unknown_architecture_names_the_known_ones():
    with pytest.raises(InputError, match="one of x64, rv32imc, armv7emsp, xtensawin"):
        natmod.build("z80")


def test_a_missing_compiler_is_named_with_its_package(monkeypatch):
    monkeypatch.setattr(natmod.shutil, "which", lambda _: None)
    with pytest.raises(
        EnvironmentError_, match="riscv64-unknown-elf-gcc is missing.*apt-get install gcc-riscv64-unknown-elf"
    ):
        natmod.build("rv32imc")


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("int counter = 3; int mpy_init(void) { return counter++; }", "data that a .mpy can't hold"),
        ("static int counter; int mpy_init(void) { return counter++; }", "static variable"),
        (
            "__attribute__((constructor)) void early(void) {} int mpy_init(void) { return 0; }",
            "data that a .mpy can't hold",
        ),
    ],
)
def test_what_micropython_would_load_wrongly_is_refused(tmp_path, source, complaint):
    (tmp_path / "x.c").write_text(source)
    subprocess.run(["gcc", "-fpic", "-c", "x.c", "-o", "x.o"], cwd=tmp_path, check=True)
    with pytest.raises(BuildError, match=complaint):
        natmod._check(tmp_path / "x.o")
