"""Compiles C for the ESP32 with LLVM: clang makes bitcode, ``llvm-link`` one module of it, and ``llc`` one object.

clang's driver knows neither the processor nor its headers, so clang stops at bitcode. LLVM's Xtensa backend is young:
see ``faults``.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from picket_host.errors import BuildError, EnvironmentError_
from picket_host.progress import SILENT, Progress
from picket_host.xtensa import faults

OLDEST = 23  # the first release whose Xtensa backend writes objects
GET_LLVM = f"install LLVM {OLDEST} or newer, or Espressif's xtensa-esp32-elf-gcc, and put it on the PATH"
TOOLS = ("clang", "llvm-link", "llvm-dis", "llvm-mc", "llvm-objcopy", "opt", "llc")
RUNTIME = Path(__file__).parent / "runtime"  # what code generation calls by name; a file is called as its function
_CPU = ("-triple=xtensa", "-mcpu=esp32")
_HEADERS = Path("/usr/lib/picolibc/riscv64-unknown-elf/include")


@dataclass(frozen=True)
class Llvm:
    """An LLVM that can compile for the ESP32.

    Attributes:
        version: as in "23.1.4".
        tools: the command of each of ``TOOLS``, several words where it runs through a loader of its own.
    """

    version: str
    tools: dict[str, tuple[str, ...]]

    @property
    def description(self) -> str:
        return f"LLVM {self.version}"

    def compile(
        self,
        sources: Sequence[tuple[Path, Sequence[str]]],
        keep: Sequence[str],
        scratch: Path,
        progress: Progress = SILENT,
    ) -> Path:
        """One relocatable object of the sources and of the helpers that its code calls, without what nothing reaches.

        Args:
            sources: C files, each with its flags for clang beside those that choose the target.
            keep: names of functions that are called from outside.
            scratch: a folder for intermediate files, and the one that relative paths in ``flags`` start from.

        Raises:
            BuildError: a tool refused its input; its words are in the error.
        """
        parts = self._bitcode(sources, scratch, progress)
        made = self._generate(parts, keep, scratch)
        helpers = [RUNTIME / f"{name}.c" for name in _undefined(made)]
        helpers = [path for path in helpers if path.is_file()]
        if helpers:
            # Only code generation tells which helpers it calls; so it runs again with them in the module.
            folder = scratch / "helpers"
            folder.mkdir()
            parts += self._bitcode([(path, ("-std=c99", "-Os")) for path in helpers], folder, SILENT)
            made = self._generate(parts, keep, scratch)
        return made

    def native_object(
        self, sources: Sequence[tuple[Path, Sequence[str]]], scratch: Path, progress: Progress = SILENT
    ) -> Path:
        """One relocatable object of a native module, for ``mpy_ld.py``; arguments and errors as for ``compile``."""
        made = self.compile(sources, ["mpy_init"], scratch, progress)
        joined = scratch / "joined.o"
        # Tables of addresses lie among the constants; mpy_ld.py relocates only those that are called so.
        self.run("llvm-objcopy", "--rename-section", ".rodata=.data.rel.ro", str(made), str(joined))
        return joined

    def assemble(self, source: Path, target: Path) -> Path:
        """An object of a file of assembly language."""
        self.run("llvm-mc", *_CPU, "-filetype=obj", str(source), "-o", str(target))
        return target

    def run(self, tool: str, *arguments: str, folder: Path | None = None, where: object | None = None) -> None:
        """Run a tool.

        Raises:
            BuildError: it failed.
        """
        done = subprocess.run([*self.tools[tool], *arguments], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            lines = done.stderr.splitlines()
            said = [line for line in lines if "error:" in line or "ERROR:" in line] or lines
            raise BuildError("\n".join(said[:3]) or f"{tool} failed with status {done.returncode}", where or tool)

    def _bitcode(self, sources: Sequence[tuple[Path, Sequence[str]]], scratch: Path, progress: Progress) -> list[Path]:
        if not _HEADERS.is_dir():
            raise EnvironmentError_("C headers are missing", _HEADERS, "apt-get install picolibc-riscv64-unknown-elf")
        target = ("--target=xtensa", "-ffreestanding", "-fomit-frame-pointer", "-isystem", str(_HEADERS))
        made = [scratch / f"{i}-{source.stem}.bc" for i, (source, _) in enumerate(sources)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = [
                pool.submit(
                    self.run, "clang", *target, *flags, "-emit-llvm", "-c", str(source), "-o", str(bitcode),
                    folder=scratch, where=source,
                )
                for (source, flags), bitcode in zip(sources, made, strict=True)
            ]  # fmt: skip
            for i, job in enumerate(jobs):
                progress.step("compiling for the ESP32", done=i, total=len(jobs))
                job.result()
        return made

    def _generate(self, parts: Sequence[Path], keep: Sequence[str], scratch: Path) -> Path:
        linked, reached, text, made = (scratch / f"whole.{end}" for end in ("linked.bc", "bc", "ll", "o"))
        self.run("llvm-link", *map(str, parts), "-o", str(linked))
        # Calls of the helpers come only with code generation: so all of them stay, whoever defines them.
        kept = ",".join([*keep, *(path.stem for path in sorted(RUNTIME.glob("*.c")))])
        reach = ("-passes=internalize,globaldce", f"-internalize-public-api-list={kept}")
        self.run("opt", *reach, str(linked), "-o", str(reached))
        self.run("llvm-dis", str(reached), "-o", str(text))
        text.write_text(faults.work_around(text.read_text(encoding="utf-8")), encoding="utf-8")
        options = ("-mtriple=xtensa", "-mcpu=esp32", "-relocation-model=static", "-filetype=obj")
        self.run("llc", *options, str(text), "-o", str(made))
        return made


def version_of(llc: Sequence[str]) -> str:
    """The version of an LLVM that has a backend for Xtensa.

    Raises:
        EnvironmentError_: it does not run, or has none.
    """
    done = subprocess.run([*llc, "--version"], capture_output=True, text=True)
    found = re.search(r"LLVM version (\d+(?:\.\d+)*)", done.stdout)
    if done.returncode or not found:
        raise EnvironmentError_("it does not run", " ".join(llc))
    if not re.search(r"^ *xtensa ", done.stdout, flags=re.MULTILINE):
        raise EnvironmentError_("it can't compile for Xtensa", " ".join(llc), GET_LLVM)
    return found[1]


def _undefined(path: Path) -> list[str]:
    with path.open("rb") as file:
        symbols = ELFFile(file).get_section_by_name(".symtab").iter_symbols()
        return [symbol.name for symbol in symbols if symbol["st_shndx"] == "SHN_UNDEF" and symbol.name]
