"""Espressif's GCC, from the PATH or in Espressif's container."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from picket_host.errors import BuildError
from picket_host.paths import CACHE, ROOT
from picket_host.progress import SILENT, Progress

COMPILER = "xtensa-esp32-elf-gcc"
IMAGE = "espressif/idf:v5.2.2"  # what MicroPython 1.25 is built with
# mpy_ld.py resolves calls only within a section or through a literal: position-independent code has no others as long
# as each file is one section.
_CODE = ("-fpic", "-fno-function-sections", "-fno-data-sections")


@dataclass(frozen=True)
class Espressif:
    """Espressif's GCC.

    Attributes:
        within: the command that runs another one where the compiler is; empty for this machine.
        name: which compiler, where it can't be asked quickly.
    """

    within: tuple[str, ...] = ()
    name: str = ""

    @property
    def description(self) -> str:
        if self.name:
            return self.name
        done = subprocess.run([COMPILER, "--version"], capture_output=True, text=True)
        return done.stdout.partition("\n")[0]

    def native_object(
        self, sources: Sequence[tuple[Path, Sequence[str]]], scratch: Path, progress: Progress = SILENT
    ) -> Path:
        """One relocatable object of the sources and of what they need of libgcc.

        Args:
            sources: C files, each with its flags beside those that choose the code.
            scratch: a folder for intermediate files, and the one that relative paths in ``flags`` start from.

        Raises:
            BuildError: the compiler or the linker refused its input.
        """
        progress.step("compiling for the ESP32 with Espressif's GCC")
        script, joined = scratch / "compile.sh", scratch / "joined.o"
        objects = [f"{i}.o" for i in range(len(sources))]
        commands = [
            [COMPILER, *flags, *_CODE, "-c", str(source), "-o", name]
            for (source, flags), name in zip(sources, objects, strict=True)
        ]
        commands.append([COMPILER, "-nostdlib", "-r", *objects, "-lgcc", "-o", joined.name])
        # One script for all files: a container takes seconds to start.
        script.write_text("set -e\n" + "".join(f"{shlex.join(command)}\n" for command in commands), encoding="utf-8")
        done = subprocess.run(self.command(scratch), cwd=scratch, capture_output=True, text=True)
        if done.returncode:
            lines = done.stderr.splitlines()
            said = [line for line in lines if "error: " in line] or lines
            raise BuildError("\n".join(said[:3]) or "it failed", COMPILER)
        return joined

    def command(self, scratch: Path) -> list[str]:
        """The command that runs the script of ``native_object``."""
        return [part.format(scratch=scratch) for part in self.within] + ["sh", "compile.sh"]


def container() -> Espressif:
    """The compiler in Espressif's container, which sees this project and its cache and writes as this user."""
    mounts = [f"--volume={folder}:{folder}" for folder in dict.fromkeys((ROOT, CACHE))]
    user = f"--user={os.getuid()}:{os.getgid()}"
    within = ("docker", "run", "--rm", user, *mounts, "--workdir={scratch}", IMAGE)
    return Espressif(within, IMAGE)
