"""Compiles C for the ESP32 with LLVM: clang makes bitcode, ``llvm-link`` one module of it, and ``llc`` one object.

clang's driver knows neither the processor nor its headers, so clang stops at bitcode. LLVM's Xtensa backend is young;
``docs/xtensa.md`` lists what it gets wrong, and how each fault is worked around.
"""

from __future__ import annotations

import os
import re
import struct
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from picket_host.errors import BuildError, EnvironmentError_
from picket_host.progress import SILENT, Progress

OLDEST = 23  # the first release whose Xtensa backend writes objects
TOOLS = ("clang", "llvm-link", "llvm-dis", "llvm-mc", "llvm-objcopy", "opt", "llc")
RUNTIME = Path(__file__).parent / "runtime"  # what code generation calls by name; a file is called as its function
_CPU = ("-triple=xtensa", "-mcpu=esp32")
_HEADERS = Path("/usr/lib/picolibc/riscv64-unknown-elf/include")
_CHOICE_OF_FLOATS = re.compile(
    r"^( +)%([\w.]+) = select i1 (\S+), float (-?[\d.]\S*|0x[\dA-F]+), float (-?[\d.]\S*|0x[\dA-F]+)$", re.MULTILINE
)


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
        sources: Sequence[Path],
        flags: Sequence[str],
        keep: Sequence[str],
        scratch: Path,
        progress: Progress = SILENT,
    ) -> Path:
        """One relocatable object of the sources and of the helpers that its code calls, without what nothing reaches.

        Args:
            flags: for clang, beside those that choose the target.
            keep: names of functions that are called from outside.
            scratch: a folder for intermediate files, and the one that relative paths in ``flags`` start from.

        Raises:
            BuildError: a tool refused its input; its words are in the error.
        """
        parts = self._bitcode(sources, flags, scratch, progress)
        made = self._generate(parts, keep, scratch)
        helpers = [RUNTIME / f"{name}.c" for name in _undefined(made)]
        helpers = [path for path in helpers if path.is_file()]
        if helpers:
            # Only code generation tells which helpers it calls; so it runs again with them in the module.
            folder = scratch / "helpers"
            folder.mkdir()
            parts += self._bitcode(helpers, ("-std=c99", "-Os"), folder, SILENT)
            made = self._generate(parts, [*keep, *(path.stem for path in helpers)], scratch)
        return made

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

    def _bitcode(self, sources: Sequence[Path], flags: Sequence[str], scratch: Path, progress: Progress) -> list[Path]:
        if not _HEADERS.is_dir():
            raise EnvironmentError_("C headers are missing", _HEADERS, "apt-get install picolibc-riscv64-unknown-elf")
        target = ("--target=xtensa", "-ffreestanding", "-fomit-frame-pointer", "-isystem", str(_HEADERS))
        made = [scratch / f"{i}-{source.stem}.bc" for i, source in enumerate(sources)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = [
                pool.submit(
                    self.run, "clang", *target, *flags, "-emit-llvm", "-c", str(source), "-o", str(bitcode),
                    folder=scratch, where=source,
                )
                for source, bitcode in zip(sources, made, strict=True)
            ]  # fmt: skip
            for i, job in enumerate(jobs):
                progress.step("compiling for the ESP32", done=i, total=len(jobs))
                job.result()
        return made

    def _generate(self, parts: Sequence[Path], keep: Sequence[str], scratch: Path) -> Path:
        linked, reached, text, made = (scratch / f"whole.{end}" for end in ("linked.bc", "bc", "ll", "o"))
        self.run("llvm-link", *map(str, parts), "-o", str(linked))
        keep_option = f"-internalize-public-api-list={','.join(keep)}"
        self.run("opt", "-passes=internalize,globaldce", keep_option, str(linked), "-o", str(reached))
        self.run("llvm-dis", str(reached), "-o", str(text))
        text.write_text(choose_between_bits(text.read_text(encoding="utf-8")), encoding="utf-8")
        options = ("-mtriple=xtensa", "-mcpu=esp32", "-relocation-model=static", "-filetype=obj")
        self.run("llc", *options, str(text), "-o", str(made))
        return made


def choose_between_bits(module: str) -> str:
    """LLVM assembly in which no ``select`` chooses between two float constants.

    The backend makes of such a choice a load from a table and then can't select an instruction for the table's address.
    Here the bit patterns are chosen between, as integers.
    """

    def bits(constant: str) -> int:
        hexadecimal = constant.startswith("0x")  # LLVM writes any float as a double
        value = struct.unpack(">d", bytes.fromhex(constant[2:]))[0] if hexadecimal else float(constant)
        return struct.unpack("<i", struct.pack("<f", value))[0]

    def instead(found: re.Match[str]) -> str:
        indent, name, condition, yes, no = found.groups()
        chosen = f"{indent}%bits.of.{name} = select i1 {condition}, i32 {bits(yes)}, i32 {bits(no)}"
        return f"{chosen}\n{indent}%{name} = bitcast i32 %bits.of.{name} to float"

    return _CHOICE_OF_FLOATS.sub(instead, module)


def _undefined(path: Path) -> list[str]:
    with path.open("rb") as file:
        symbols = ELFFile(file).get_section_by_name(".symtab").iter_symbols()
        return [symbol.name for symbol in symbols if symbol["st_shndx"] == "SHN_UNDEF" and symbol.name]
