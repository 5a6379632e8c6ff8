"""Building the simulator: by content, incrementally, safely for several at once, with errors that say what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from picket_host import micropython
from picket_host.errors import BuildError, EnvironmentError_
from picket_host.micropython import Port
from picket_host.simulator import build as build_module
from picket_host.simulator.build import build, stock_port

# Stands for make: writes what it built from, and does what a file beside it says.
FAKE_MAKE = """#!{python}
import sys
from pathlib import Path
here = Path({folder!r})
objects = Path(next(a for a in sys.argv if a.startswith("BUILD="))[6:])
with (here / "runs").open("a") as runs:
    runs.write("run\\n")
print("CC ../../py/gc.c")
if (here / "script").exists():
    exec((here / "script").read_text())
(objects / "micropython").write_text((here / "inputs" / "module.c").read_text())
"""


class FakeBuild:
    """A port of one source file whose make is a script."""

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "inputs").mkdir()
        self.source = folder / "inputs" / "module.c"
        self.source.write_text("first")
        self.port = Port("fake", ("VARIANT=fake",), (folder / "inputs",))

    @property
    def runs(self) -> int:
        log = self.folder / "runs"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def make_does(self, script: str) -> None:
        (self.folder / "script").write_text(script)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeBuild:
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "make").write_text(FAKE_MAKE.format(python=sys.executable, folder=str(tmp_path)))
    (bin_folder / "make").chmod(0o755)
    monkeypatch.setenv("PATH", str(bin_folder), prepend=":")
    monkeypatch.setattr(build_module, "CACHE", tmp_path / "cache")
    return FakeBuild(tmp_path)


def test_the_same_content_is_built_once(fake):
    first = build(port=fake.port)
    assert first.read_text() == "first"
    assert build(port=fake.port) == first
    assert fake.runs == 1


def test_other_content_is_another_interpreter_from_the_same_objects(fake):
    first = build(port=fake.port)
    fake.source.write_text("second")
    second = build(port=fake.port)
    assert (first.read_text(), second.read_text()) == ("first", "second")
    assert len([p for p in (fake.folder / "cache" / "sim").glob("objects-*") if p.is_dir()]) == 1


def test_frozen_names_are_listed_anew_with_each_build(fake):
    fake.make_does(
        "frozen = objects / 'frozen_content.c'\n"
        "assert not frozen.exists(), 'left from the build before'\n"
        "frozen.write_text('names')\n"
    )
    build(port=fake.port)
    fake.source.write_text("second")
    build(port=fake.port)
    assert fake.runs == 2


def test_going_back_to_earlier_content_builds_nothing(fake):
    first = build(port=fake.port)
    fake.source.write_text("second")
    build(port=fake.port)
    fake.source.write_text("first")
    assert build(port=fake.port) == first
    assert fake.runs == 2


def test_other_rules_start_new_objects(fake):
    build(port=fake.port)
    (fake.folder / "inputs" / "micropython.mk").write_text("CFLAGS += -O3\n")
    build(port=fake.port)
    assert len([p for p in (fake.folder / "cache" / "sim").glob("objects-*") if p.is_dir()]) == 2


def test_force_builds_again(fake):
    build(port=fake.port)
    build(port=fake.port, force=True)
    assert fake.runs == 2


def test_a_source_edited_during_the_build_is_built_again(fake):
    fake.make_does(
        "source = here / 'inputs' / 'module.c'\n"
        "if source.read_text() == 'first':\n"
        "    source.write_text('second')\n"
        "    (objects / 'micropython').write_text('neither')\n"
        "    sys.exit()\n"
    )
    built = build(port=fake.port)
    assert built.read_text() == "second"
    assert fake.runs == 2


def test_a_compiler_error_is_told_with_the_log_and_publishes_nothing(fake):
    fake.make_does("print('module.c:3:1: error: expected ;'); print('make: *** [x] Error 1'); sys.exit(2)")
    with pytest.raises(BuildError, match=r"module.c:3:1: error: expected ;.*build.log"):
        build(port=fake.port)
    assert not list((fake.folder / "cache" / "sim").glob("fake-*"))


def test_a_missing_system_header_names_the_package(fake):
    fake.make_does("print('x.c:1:1: fatal error: mbedtls/ssl.h: No such file or directory'); sys.exit(2)")
    with pytest.raises(EnvironmentError_, match="apt-get install libmbedtls-dev"):
        build(port=fake.port)


def test_a_missing_tool_is_named(fake, monkeypatch):
    monkeypatch.setattr(micropython.shutil, "which", lambda name: None if name == "make" else name)
    with pytest.raises(EnvironmentError_, match="make is missing"):
        build(port=fake.port)


def test_old_interpreters_are_forgotten_but_for_the_newest(fake, monkeypatch):
    monkeypatch.setattr(micropython, "_KEPT", 2)
    for text in ("1", "2", "3", "4"):
        fake.source.write_text(text)
        newest = build(port=fake.port)
    kept = list((fake.folder / "cache" / "sim").glob("fake-*/micropython"))
    assert len(kept) == 2
    assert newest in kept


def test_the_simulator_has_the_native_module_and_the_stock_interpreter_has_not():
    script = "try:\n import picket_native\n print('has')\nexcept ImportError:\n print('lacks')\n"
    for binary, expected in ((build(), "has"), (build(port=stock_port()), "lacks")):
        done = subprocess.run([binary, "-c", script], capture_output=True, text=True, timeout=300)
        assert done.stdout.strip() == expected, done.stderr
