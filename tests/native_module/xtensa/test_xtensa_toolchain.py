"""Which compiler is taken, and how the container is called."""

import subprocess
from pathlib import Path

import pytest

from picket_host.errors import BuildError, EnvironmentError_
from picket_host.paths import CACHE, ROOT
from picket_host.xtensa import debian, espressif, toolchain
from picket_host.xtensa.llvm import TOOLS, Llvm

LLVM = Llvm("23.1.4", {})


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch):
    """Says what this machine has."""

    def has(*commands: str, docker: bool = False, unpacked: Llvm | None = None) -> None:
        monkeypatch.setattr(toolchain.shutil, "which", lambda name: f"/bin/{name}" if name in commands else None)
        monkeypatch.setattr(toolchain, "_docker_answers", lambda: docker)
        monkeypatch.setattr(debian, "unpacked", lambda: unpacked)
        monkeypatch.setattr(debian, "fetch", lambda progress: pytest.fail("fetched"))

    return has


def test_espressifs_compiler_comes_first(machine) -> None:
    machine(espressif.COMPILER, *TOOLS, docker=True, unpacked=LLVM)
    assert toolchain.compiler() == espressif.Espressif()


def test_then_its_container(machine) -> None:
    machine(*TOOLS, docker=True, unpacked=LLVM)
    assert toolchain.compiler() == espressif.container()


@pytest.mark.parametrize(("version", "taken"), [("22.1.0", False), ("23.1.4", True), ("25.0", True)])
def test_then_llvm_of_the_path_if_it_is_new_enough(machine, monkeypatch, version: str, taken: bool) -> None:
    machine(*TOOLS, unpacked=LLVM)
    monkeypatch.setattr(toolchain, "version_of", lambda llc: version)
    found = toolchain.compiler()
    assert (found.version, bool(found.tools)) == ((version, True) if taken else ("23.1.4", False))


def test_then_what_was_unpacked_before(machine) -> None:
    machine(unpacked=LLVM)
    assert toolchain.compiler() is LLVM


def test_without_a_package_client_the_error_says_what_else_will_do(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(debian.shutil, "which", lambda name: None)
    with pytest.raises(EnvironmentError_, match="apt-get is not here.*try: install LLVM 23"):
        debian.fetch(root=tmp_path)


def test_the_container_runs_one_script_as_this_user(monkeypatch, tmp_path: Path) -> None:
    ran = []

    def run(command: list[str], **about: object) -> subprocess.CompletedProcess:
        ran.append((command, (tmp_path / "compile.sh").read_text()))
        return subprocess.CompletedProcess(command, 1, "", "x.c:1:1: error: no\nmore")

    monkeypatch.setattr(espressif.subprocess, "run", run)
    with pytest.raises(BuildError, match="x.c:1:1: error: no"):
        espressif.container().native_object([(Path("/a b.c"), ["-Os"])], tmp_path)
    command, script = ran[0]
    assert command[:3] == ["docker", "run", "--rm"]
    assert command[-4:] == [f"--workdir={tmp_path}", espressif.IMAGE, "sh", "compile.sh"]
    assert {f"--volume={folder}:{folder}" for folder in (ROOT, CACHE)} <= set(command)
    assert script.splitlines() == [
        "set -e",
        "xtensa-esp32-elf-gcc -Os -fpic -fno-function-sections -fno-data-sections -c '/a b.c' -o 0.o",
        "xtensa-esp32-elf-gcc -nostdlib -r 0.o -lgcc -o joined.o",
    ]
